"""Outcomes and velocity of random histories, each figure compared with an independent computation."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from statistics import median

from tests.support.scenarios.histories import PERIODS, History, base_value, within
from tests.support.team import SalesTeam
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.outcomes import outcomes, velocity
from workflow.rules.enums import OpportunityState, OutcomeGrouping
from workflow.rules.reports.outcomes import outcome_total

S = OpportunityState
ALL = OpportunityFilter()
TODAY = date(2027, 6, 1)


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
        overridden = [one for one in closed if any(past_state.forced for past_state in one.states)]
        assert sum(one.count for one in passed.groups if one.key == "OVERRIDDEN") == len(overridden)
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
