"""The only write path for a deal: lock, authorize, run the verb, update derived columns, record events."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

from workflow.models import Member, Opportunity
from workflow.operations.alerts.sync import AlertInput, sync_alerts
from workflow.operations.change.overrides import settle_overrides
from workflow.operations.change.snapshots import update_snapshot
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import NewEvent, record_events
from workflow.operations.core.locking import lock_row
from workflow.operations.core.perform import perform
from workflow.queries.opportunity.facts import load_facts
from workflow.queries.opportunity.rows import OpportunityRow, opportunities_by_id
from workflow.queries.parents import parent_deal
from workflow.queries.process.processes import processes_by_id
from workflow.rules.enums import CLOSED_STATES, TransitionSource
from workflow.rules.errors import (
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    VersionConflictError,
)
from workflow.rules.health.stored import evaluation_changes
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.risks import highest_risk_level
from workflow.rules.permissions import Ownership, write_forbidden_reason
from workflow.rules.process.document import ProcessDocument

T = TypeVar("T")

TICK = timedelta(microseconds=1)
"""The least time between two changes of a deal, so that their order is clear even if clocks differ."""
DERIVED_COLUMNS = frozenset(
    {
        *(
            "version",
            "updated_at",
            "risk_level",
            "latest_close_date",
            "health",
            "health_factors",
            "closed_insight",
        ),
        *("recorded_at", "disqualify_proposed"),
    }
)
"""Columns computed from others, which events do not report as changes."""


@dataclass(slots=True)
class LockedOpportunity:
    """A locked deal while a verb changes it: its row and facts as they were, and the events to record."""

    ctx: Ctx
    row: OpportunityRow
    facts: OpportunityFacts
    process: ProcessDocument
    ownership: Ownership
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        """The deal's id."""
        return self.row.id

    @property
    def organization_id(self) -> UUID:
        """The id of the organization that every row of the deal belongs to."""
        return self.row.organization_id

    def emit(self, event: str, **payload: object) -> None:
        """Add an event of this change. A verb that emits none has changed nothing."""
        self.events.append((event, payload))

    async def write(self, **fields: object) -> None:
        """Write columns of the deal's own row."""
        if fields:
            await Opportunity.filter(id=self.id).update(**fields)

    async def reload(self) -> None:
        """Load the facts again, with what this transaction has written."""
        self.facts = (await load_facts(self.organization_id, [self.id], self.ctx.now))[self.id]


class PartRef(NamedTuple):
    """A reference to a part of a deal, for operations that name the part and not the deal."""

    kind: str
    id: UUID


class _HasId(Protocol):
    @property
    def id(self) -> UUID: ...


PartT = TypeVar("PartT", bound=_HasId)


def find_part(parts: Iterable[PartT], id: UUID, kind: str) -> PartT:
    """Return the part of a locked deal with this id. Raise NotFoundError if the deal has no such part."""
    found = next((part for part in parts if part.id == id), None)
    if found is None:
        raise NotFoundError(kind, id)
    return found


class DryRunRollback(Exception):
    """Rolls back a dry run, and carries its result out of the transaction."""

    def __init__(self, result: object) -> None:
        super().__init__("The dry run is rolled back.")
        self.result = result


def authorize_write(deal: LockedOpportunity) -> None:
    """Refuse viewers who may not write the deal, and any change if it is closed."""
    reason = write_forbidden_reason(deal.ctx.viewer, deal.ownership)
    if reason is not None:
        raise PermissionDeniedError(reason)
    refuse_closed(deal)


def refuse_closed(deal: LockedOpportunity) -> None:
    """Raise RecordClosedError if the deal is WON, LOST or DISQUALIFIED."""
    if deal.row.state in CLOSED_STATES:
        raise RecordClosedError(state=deal.row.state, opportunity_id=deal.id)


async def change(
    ctx: Ctx,
    id: UUID | PartRef,
    expected_version: int | None,
    verb: Callable[[LockedOpportunity], Awaitable[T]],
    *,
    authorize: Callable[[LockedOpportunity], None] = authorize_write,
    bump_version: bool = True,
) -> T:
    """Run a verb on a locked deal in one transaction.

    `id` names the deal, or a part of it. `authorize` refuses viewers and states. Without `bump_version`, the
    version and updatedAt of the deal stay as they are.
    """

    async def work() -> T:
        deal_id = await parent_deal(ctx.viewer, *id) if isinstance(id, PartRef) else id
        deal = await _lock_opportunity(ctx, deal_id)
        if expected_version is not None and expected_version != deal.row.version:
            raise VersionConflictError(
                kind="Opportunity", id=deal.id, expected=expected_version, actual=deal.row.version
            )
        authorize(deal)
        result = await verb(deal)
        if deal.events:
            await _finish(deal, bump_version=bump_version)
        return result

    return await perform(ctx, work, subject_id=id.id if isinstance(id, PartRef) else id, typed_by=verb)


async def _lock_opportunity(ctx: Ctx, id: UUID) -> LockedOpportunity:
    """Lock a deal and load it with its facts. Raise NotFoundError if the viewer cannot see it."""
    # Locked first and read afterwards, so that visibility is checked on the current row.
    await lock_row(Opportunity, ctx.viewer.organization_id, id)
    row = (await opportunities_by_id(ctx.viewer, [id])).get(id)
    if row is None:
        raise NotFoundError("Opportunity", id)
    # The process that wrote last may have a clock that is ahead of this one.
    ctx = replace(ctx, now=max(ctx.now, row.updated_at + TICK))
    facts = (await load_facts(row.organization_id, [id], ctx.now))[id]
    process = (await processes_by_id(ctx.viewer, [row.process_id]))[row.process_id]
    owner = await Member.filter(id=row.owner_id).values("team_id")
    ownership = Ownership(
        owner_id=row.owner_id, owner_team_id=owner[0]["team_id"], collaborator_ids=facts.collaborator_ids
    )
    return LockedOpportunity(ctx=ctx, row=row, facts=facts, process=process.document, ownership=ownership)


async def _finish(deal: LockedOpportunity, *, bump_version: bool) -> None:
    """Update overrides, risk level, health, version, snapshot and alerts. Record the events of the change."""
    await deal.reload()
    override_events = await settle_overrides(deal.ctx, deal.facts, deal.process)
    version = deal.row.version + 1 if bump_version else deal.row.version
    health = evaluation_changes(deal.row.state, deal.process, deal.facts, deal.ctx.now)
    derived: dict[str, object] = {"risk_level": highest_risk_level(deal.facts), **health}
    await deal.write(**derived, **({"version": version, "updated_at": deal.ctx.now} if bump_version else {}))
    after = await _stored_row(deal)
    differences = _differences(deal, after)
    if differences:
        _attach_changes(deal, differences)
    await update_snapshot(deal.organization_id, deal.row.values(), after, deal.ctx.now, _slip_reason(deal))
    # An import changes many deals; the next sweep syncs their alerts in batches.
    alert_events = await _sync_alerts(deal, version) if deal.ctx.source is not TransitionSource.IMPORT else []
    common = {"opportunityId": deal.id, "version": version}
    events = [
        NewEvent(name, "opportunity", deal.id, {**common, **payload})
        for name, payload in (*deal.events, *override_events)
    ]
    await record_events(deal.ctx, [*events, *alert_events])


def _attach_changes(deal: LockedOpportunity, differences: dict[str, object]) -> None:
    """Add the changed columns to the first event about the deal itself, or else to the first event."""
    own = (payload for event, payload in deal.events if event.startswith("opportunity."))
    payload = next(own, deal.events[0][1])
    payload.setdefault("changes", differences)


async def _sync_alerts(deal: LockedOpportunity, version: int) -> list[NewEvent]:
    """Sync the alerts with what the rules find now. A deleted deal has no alerts."""
    deleted = any(name == "opportunity.deleted" for name, _ in deal.events)
    alert_input = AlertInput(
        deal.facts,
        deal.process,
        disqualify_proposed=deal.row.disqualify_proposed,
        version=version,
        deleted=deleted,
    )
    return await sync_alerts(deal.ctx, [alert_input])


async def _stored_row(deal: LockedOpportunity) -> dict[str, object]:
    """Load the deal's row as this change has left it."""
    found = await Opportunity.filter(id=deal.id).values(*OpportunityRow.columns)
    return dict(found[0])


def _differences(deal: LockedOpportunity, after: Mapping[str, object]) -> dict[str, object]:
    """Return the deal's own columns that this change has changed, old and new."""
    before = {name: value for name, value in deal.row.values().items() if name not in DERIVED_COLUMNS}
    return diff(before, {name: after[name] for name in before})


def _slip_reason(deal: LockedOpportunity) -> object:
    """Return the reason for a push of the expected close date, or None if this change is not one."""
    return next(
        (payload.get("slipReason") for event, payload in deal.events if event == "closeDate.pushed"), None
    )
