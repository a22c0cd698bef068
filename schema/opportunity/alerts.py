"""Alerts: their type, their list and those of an opportunity."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.core import connections, ids
from schema.core.context import Info
from schema.core.inputs import bad_input, conditions, lists_to_tuples, optional, or_none
from schema.core.nodes import Node, Root, Roots, backed_by, batch, described, needs, node_id, referenced
from schema.people.types import ActorType, Member
from workflow.queries.opportunity import alerts
from workflow.queries.opportunity.alerts import ORDER_TERMS, UNRESOLVED, WORST_FIRST, AlertFilter, AlertRow
from workflow.queries.paging import Term
from workflow.rules.enums import AlertCode, AlertOrderField, AlertSeverity, AlertStatus, OrderDirection

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]

UNRESOLVED_STATUSES = list(UNRESOLVED)
SUBJECT_TYPES = {AlertCode.MILESTONE_DUE: "Milestone", AlertCode.RISK_UNADDRESSED: "Risk"}
"""The codes whose subject is the id of a record, and its type; others are keys of the process."""


@strawberry.type(
    description="A warning about one opportunity. There is at most one unresolved alert for each "
    "combination of code, opportunity and subject. An alert resolves by itself when its "
    "cause is gone."
)
class Alert(Node):
    is_type_of = backed_by(AlertRow)
    id: strawberry.ID = node_id("Alert")
    code: AlertCode = described("The kind of warning.")
    severity: AlertSeverity = described("The urgency. It rises and falls while the alert is unresolved.")
    status: AlertStatus = described("The state of the alert. It opens again when its severity rises.")
    message: str = described("The problem and what to do about it.")
    remedy: str | None = described("The mutation that would resolve it. Null if there is none.")
    first_seen_at: datetime = described("The time when the cause was first found.")
    last_seen_at: datetime = described("The time when the cause was last found.")
    acknowledged_by: ActorType | None = described("The member or API key that acknowledged it.")
    acknowledged_at: datetime | None = described("The time when it was acknowledged.")
    snoozed_by: ActorType | None = described("The member or API key that snoozed it.")
    snoozed_until: datetime | None = described("The time when the snooze ends.")
    note: str | None = described("The note given when it was acknowledged or snoozed.")
    resolved_at: datetime | None = described("The time when its cause was gone. Null while it is unresolved.")
    escalated_at: datetime | None = described("The time when it was escalated to a manager.")

    opportunity: Opportunity = referenced(
        "opportunity", "opportunity_id", "The opportunity that the alert is about."
    )

    @strawberry.field(
        description="The part of the opportunity that the alert is about, if it can have several: the "
        "id of a milestone or a risk, the key of a criterion, or the names of roles "
        "separated by `|`."
    )
    def subject(self, root: Root) -> str | None:
        kind = SUBJECT_TYPES.get(root.code)
        return ids.encode(kind, UUID(root.subject)) if kind else root.subject or None

    escalated_to: Member | None = referenced(
        "member", "escalated_to_id", "The manager it was escalated to. Null if it was not escalated."
    )


Statuses = Annotated[
    list[AlertStatus], strawberry.argument(description="Only alerts with one of these statuses.")
]


@batch
@needs("id")
async def deal_alerts(
    roots: Roots, info: Info, status: Statuses = UNRESOLVED_STATUSES
) -> list[Sequence[AlertRow]]:
    """Return the alerts of each deal."""
    return await info.context.loaders.alerts_of([root.id for root in roots], frozenset(status))


@strawberry.type(description="A page of alerts.")
class AlertConnection(connections.Connection[Alert]):
    @strawberry.field(description="The number of items that match the filter, on all pages together.")
    async def total_count(self, root: Root, info: Info) -> int:
        return await alerts.count_alerts(info.context.viewer, root.scope)


@strawberry.input(description="One sort key of a list of alerts.")
class AlertOrder:
    field: AlertOrderField = described("The field to sort by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Ascending or descending."
    )


@strawberry.input(
    name="AlertFilter",
    description="A filter for alerts. All fields that are given must match; a list matches if one of its "
    "values does.",
)
class AlertFilterInput:
    status: list[AlertStatus] | None = optional(
        "Alerts with one of these statuses. Left out: OPEN, ACKNOWLEDGED and SNOOZED."
    )
    severity: list[AlertSeverity] | None = optional("Alerts with one of these severities.")
    code: list[AlertCode] | None = optional("Alerts with one of these codes.")
    owner_id: list[strawberry.ID] | None = optional("Alerts on opportunities that one of these members owns.")
    team_id: list[strawberry.ID] | None = optional(
        "Alerts on opportunities whose owner belongs to one of these teams."
    )
    opportunity_id: list[strawberry.ID] | None = optional("Alerts on one of these opportunities.")


AlertFilterArgument = Annotated[
    AlertFilterInput | None, strawberry.argument(description="Only alerts that match this filter.")
]
AlertOrderArgument = Annotated[
    list[AlertOrder] | None,
    strawberry.argument(
        description="The sort keys, the most important first. Default: the most severe first."
    ),
]


@strawberry.type
class AlertQuery:
    @strawberry.field(
        graphql_type=AlertConnection,
        description="The alerts on the opportunities that you can see: the most severe first, and "
        "unresolved unless the filter names a status.",
    )
    async def alerts(
        self,
        info: Info,
        first: connections.First = 20,
        after: connections.After = strawberry.UNSET,
        last: connections.Last = strawberry.UNSET,
        before: connections.Before = strawberry.UNSET,
        filter: AlertFilterArgument = strawberry.UNSET,
        order_by: AlertOrderArgument = strawberry.UNSET,
    ) -> Any:
        order = parse_alert_order(or_none(order_by))
        scope = parse_alert_filter(or_none(filter))
        window = connections.window(order, first=first, after=after, last=last, before=before)
        page = await alerts.alerts(info.context.viewer, scope, order, window)
        return connections.to_connection(page, order, scope)


def parse_alert_order(order: Sequence[AlertOrder] | None) -> tuple[Term, ...]:
    """Convert the order for a query."""
    if not order:
        return WORST_FIRST
    if len({one.field for one in order}) < len(order):
        raise bad_input("`orderBy` names a field twice. Name each field once.")
    return tuple(
        Term(ORDER_TERMS[one.field].column, descending=one.direction is OrderDirection.DESC) for one in order
    )


def parse_alert_filter(filter: AlertFilterInput | None) -> AlertFilter:
    """Convert the filter for a query."""
    fields = conditions(filter)
    for name, kind in (("owner_id", "Member"), ("team_id", "Team"), ("opportunity_id", "Opportunity")):
        if name in fields:
            fields[name] = ids.parse_valid(kind, fields[name])
    return AlertFilter(**lists_to_tuples(fields))
