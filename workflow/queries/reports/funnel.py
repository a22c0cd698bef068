"""How far deals came that entered a state in some days: put together by the database from the arrows they took."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from workflow.queries.opportunity.filter import Days, OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.queries.people.people import OrganizationRow
from workflow.queries.reports.opportunity_sql import OpportunitySql, median, quoted_list
from workflow.queries.reports.overrides import span_of
from workflow.rules.enums import OpportunityState
from workflow.rules.permissions import Viewer
from workflow.rules.reports.funnel import FUNNEL_STATES, CohortGroup, FunnelOutcome

NEXT_STATE_CASES = " ".join(f"WHEN '{state}' THEN '{after}'" for state, after in pairwise(FUNNEL_STATES))
FIRST_ENTRIES = "SELECT id, stands, state, MIN(sequence) AS sequence FROM entry GROUP BY id, stands, state"
"""Each deal once a state, by its first entry in these days; the sequence 0 is that it was made."""
ENTRY_OUTCOMES = f"""
SELECT first.state AS state, CASE
    WHEN first.state IN ('PROGRESSING', 'WON') AND stands = 'WON' THEN '{FunnelOutcome.PROGRESSED}'
    WHEN first.state IN ('LEAD', 'QUALIFIED') AND EXISTS (
        SELECT 1 FROM transition WHERE transition.opportunity_id = first.id AND transition.sequence > first.sequence
        AND transition.to_state = CASE first.state {NEXT_STATE_CASES} END) THEN '{FunnelOutcome.PROGRESSED}'
    WHEN stands IN ('LOST', 'DISQUALIFIED') THEN stands ELSE '{FunnelOutcome.STILL_OPEN}' END AS fate,
    CASE WHEN override.id IS NULL THEN 0 ELSE 1 END AS overridden,
    CASE WHEN leaving.source = 'IMPORT' AND leaving.seconds_in_previous_state = 0 THEN NULL
        ELSE leaving.seconds_in_previous_state END AS seconds
FROM first
LEFT JOIN transition arriving ON arriving.opportunity_id = first.id AND arriving.sequence = first.sequence
LEFT JOIN override ON override.transition_id = arriving.id
LEFT JOIN transition leaving ON leaving.opportunity_id = first.id AND leaving.sequence = first.sequence + 1"""
"""What each came to, and how long it stayed; states that an import passed at once took no time that anybody could tell."""


@dataclass(frozen=True, slots=True)
class Cohorts:
    """Deals by the state they entered, and the median days there of the stays that have ended."""

    groups: list[CohortGroup]
    medians: dict[OpportunityState, float]


async def cohorts(viewer: Viewer, filter: OpportunityFilter, organization: OrganizationRow, within: Days) -> Cohorts:
    """The visible deals that match and entered a state on the way to WON in these days; one statement."""
    span = span_of(within, organization.time_zone)
    statement = OpportunitySql(matching(viewer, filter), "id", "state", "created_at")
    bounds = [f"at >= {statement.bind(span.start)}"] if span.start else []
    bounds += [f"at <= {statement.bind(span.end)}"] if span.end else []
    in_days = " AND ".join(bounds) or "1 = 1"
    entry = (
        f"SELECT id, stands, 'LEAD' AS state, 0 AS sequence FROM (SELECT id, state AS stands, created_at AS at FROM deal) AS made "
        f"WHERE {in_days} UNION ALL SELECT deal.id, deal.state, to_state, sequence FROM deal "
        f"JOIN transition ON transition.opportunity_id = deal.id WHERE to_state IN ({quoted_list(FUNNEL_STATES)}) AND {in_days}"
    )
    rows = await statement.rows(
        {"entry": entry, "first": FIRST_ENTRIES, "came": ENTRY_OUTCOMES},
        "SELECT state, fate, overridden, COUNT(*) AS count, NULL AS seconds FROM came GROUP BY state, fate, overridden "
        f"UNION ALL SELECT key, NULL, NULL, NULL, value FROM ({median('seconds', 'came', 'state')}) AS middle",
    )
    return Cohorts(
        groups=[_cohort_group(row) for row in rows if row["fate"] is not None],
        medians={OpportunityState(row["state"]): float(row["seconds"]) / 86_400 for row in rows if row["fate"] is None},
    )


def _cohort_group(row: Mapping[str, Any]) -> CohortGroup:
    return CohortGroup(
        OpportunityState(row["state"]), FunnelOutcome(row["fate"]), bool(row["overridden"]), int(row["count"])
    )
