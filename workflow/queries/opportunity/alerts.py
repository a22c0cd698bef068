"""Alerts as plain rows; an alert is visible if its deal is."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet

from workflow.models import Alert, Member
from workflow.queries.conditions import where
from workflow.queries.grouping import group_by_parent
from workflow.queries.paging import Page, Term, Window, page
from workflow.queries.parts import DealParts
from workflow.queries.scope import visible
from workflow.rules.enums import ActorKind, AlertCode, AlertOrderField, AlertSeverity, AlertStatus
from workflow.rules.opportunity.parts import Actor
from workflow.rules.permissions import Viewer

UNRESOLVED = (AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED, AlertStatus.SNOOZED)
ORDER_TERMS = {
    AlertOrderField.SEVERITY: Term("rank"),
    AlertOrderField.FIRST_SEEN: Term("first_seen_at"),
    AlertOrderField.LAST_SEEN: Term("last_seen_at"),
}
WORST_FIRST = (Term("rank", descending=True), Term("first_seen_at"))


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert as stored."""

    id: UUID
    opportunity_id: UUID
    code: AlertCode
    subject: str
    severity: AlertSeverity
    status: AlertStatus
    message: str
    remedy: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    acknowledged_at: datetime | None
    snoozed_until: datetime | None
    note: str | None
    resolved_at: datetime | None
    escalated_to_id: UUID | None
    escalated_at: datetime | None
    acknowledged_by: Actor | None
    snoozed_by: Actor | None


@dataclass(frozen=True, slots=True)
class UnresolvedAlert:
    """All columns of an unresolved alert, for the sync of a deal's alerts."""

    id: UUID
    organization_id: UUID
    opportunity_id: UUID
    code: AlertCode
    subject: str
    severity: AlertSeverity
    rank: int
    severity_since: datetime
    status: AlertStatus
    message: str
    remedy: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    acknowledged_kind: ActorKind | None
    acknowledged_name: str | None
    acknowledged_member_id: UUID | None
    acknowledged_at: datetime | None
    snoozed_kind: ActorKind | None
    snoozed_name: str | None
    snoozed_member_id: UUID | None
    snoozed_until: datetime | None
    note: str | None
    resolved_at: datetime | None
    escalated_to_id: UUID | None
    escalated_at: datetime | None

    def columns(self) -> dict[str, Any]:
        """Return the columns by name."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


UNRESOLVED_ALERTS = DealParts(
    UnresolvedAlert, Alert, order='"alert".id', where=" AND \"alert\".status <> 'RESOLVED'", eager=True
)


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Conditions on alerts; None leaves one out, except that a status of None means unresolved alerts."""

    status: tuple[AlertStatus, ...] | None = None
    severity: tuple[AlertSeverity, ...] | None = None
    code: tuple[AlertCode, ...] | None = None
    owner_id: tuple[UUID, ...] | None = None
    team_id: tuple[UUID, ...] | None = None
    opportunity_id: tuple[UUID, ...] | None = None


_RESPONSE_COLUMNS = [
    f"{response}_{part}" for response in ("acknowledged", "snoozed") for part in ("kind", "name", "member_id")
]
_COLUMNS = [name for name in AlertRow.__dataclass_fields__ if not name.endswith("_by")] + _RESPONSE_COLUMNS


async def alerts(
    viewer: Viewer, filter: AlertFilter, order: Sequence[Term], window: Window
) -> Page[AlertRow]:
    """Return a page of the alerts of visible deals; one statement."""
    return await page(
        lambda: _matching(viewer, filter),
        table=Alert,
        order=order or WORST_FIRST,
        window=window,
        columns=_COLUMNS,
        make=_row,
    )


async def count_alerts(viewer: Viewer, filter: AlertFilter) -> int:
    """Count all alerts that match; one statement."""
    return await _matching(viewer, filter).count()


async def alerts_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, AlertRow]:
    """Return the alerts with these ids, without regard to visibility; one statement."""
    found = await Alert.filter(organization_id=viewer.organization_id, id__in=list(ids)).values(*_COLUMNS)
    return {record["id"]: _row(record) for record in found}


async def alerts_by_deal(
    organization_id: UUID, ids: Collection[UUID], statuses: Collection[AlertStatus]
) -> dict[UUID, tuple[AlertRow, ...]]:
    """Return the alerts of some deals, the most severe first; one statement.

    The caller has scoped the deals.
    """
    rows = Alert.filter(
        organization_id=organization_id, opportunity_id__in=list(ids), status__in=list(statuses)
    )
    return group_by_parent(await rows.order_by("-rank", "first_seen_at", "id").values(*_COLUMNS), _row)


def has_alert(severities: Collection[str] | None, codes: Collection[str] | None) -> Q:
    """Return the condition that a deal has an unresolved alert of these severities and codes.

    None leaves one out.
    """
    if severities is None and codes is None:
        return Q()
    rows = Alert.filter(status__in=list(UNRESOLVED))
    rows = rows if severities is None else rows.filter(severity__in=list(severities))
    rows = rows if codes is None else rows.filter(code__in=list(codes))
    return Q(id__in=Subquery(rows.values("opportunity_id")))


def matches(filter: AlertFilter, row: AlertRow, owner_id: UUID, team_id: UUID | None) -> bool:
    """Return True if the filter matches an alert of a deal with this owner and the owner's team."""
    conditions = (
        (filter.severity, row.severity),
        (filter.code, row.code),
        (filter.opportunity_id, row.opportunity_id),
        (filter.owner_id, owner_id),
        (filter.team_id, team_id),
        (UNRESOLVED if filter.status is None else filter.status, row.status),
    )
    return all(wanted is None or value in wanted for wanted, value in conditions)


def _matching(viewer: Viewer, filter: AlertFilter) -> QuerySet[Alert]:
    deals = visible(viewer)
    if filter.owner_id is not None:
        deals = deals.filter(owner_id__in=list(filter.owner_id))
    if filter.team_id is not None:
        team = Member.filter(organization_id=viewer.organization_id, team_id__in=list(filter.team_id)).values(
            "id"
        )
        deals = deals.filter(owner_id__in=Subquery(team))
    rows = Alert.filter(
        organization_id=viewer.organization_id, opportunity_id__in=Subquery(deals.values("id"))
    )
    rows = rows.filter(status__in=list(UNRESOLVED if filter.status is None else filter.status))
    for name in ("severity", "code", "opportunity_id"):
        if (values := getattr(filter, name)) is not None:
            rows = rows.filter(where(f"{name}__in", list(values)))
    return rows


def _row(record: Mapping[str, Any]) -> AlertRow:
    values = {name: record[name] for name in _COLUMNS if name not in _RESPONSE_COLUMNS}
    enums = {
        "code": AlertCode(values["code"]),
        "severity": AlertSeverity(values["severity"]),
        "status": AlertStatus(values["status"]),
    }
    return AlertRow(
        **{**values, **enums},
        acknowledged_by=_actor(record, "acknowledged"),
        snoozed_by=_actor(record, "snoozed"),
    )


def _actor(record: Mapping[str, Any], response: str) -> Actor | None:
    kind = record[f"{response}_kind"]
    return (
        None
        if kind is None
        else Actor(ActorKind(kind), record[f"{response}_name"], record[f"{response}_member_id"])
    )
