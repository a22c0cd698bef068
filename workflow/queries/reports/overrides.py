"""Overrides and decided deals for the override report, read from the deals that the viewer sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tortoise.expressions import Subquery
from tortoise.functions import Count

from workflow.models import Override
from workflow.queries.conditions import Span, in_span
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.rules.enums import OpportunityState
from workflow.rules.permissions import Viewer
from workflow.rules.reports.overrides import OverrideMade

_OVERRIDE_COLUMNS = (
    "opportunity_id", "opportunity__state", "transition__process__process_key", "transition__process__name",
    "actor_member_id", "actor_name", "settled_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DecidedCounts:
    """The numbers of won and of lost deals."""

    won: int
    lost: int


async def overrides_in_span(viewer: Viewer, filter: OpportunityFilter, span: Span) -> list[OverrideMade]:
    """Return the overrides of a time span on the visible deals that match, oldest first; one statement."""
    deals = matching(viewer, filter).values("id")
    found = Override.filter(
        in_span("at", span), organization_id=viewer.organization_id, opportunity_id__in=Subquery(deals)
    )
    return [_override_made(record) for record in await found.order_by("at", "id").values(*_OVERRIDE_COLUMNS)]


async def decided_without_override(viewer: Viewer, filter: OpportunityFilter) -> DecidedCounts:
    """Count the visible deals that match and were won or lost without any override; one statement."""
    overridden = Override.filter(organization_id=viewer.organization_id).values("opportunity_id")
    deals = (
        matching(viewer, filter)
        .filter(id__not_in=Subquery(overridden))
        .annotate(count=Count("id"))
        .group_by("state")
    )
    counts = {record["state"]: int(record["count"]) for record in await deals.values("state", "count")}
    return DecidedCounts(counts.get(OpportunityState.WON, 0), counts.get(OpportunityState.LOST, 0))


def _override_made(record: Mapping[str, Any]) -> OverrideMade:
    return OverrideMade(
        opportunity_id=record["opportunity_id"],
        state=OpportunityState(record["opportunity__state"]),
        process_key=record["transition__process__process_key"],
        process_name=record["transition__process__name"],
        member_id=record["actor_member_id"],
        member_name=record["actor_name"],
        is_open=record["settled_at"] is None,
    )
