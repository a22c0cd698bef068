"""Figures of the funnel: each deal has one outcome in each state that it entered."""

from workflow.rules.enums import OpportunityState
from workflow.rules.reports.funnel import FUNNEL_STATES, CohortGroup, FunnelOutcome, funnel_figures

S = OpportunityState
F = FunnelOutcome
COHORTS = [
    CohortGroup(S.LEAD, F.PROGRESSED, False, 3),
    CohortGroup(S.LEAD, F.PROGRESSED, True, 1),
    CohortGroup(S.LEAD, F.DISQUALIFIED, False, 2),
    CohortGroup(S.LEAD, F.STILL_OPEN, False, 2),
    CohortGroup(S.QUALIFIED, F.LOST, False, 1),
    CohortGroup(S.QUALIFIED, F.STILL_OPEN, True, 3),
]


def test_the_outcomes_of_a_state_add_up_to_the_deals_that_entered() -> None:
    for figures in funnel_figures(COHORTS, {}):
        outcomes = (figures.progressed, figures.lost, figures.disqualified, figures.still_open)
        assert figures.entered == sum(outcomes)


def test_overridden_deals_are_counted_with_the_others() -> None:
    lead, qualified, *_ = funnel_figures(COHORTS, {})

    assert (lead.entered, lead.progressed, lead.overridden) == (8, 4, 1)
    assert (qualified.entered, qualified.lost, qualified.overridden) == (4, 1, 3)


def test_conversion_needs_a_deal_that_entered() -> None:
    lead, qualified, progressing, _ = funnel_figures(COHORTS, {})

    assert (lead.conversion, qualified.conversion, progressing.conversion) == (0.5, 0.0, None)


def test_every_state_up_to_won_has_a_row_in_order() -> None:
    rows = funnel_figures([], {S.QUALIFIED: 12.5})

    assert tuple(row.state for row in rows) == FUNNEL_STATES
    assert [row.median_days for row in rows] == [None, 12.5, None, None]
