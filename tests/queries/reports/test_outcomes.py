"""Funnel, outcomes and velocity on random histories, each figure against an independent computation of what was done."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from statistics import median

from tests.support.histories import OPEN, PERIODS, History, base_value, within
from tests.support.team import SalesTeam
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.funnel import cohorts
from workflow.queries.reports.outcomes import outcomes, velocity
from workflow.rules.enums import OpportunityState, OutcomeGrouping
from workflow.rules.reports.funnel import FUNNEL_STATES, FunnelFigures, funnel_figures
from workflow.rules.reports.outcomes import outcome_total

S = OpportunityState
ALL = OpportunityFilter()
TODAY = date(2027, 6, 1)


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
    fates: Counter[str] = Counter()
    passed, stays = 0, []
    for history in deal_histories:
        arrows = [one for one in history.states if one.entered]
        inside = [
            place for place, one in enumerate(arrows) if one.state is state and within(one.at.date(), period)
        ]
        if inside:
            first = inside[0]
            fates[_fate(state, history.current.state, [one.state for one in arrows[first + 1 :]])] += 1
            passed += arrows[first].forced
            stays += [arrows[first + 1].at - arrows[first].at] if first + 1 < len(arrows) else []
    days = median(stay.total_seconds() for stay in stays) / 86_400 if stays else None
    named = (fates["progressed"], fates["LOST"], fates["DISQUALIFIED"], fates["open"])
    return (fates.total(), *named, passed, None if days is None else round(days, 6))


def _fate(entered: OpportunityState, now: OpportunityState, later: list[OpportunityState]) -> str:
    if entered in FUNNEL_STATES[:2] and FUNNEL_STATES[FUNNEL_STATES.index(entered) + 1] in later:
        return "progressed"
    if entered in FUNNEL_STATES[2:] and now is S.WON:
        return "progressed"
    return "open" if now in OPEN else now


async def test_outcomes_and_velocity_match_the_current_closes(
    team: SalesTeam, deal_histories: list[History], organization_row: OrganizationRow
) -> None:
    viewer = team.organization.ctx.viewer
    for period in PERIODS:
        closed = [
            one for one in deal_histories if one.current.closed_on and within(one.current.closed_on, period)
        ]
        found = await outcomes(viewer, ALL, None, organization_row, period)
        passed = await outcomes(viewer, ALL, OutcomeGrouping.OVERRIDDEN, organization_row, period)
        total = outcome_total(found.groups, found.medians.get("TOTAL"))
        pace = await velocity(viewer, ALL, organization_row, period)

        states = Counter(one.current.state for one in closed)
        assert (total.won, total.lost, total.disqualified) == (
            states[S.WON],
            states[S.LOST],
            states[S.DISQUALIFIED],
        )
        assert total.won_value == _expected_values(closed, S.WON) and total.lost_value == _expected_values(
            closed, S.LOST
        )
        cycles = [_cycle_days(one) for one in closed if one.current.state is not S.DISQUALIFIED]
        assert total.median_days_to_close == (median(cycles) if cycles else None)
        let_through = [one for one in closed if any(stood.forced for stood in one.states)]
        assert sum(one.count for one in passed.groups if one.key == "OVERRIDDEN") == len(let_through)
        won_ones = [_cycle_days(one) for one in closed if one.current.state is S.WON]
        assert pace.median_cycle_days == (median(won_ones) if won_ones else None)
        assert pace.open_qualified == sum(
            one.current.state in (S.QUALIFIED, S.PROGRESSING) for one in deal_histories
        )


def _expected_values(closed: Iterable[History], state: OpportunityState) -> int:
    return sum(
        base_value(one.current.minor, one.current.currency, one.current.closed_on)
        for one in closed
        if one.current.state is state and one.current.closed_on
    )


def _cycle_days(history: History) -> int:
    assert history.current.closed_on
    first = next(
        (one for one in history.states if one.entered and one.state is S.QUALIFIED), history.states[0]
    )
    return (history.current.closed_on - first.at.date()).days
