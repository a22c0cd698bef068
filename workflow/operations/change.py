"""The one way to write on a deal: lock, judge who and when, do it, settle what follows, tell it once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from workflow.models import Member, Opportunity
from workflow.models.database import transaction
from workflow.operations.context import Ctx
from workflow.operations.journal import record
from workflow.operations.locking import locked
from workflow.queries.facts import facts_of
from workflow.queries.processes import processes_by_id
from workflow.queries.scope import visible
from workflow.rules.errors import NotFound, PermissionDenied, RecordClosed, VersionConflict
from workflow.rules.facts import OpportunityFacts
from workflow.rules.permissions import Holding, why_not_write
from workflow.rules.process import ProcessDocument
from workflow.rules.states import CLOSED_STATES, OpportunityState

T = TypeVar("T")


@dataclass(slots=True)
class Deal:
    """A locked deal while a verb works on it: what it was, and what its one event will tell."""

    ctx: Ctx
    row: Mapping[str, object]
    facts: OpportunityFacts
    process_id: UUID
    process: ProcessDocument
    holding: Holding
    event: str | None = None
    payload: dict[str, object] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        """The deal's id."""
        return self.facts.id

    @property
    def organization_id(self) -> UUID:
        """The organization that every row of the deal belongs to."""
        return self.facts.organization_id

    def tell(self, event: str, **payload: object) -> None:
        """Name the event of this change; without one nothing has changed."""
        self.event = event
        self.payload |= payload

    async def write(self, **fields: object) -> None:
        """Write columns of the deal's own row."""
        if fields:
            await Opportunity.filter(id=self.id).update(**fields)

    async def look_again(self) -> None:
        """Read the facts as this transaction has made them."""
        self.facts = (await facts_of(self.organization_id, [self.id]))[self.id]


class RolledBack(Exception):
    """A dry run has done everything; its answer is carried past the rollback."""

    def __init__(self, answer: object) -> None:
        super().__init__("A dry run is rolled back.")
        self.answer = answer


async def change(
    ctx: Ctx,
    id: UUID,
    expected_version: int | None,
    verb: Callable[[Deal], Awaitable[T]],
    *,
    judge: Callable[[Deal], None] | None = None,
) -> T:
    """Run a verb on the locked deal in one transaction; `judge` replaces who may and whether it is closed, for transitions."""

    async def work() -> T:
        deal = await _taken(ctx, id)
        _refuse_stale(deal, expected_version)
        (judge or _may_write)(deal)
        answer = await verb(deal)
        await _settle(deal)
        return answer

    return await transaction(work)


async def _taken(ctx: Ctx, id: UUID) -> Deal:
    """The deal, locked and then found visible, with its facts; scope is judged on the locked row."""
    row = await locked(Opportunity, ctx.viewer.organization_id, id)
    if row is None or not await visible(ctx.viewer).filter(id=id).exists():
        raise NotFound("Opportunity", id)
    facts = (await facts_of(ctx.viewer.organization_id, [id]))[id]
    process = (await processes_by_id(ctx.viewer, [row["process_id"]]))[row["process_id"]]
    owner = await Member.filter(id=facts.owner_id).values("team_id")
    holding = Holding(
        owner_id=facts.owner_id, owner_team_id=owner[0]["team_id"], collaborator_ids=facts.collaborator_ids
    )
    return Deal(ctx=ctx, row=row, facts=facts, process_id=row["process_id"], process=process.document, holding=holding)


def _refuse_stale(deal: Deal, expected: int | None) -> None:
    if expected is not None and expected != deal.facts.version:
        raise VersionConflict(kind="Opportunity", id=deal.id, expected=expected, actual=deal.facts.version)


def _may_write(deal: Deal) -> None:
    refuse_strangers(deal)
    refuse_closed(deal)


def refuse_strangers(deal: Deal) -> None:
    """PermissionDenied where the deal is not the viewer's to write."""
    reason = why_not_write(deal.ctx.viewer, deal.holding)
    if reason is not None:
        raise PermissionDenied(reason)


def refuse_closed(deal: Deal) -> None:
    """RecordClosed where the deal is WON, LOST or DISQUALIFIED."""
    state: OpportunityState = deal.facts.state
    if state in CLOSED_STATES:
        raise RecordClosed(state=state, opportunity_id=deal.id)


async def _settle(deal: Deal) -> None:
    """Raise the version and record the one event; a verb that told nothing changed nothing."""
    if deal.event is None:
        return
    version = deal.facts.version + 1
    await deal.write(version=version, updated_at=deal.ctx.now)
    payload = {"opportunityId": deal.id, "version": version, **deal.payload}
    await record(deal.ctx, deal.event, aggregate="opportunity", id=deal.id, payload=payload)
