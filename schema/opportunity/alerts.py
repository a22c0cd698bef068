"""Alerts: listed, and on their deal."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from schema.core import connections, ids
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import bad_input, conditions, lists_to_tuples, optional, or_none
from schema.core.nodes import Node, PageInfo, backed_by, described, node_id
from schema.people.types import ActorType, Member
from workflow.queries.opportunity import alerts
from workflow.queries.opportunity.alerts import ORDER_TERMS, UNRESOLVED, WORST_FIRST, AlertFilter, AlertRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.paging import Term
from workflow.queries.people.people import MemberRow
from workflow.rules.enums import AlertCode, AlertOrderField, AlertSeverity, AlertStatus, OrderDirection

if TYPE_CHECKING:
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]

UNRESOLVED_STATUSES = list(UNRESOLVED)
SUBJECT_TYPES = {AlertCode.MILESTONE_DUE: "Milestone", AlertCode.RISK_UNADDRESSED: "Risk"}
"""Where an alert's subject is a record, its type; else it is a key of the sales process."""


@strawberry.type(
    description="Something that stands against an opportunity. At most one unresolved alert stands for a rule, an opportunity and a subject; "
    "it resolves itself when its cause is gone."
)
class Alert(Node):
    is_type_of = backed_by(AlertRow)
    id: strawberry.ID = node_id("Alert")
    code: AlertCode = described("What it warns of.")
    severity: AlertSeverity = described("How urgent it is; it rises and falls in place.")
    status: AlertStatus = described("Whether somebody has looked at it; a rise opens it again.")
    message: str = described("What is wrong, and what to do.")
    remedy: str | None = described("The mutation that would clear it.")
    first_seen_at: datetime = described("When it was first found.")
    last_seen_at: datetime = described("When it was last found.")
    acknowledged_by: ActorType | None = described("Who said that they know.")
    acknowledged_at: datetime | None = described("When they said so.")
    snoozed_by: ActorType | None = described("Who put it aside.")
    snoozed_until: datetime | None = described("Until when it is put aside.")
    note: str | None = described("What they said about it.")
    resolved_at: datetime | None = described("When its cause was gone.")
    escalated_at: datetime | None = described("When it went to a manager.")

    @strawberry.field(graphql_type=Opportunity, description="What it stands against.")
    async def opportunity(self, root: strawberry.Parent[Any], info: Info) -> OpportunityRow:
        return await load_required(info.context.loaders.opportunity, root.opportunity_id)

    @strawberry.field(
        description="On what, where there can be several: a milestone's or a risk's id, a criterion's key, or roles with | between."
    )
    def subject(self, root: strawberry.Parent[Any]) -> str | None:
        kind = SUBJECT_TYPES.get(root.code)
        return ids.encode(kind, UUID(root.subject)) if kind else root.subject or None

    @strawberry.field(graphql_type=Member | None, description="The manager whom it went to.")
    async def escalated_to(self, root: strawberry.Parent[Any], info: Info) -> MemberRow | None:
        return None if root.escalated_to_id is None else await info.context.loaders.member.load(root.escalated_to_id)


@strawberry.type
class DealAlerts:
    @strawberry.field(graphql_type=list[Alert], description="What stands against it, the worst first.")
    async def alerts(
        self, root: strawberry.Parent[Any], info: Info, status: list[AlertStatus] = UNRESOLVED_STATUSES
    ) -> Sequence[AlertRow]:
        return await info.context.loaders.alerts_of(root.id, frozenset(status))


@strawberry.type(description="An alert in a list.")
class AlertEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after`.")
    node: Alert = described("The alert.")


@strawberry.type(description="A page of alerts.")
class AlertConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[AlertEdge] = described("The rows with their cursors.")
    nodes: list[Alert] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")

    @strawberry.field(description="How many match the filter, not only this page.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        return await alerts.count_alerts(info.context.viewer, root.scope)


@strawberry.input(description="One column of an order.")
class AlertOrder:
    field: AlertOrderField = described("What to order by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which way.")


@strawberry.input(
    name="AlertFilter",
    description="Fields are joined by AND, values of a list by OR; without `status` those that are not resolved.",
)
class AlertFilterInput:
    status: list[AlertStatus] | None = optional("In one of these; left out: OPEN, ACKNOWLEDGED, SNOOZED.")
    severity: list[AlertSeverity] | None = optional("As urgent as one of these.")
    code: list[AlertCode] | None = optional("Of one of these rules.")
    owner_id: list[strawberry.ID] | None = optional("On opportunities of one of these members.")
    team_id: list[strawberry.ID] | None = optional("On opportunities whose owner belongs to one of these teams.")
    opportunity_id: list[strawberry.ID] | None = optional("On one of these opportunities.")


@strawberry.type
class AlertQuery:
    @strawberry.field(
        graphql_type=AlertConnection, description="Alerts of the opportunities that you see, the worst first."
    )
    async def alerts(
        self,
        info: Info,
        first: int | None = 20,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: AlertFilterInput | None = strawberry.UNSET,
        order_by: list[AlertOrder] | None = strawberry.UNSET,
    ) -> Any:
        order, scope = parse_alert_order(or_none(order_by)), parse_alert_filter(or_none(filter))
        window = connections.window(order, first=first, after=after, last=last, before=before)
        page = await alerts.alerts(info.context.viewer, scope, order, window)
        return connections.to_connection(page, order, scope)


def parse_alert_order(order: Sequence[AlertOrder] | None) -> tuple[Term, ...]:
    """The order as a query takes it."""
    if not order:
        return WORST_FIRST
    if len({one.field for one in order}) < len(order):
        raise bad_input("`orderBy` names a field twice.")
    return tuple(Term(ORDER_TERMS[one.field].column, descending=one.direction is OrderDirection.DESC) for one in order)


def parse_alert_filter(filter: AlertFilterInput | None) -> AlertFilter:
    """The filter as a query takes it."""
    fields = conditions(filter)
    for name, kind in (("owner_id", "Member"), ("team_id", "Team"), ("opportunity_id", "Opportunity")):
        if name in fields:
            fields[name] = ids.parse_valid(kind, fields[name])
    return AlertFilter(**lists_to_tuples(fields))
