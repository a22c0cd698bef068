"""Funnel rows: deals by the state that they entered in a period and by what became of them since."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workflow.queries.conditions import Days, span_of
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import OpportunitySql, median, quoted_list
from workflow.rules.enums import OpportunityState
from workflow.rules.permissions import Viewer
from workflow.rules.reports.funnel import FUNNEL_STATES, CohortGroup, FunnelOutcome

NEXT_STATE_CASES = " ".join(f"WHEN '{state}' THEN '{after}'" for state, after in pairwise(FUNNEL_STATES))
FIRST_ENTRIES = (
    "SELECT id, current_state, state, MIN(sequence) AS sequence FROM entry GROUP BY id, current_state, state"
)
"""The first entry of each deal into each state in the period. Sequence 0 is the creation of the deal."""
ENTRY_OUTCOMES = f"""
SELECT first_entry.state AS state, CASE
    WHEN first_entry.state IN ('PROGRESSING', 'WON') AND current_state = 'WON'
        THEN '{FunnelOutcome.PROGRESSED}'
    WHEN first_entry.state IN ('LEAD', 'QUALIFIED') AND EXISTS (
        SELECT 1 FROM transition
        WHERE transition.opportunity_id = first_entry.id AND transition.sequence > first_entry.sequence
        AND transition.to_state = CASE first_entry.state {NEXT_STATE_CASES} END)
        THEN '{FunnelOutcome.PROGRESSED}'
    WHEN current_state IN ('LOST', 'DISQUALIFIED') THEN current_state
    ELSE '{FunnelOutcome.STILL_OPEN}' END AS outcome,
    CASE WHEN override.id IS NULL THEN 0 ELSE 1 END AS overridden,
    CASE WHEN leaving.source = 'IMPORT' AND leaving.seconds_in_previous_state = 0 THEN NULL
        ELSE leaving.seconds_in_previous_state END AS seconds
FROM first_entry
LEFT JOIN transition entering
    ON entering.opportunity_id = first_entry.id AND entering.sequence = first_entry.sequence
LEFT JOIN override ON override.transition_id = entering.id
LEFT JOIN transition leaving
    ON leaving.opportunity_id = first_entry.id AND leaving.sequence = first_entry.sequence + 1"""
"""The outcome of each entry and the seconds in the state.

An import writes several transitions at one instant, so a stay of zero seconds from an import is unknown.
"""


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Deals by the state that they entered, and the median days in each state of completed stays."""

    groups: list[CohortGroup]
    medians: dict[OpportunityState, float]


async def cohorts(
    viewer: Viewer, filter: OpportunityFilter, organization: OrganizationRow, within: Days
) -> Cohorts:
    """Count the visible deals that match and entered a state of the funnel in a period; one statement."""
    span = span_of(within, organization.time_zone)
    statement = OpportunitySql(matching(viewer, filter), "id", "state", "created_at")
    bounds = [f"at >= {statement.bind(span.start)}"] if span.start else []
    bounds += [f"at <= {statement.bind(span.end)}"] if span.end else []
    in_period = " AND ".join(bounds) or "1 = 1"
    entry = (
        "SELECT id, current_state, 'LEAD' AS state, 0 AS sequence "
        "FROM (SELECT id, state AS current_state, created_at AS at FROM deal) AS created "
        f"WHERE {in_period} UNION ALL SELECT deal.id, deal.state, to_state, sequence FROM deal "
        "JOIN transition ON transition.opportunity_id = deal.id "
        f"WHERE to_state IN ({quoted_list(FUNNEL_STATES)}) AND {in_period}"
    )
    rows = await statement.rows(
        {"entry": entry, "first_entry": FIRST_ENTRIES, "entry_outcome": ENTRY_OUTCOMES},
        "SELECT state, outcome, overridden, COUNT(*) AS count, NULL AS seconds FROM entry_outcome "
        "GROUP BY state, outcome, overridden "
        "UNION ALL SELECT key, NULL, NULL, NULL, value "
        f"FROM ({median('seconds', 'entry_outcome', 'state')}) AS medians",
    )
    return Cohorts(
        # The rows of the second SELECT are the medians; they have no outcome.
        groups=[_cohort_group(row) for row in rows if row["outcome"] is not None],
        medians={
            OpportunityState(row["state"]): float(row["seconds"]) / 86_400
            for row in rows
            if row["outcome"] is None
        },
    )


def _cohort_group(row: Mapping[str, Any]) -> CohortGroup:
    return CohortGroup(
        OpportunityState(row["state"]),
        FunnelOutcome(row["outcome"]),
        bool(row["overridden"]),
        int(row["count"]),
    )
