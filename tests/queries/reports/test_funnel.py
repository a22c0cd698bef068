"""The funnel of random histories, each figure compared with an independent computation."""

from collections import Counter
from datetime import timedelta
from statistics import median

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import deal_row, row_defaults
from tests.support.scenarios.histories import OPEN, PERIODS, History, within
from tests.support.statements import statements
from tests.support.team import SalesTeam
from workflow.models import Opportunity, Transition
from workflow.models.columns import new_id
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.people.people import OrganizationRow, find_organization
from workflow.queries.reports.funnel import cohorts
from workflow.rules.enums import OpportunityState
from workflow.rules.reports.funnel import FUNNEL_STATES, FunnelFigures, funnel_figures

S = OpportunityState
ALL = OpportunityFilter()


async def test_the_funnel_matches_the_histories_and_counts_each_deal_once(
    team: SalesTeam, deal_histories: list[History], organization_row: OrganizationRow
) -> None:
    for period in PERIODS:
        found = await cohorts(team.organization.ctx.viewer, ALL, organization_row, period)
        for step in funnel_figures(found.groups, found.medians):
            assert step.entered == step.progressed + step.lost + step.disqualified + step.still_open
            assert _figures(step) == _expected_funnel(deal_histories, period, step.state), (
                period,
                step.state,
            )


def _figures(step: FunnelFigures) -> tuple[object, ...]:
    days = None if step.median_days is None else round(step.median_days, 6)
    return (
        step.entered,
        step.progressed,
        step.lost,
        step.disqualified,
        step.still_open,
        step.overridden,
        days,
    )


def _expected_funnel(
    deal_histories: list[History], period: Days, state: OpportunityState
) -> tuple[object, ...]:
    outcomes: Counter[str] = Counter()
    overridden = 0
    stays = []
    for history in deal_histories:
        entries = [one for one in history.states if one.entered]
        in_period = [
            index for index, one in enumerate(entries) if one.state is state and within(one.at.date(), period)
        ]
        if in_period:
            first = in_period[0]
            later = [one.state for one in entries[first + 1 :]]
            outcomes[_outcome(state, history.current.state, later)] += 1
            overridden += entries[first].forced
            stays += [entries[first + 1].at - entries[first].at] if later else []
    days = median(stay.total_seconds() for stay in stays) / 86_400 if stays else None
    counts = (outcomes["progressed"], outcomes["LOST"], outcomes["DISQUALIFIED"], outcomes["open"])
    return (outcomes.total(), *counts, overridden, None if days is None else round(days, 6))


def _outcome(entered: OpportunityState, now: OpportunityState, later: list[OpportunityState]) -> str:
    if entered in FUNNEL_STATES[:2] and FUNNEL_STATES[FUNNEL_STATES.index(entered) + 1] in later:
        return "progressed"
    if entered in FUNNEL_STATES[2:] and now is S.WON:
        return "progressed"
    return "open" if now in OPEN else now


async def test_states_that_an_import_passed_at_one_instant_took_an_unknown_time(
    organization: TestOrganization,
) -> None:
    defaults = await row_defaults(organization)
    deals = [deal_row(defaults, name=name, state="QUALIFIED") for name in ("imported", "done")]
    await Opportunity.bulk_create(deals)
    common = {"organization_id": organization.id, "process_id": defaults.process_id, "sequence": 1, "at": NOW}
    states = {"trigger": "QUALIFY", "from_state": "LEAD", "to_state": "QUALIFIED", "requirements": []}
    figures = {
        "probability": 0.2,
        "forecast_category": "PIPELINE",
        "actor_kind": "SYSTEM",
        "actor_name": "Test",
    }
    sources = {"IMPORT": 0, "API": timedelta(days=4).total_seconds()}
    await Transition.bulk_create(
        Transition(
            id=new_id(), opportunity_id=deal.id, source=source, seconds_in_previous_state=int(seconds),
            **common, **states, **figures,
        )
        for deal, (source, seconds) in zip(deals, sources.items(), strict=True)
    )  # fmt: skip
    own = await find_organization(str(organization.id))

    async with statements() as sent:
        found = await cohorts(organization.ctx.viewer, ALL, own, Days())

    assert len(sent) == 1
    entered = {step.state: step.entered for step in funnel_figures(found.groups, found.medians)}
    assert (entered[S.LEAD], entered[S.QUALIFIED]) == (2, 2)
    assert found.medians == {S.LEAD: 4.0}
