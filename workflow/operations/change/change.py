"""The one way to write on a deal: lock, judge who and when, do it, settle what follows, tell it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import NamedTuple, TypeVar
from uuid import UUID

from workflow.models import Member, Opportunity
from workflow.operations.alerts.sync import Looked, look
from workflow.operations.change.overrides import settle_debts
from workflow.operations.change.snapshots import stand
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import Fact, changed, record_all
from workflow.operations.core.locking import hold
from workflow.operations.core.perform import perform
from workflow.queries.opportunity.facts import facts_of
from workflow.queries.opportunity.rows import OpportunityRow, opportunities_by_id
from workflow.queries.parents import deal_of
from workflow.queries.process.processes import processes_by_id
from workflow.rules.enums import CLOSED_STATES, TransitionSource
from workflow.rules.errors import NotFound, PermissionDenied, RecordClosed, VersionConflict
from workflow.rules.health.stored import rejudged
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.risks import highest
from workflow.rules.permissions import Holding, why_not_write
from workflow.rules.process.document import ProcessDocument

T = TypeVar("T")

TICK = timedelta(microseconds=1)
"""A deal's own time only rises: what is written later under its lock is later, whatever the clocks of the servers say."""
UNTOLD = frozenset(
    {
        *("version", "updated_at", "risk_level", "latest_close_date", "health", "health_factors", "closed_insight"),
        *("recorded_at", "disqualify_proposed"),
    }
)
"""Columns that follow from others."""


@dataclass(slots=True)
class Deal:
    """A locked deal while a verb works on it: what it was, and what will be told of it."""

    ctx: Ctx
    row: OpportunityRow
    facts: OpportunityFacts
    process: ProcessDocument
    holding: Holding
    told: list[tuple[str, dict[str, object]]] = field(default_factory=list)

    @property
    def id(self) -> UUID:
        """The deal's id."""
        return self.row.id

    @property
    def organization_id(self) -> UUID:
        """The organization that every row of the deal belongs to."""
        return self.row.organization_id

    def tell(self, event: str, **payload: object) -> None:
        """Name a fact of this change; without one nothing has changed."""
        self.told.append((event, payload))

    async def write(self, **fields: object) -> None:
        """Write columns of the deal's own row."""
        if fields:
            await Opportunity.filter(id=self.id).update(**fields)

    async def look_again(self) -> None:
        """Read the facts as this transaction has made them."""
        self.facts = (await facts_of(self.organization_id, [self.id], self.ctx.now))[self.id]


class Part(NamedTuple):
    """A part of a deal, by its type and id, where the deal is not named itself."""

    kind: str
    id: UUID


class RolledBack(Exception):
    """A dry run has done everything; its answer is carried past the rollback."""

    def __init__(self, answer: object) -> None:
        super().__init__("A dry run is rolled back.")
        self.answer = answer


def may_write(deal: Deal) -> None:
    """Refuse who may not write the deal, and everybody where it is closed."""
    reason = why_not_write(deal.ctx.viewer, deal.holding)
    if reason is not None:
        raise PermissionDenied(reason)
    refuse_closed(deal)


def refuse_closed(deal: Deal) -> None:
    """RecordClosed where the deal is WON, LOST or DISQUALIFIED."""
    if deal.row.state in CLOSED_STATES:
        raise RecordClosed(state=deal.row.state, opportunity_id=deal.id)


async def change(
    ctx: Ctx,
    id: UUID | Part,
    expected_version: int | None,
    verb: Callable[[Deal], Awaitable[T]],
    *,
    judge: Callable[[Deal], None] = may_write,
    counts: bool = True,
) -> T:
    """Run a verb on the locked deal in one transaction.

    The deal is named, or found as the one that a part hangs on.
    `judge` says who may and when; what does not count leaves the deal's version and updatedAt as they are.
    """

    async def work() -> T:
        deal = await _taken(ctx, await deal_of(ctx.viewer, *id) if isinstance(id, Part) else id)
        if expected_version is not None and expected_version != deal.row.version:
            raise VersionConflict(kind="Opportunity", id=deal.id, expected=expected_version, actual=deal.row.version)
        judge(deal)
        answer = await verb(deal)
        if deal.told:
            await _settle(deal, counts=counts)
        return answer

    return await perform(ctx, work, about=id.id if isinstance(id, Part) else id, told_by=verb)


async def _taken(ctx: Ctx, id: UUID) -> Deal:
    """The deal, locked and then found visible, with its facts; scope is judged on the locked row."""
    await hold(Opportunity, ctx.viewer.organization_id, id)
    row = (await opportunities_by_id(ctx.viewer, [id])).get(id)
    if row is None:
        raise NotFound("Opportunity", id)
    ctx = replace(ctx, now=max(ctx.now, row.updated_at + TICK))
    facts = (await facts_of(row.organization_id, [id], ctx.now))[id]
    process = (await processes_by_id(ctx.viewer, [row.process_id]))[row.process_id]
    owner = await Member.filter(id=row.owner_id).values("team_id")
    holding = Holding(owner_id=row.owner_id, owner_team_id=owner[0]["team_id"], collaborator_ids=facts.collaborator_ids)
    return Deal(ctx=ctx, row=row, facts=facts, process=process.document, holding=holding)


async def _settle(deal: Deal, *, counts: bool) -> None:
    """What follows from a change: the stored risk level and health, the debts that hold now, the version; then tell it."""
    await deal.look_again()
    settled = await settle_debts(deal.ctx, deal.facts, deal.process)
    version = deal.row.version + 1 if counts else deal.row.version
    health = rejudged(deal.row.state, deal.process, deal.facts, deal.ctx.now)
    follows: dict[str, object] = {"risk_level": highest(deal.facts), **health}
    await deal.write(**follows, **({"version": version, "updated_at": deal.ctx.now} if counts else {}))
    now = await _stored(deal)
    differences = _differences(deal, now)
    if differences:
        _with_changes(deal, differences)
    await stand(deal.organization_id, asdict(deal.row), now, deal.ctx.now, _slip_reason(deal))
    warned = await _alerted(deal, version) if deal.ctx.source is not TransitionSource.IMPORT else []
    about = {"opportunityId": deal.id, "version": version}
    told = [Fact(name, "opportunity", deal.id, {**about, **payload}) for name, payload in (*deal.told, *settled)]
    await record_all(deal.ctx, [*told, *warned])


def _with_changes(deal: Deal, differences: dict[str, object]) -> None:
    """The deal's own fact carries its changed columns; where a part of the deal is told alone, that does."""
    own = (payload for event, payload in deal.told if event.startswith("opportunity."))
    payload = next(own, deal.told[0][1])
    payload.setdefault("changes", differences)


async def _alerted(deal: Deal, version: int) -> list[Fact]:
    """Bring the alerts to what the rules find now; on what is deleted they find nothing."""
    gone = any(name == "opportunity.deleted" for name, _ in deal.told)
    looked = Looked(deal.facts, deal.process, proposed=deal.row.disqualify_proposed, version=version, gone=gone)
    return await look(deal.ctx, [looked])


async def _stored(deal: Deal) -> dict[str, object]:
    """The deal's row as this change has made it."""
    found = await Opportunity.filter(id=deal.id).values(*OpportunityRow.__dataclass_fields__)
    return dict(found[0])


def _differences(deal: Deal, now: Mapping[str, object]) -> dict[str, object]:
    """The deal's own columns that this change has moved, old and new."""
    before = {name: value for name, value in asdict(deal.row).items() if name not in UNTOLD}
    return changed(before, {name: now[name] for name in before})


def _slip_reason(deal: Deal) -> object:
    """Why the expected close date moved to a later month, where this change says so."""
    return next((payload.get("slipReason") for event, payload in deal.told if event == "closeDate.pushed"), None)
