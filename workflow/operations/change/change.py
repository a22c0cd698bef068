"""The only write path for a deal: lock, authorize, run the verb, update derived columns, record events."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar
from uuid import UUID

from workflow.models import Collaborator
from workflow.operations.change.locked import LockedOpportunity, PartRef, authorize_write
from workflow.operations.change.settle import write_changes
from workflow.operations.core.context import Ctx
from workflow.operations.core.locking import lock_accounts_of, lock_deals
from workflow.operations.core.perform import perform
from workflow.queries.opportunity.alerts import UNRESOLVED_ALERTS
from workflow.queries.opportunity.facts import LoadedDeal, load_deals, ownership_of, reload_parts
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.parents import parent_deal
from workflow.queries.process.processes import documents_by_id
from workflow.rules.enums import TransitionSource
from workflow.rules.errors import NotFoundError, Refusal, VersionConflictError
from workflow.rules.opportunity.facts import OpportunityFacts

T = TypeVar("T")
Verb = Callable[[LockedOpportunity], Awaitable[T]]
Authorize = Callable[[LockedOpportunity], None]

SCOPE_COLUMNS = frozenset({"owner_id", "deleted_at"})
"""The columns that decide who may see a deal."""
TICK = timedelta(microseconds=1)
"""The least time between two changes of a deal, so that their order is clear even if clocks differ."""


class DealRef(NamedTuple):
    """A deal to change, and the version that the client expects."""

    id: UUID
    expected_version: int | None = None


@dataclass(slots=True)
class ChangeResult(Generic[T]):
    """The result of a verb on one deal, and its row afterwards.

    If it has a problem, nothing was written on the deal.
    """

    id: UUID
    result: T | None = None
    problem: Refusal | None = None
    row: OpportunityRow | None = None


async def change(
    ctx: Ctx,
    id: UUID | PartRef,
    expected_version: int | None,
    verb: Verb[T],
    *,
    authorize: Authorize = authorize_write,
    bump_version: bool = True,
    lock_accounts: bool = False,
) -> T:
    """Run a verb on a locked deal in one transaction.

    `id` names the deal, or a part of it. `authorize` refuses viewers and states. Without `bump_version`, the
    version and updatedAt of the deal stay as they are. With `lock_accounts` nobody changes the deal's account
    before the commit.
    """

    async def work() -> T:
        deal_id = await parent_deal(ctx.viewer, *id) if isinstance(id, PartRef) else id
        [done] = await change_many(
            ctx,
            [DealRef(deal_id, expected_version)],
            verb,
            authorize=authorize,
            bump_version=bump_version,
            lock_accounts=lock_accounts,
        )
        if isinstance(done.problem, NotFoundError) and isinstance(id, PartRef) and done.problem.id == deal_id:
            raise NotFoundError(*id)
        if done.problem is not None:
            raise done.problem
        results.append(done)
        return done.result  # type: ignore[return-value]  # a verb without a problem has its result

    results: list[ChangeResult[T]] = []
    result = await perform(ctx, work, subject_id=id.id if isinstance(id, PartRef) else id, typed_by=verb)
    # After the commit, and of the last attempt. Other sources change deals in transactions of their own.
    if results and ctx.source is TransitionSource.API and results[-1].row is not None:
        ctx.written_rows[results[-1].id] = results[-1].row
    return result


async def change_many(
    ctx: Ctx,
    refs: Sequence[DealRef],
    verb: Verb[T],
    *,
    authorize: Authorize = authorize_write,
    bump_version: bool = True,
    lock_accounts: bool = False,
) -> list[ChangeResult[T]]:
    """Run a verb on several deals, each named once, in the caller's transaction. Return a result for each.

    A refusal is the problem of its deal only. The number of statements depends on the tables that are
    written, not on the number of deals, except for those that the verb sends itself.
    """
    deals = await _lock(ctx, [ref.id for ref in refs], lock_accounts=lock_accounts)
    results = []
    for ref in refs:
        result = ChangeResult[T](ref.id)
        results.append(result)
        try:
            deal = _expected_deal(deals, ref)
            authorize(deal)
            result.result = await verb(deal)
        except Refusal as problem:
            result.problem = problem
            deals.pop(ref.id, None)
    changed = [deals[ref.id] for ref in refs if ref.id in deals and deals[ref.id].events]
    await write_changes(changed, bump_version=bump_version)
    for result in results:
        if result.id in deals:
            result.row = _visible_row(deals[result.id])
    return results


def _visible_row(deal: LockedOpportunity) -> OpportunityRow | None:
    """Return the row after the change; None if the viewer may not see the deal any more."""
    is_other = deal.columns.keys() & SCOPE_COLUMNS or Collaborator in {
        table for table, _ in deal.parts.deletes
    }
    return None if is_other else deal.row_after()


def _expected_deal(deals: dict[UUID, LockedOpportunity], ref: DealRef) -> LockedOpportunity:
    """Return a locked deal. Refuse one that the viewer cannot see, and one with another version."""
    deal = deals.get(ref.id)
    if deal is None:
        raise NotFoundError("Opportunity", ref.id)
    if ref.expected_version is not None and ref.expected_version != deal.row.version:
        raise VersionConflictError(
            kind="Opportunity", id=deal.id, expected=ref.expected_version, actual=deal.row.version
        )
    return deal


async def _lock(ctx: Ctx, ids: Collection[UUID], *, lock_accounts: bool) -> dict[UUID, LockedOpportunity]:
    """Lock deals and load those that the viewer can see, with their facts."""
    organization_id = ctx.viewer.organization_id
    # Locked first and read afterwards, so that visibility is checked on the current rows.
    await lock_deals(organization_id, ids)
    if lock_accounts:
        await lock_accounts_of(organization_id, ids)
    loaded = await load_deals(ctx.viewer, ids, ctx.now, {"alerts": UNRESOLVED_ALERTS})
    facts = await _facts_at(loaded, ctx.now)
    documents = await documents_by_id(organization_id, {one.row.process_id for one in loaded.values()})
    return {
        id: LockedOpportunity(
            replace(ctx, now=_instant(one.row, ctx.now)),
            one.row,
            facts[id],
            documents[one.row.process_id],
            ownership_of(one),
            [alert.columns() for alert in one.also["alerts"]],
        )
        for id, one in loaded.items()
    }


def _instant(row: OpportunityRow, now: datetime) -> datetime:
    """Return the time of a change: now, or later if the process that wrote last has a clock that is ahead."""
    return max(now, row.updated_at + TICK)


async def _facts_at(loaded: Mapping[UUID, LoadedDeal], now: datetime) -> dict[UUID, OpportunityFacts]:
    """Return the facts of each deal at the time of its change: one statement for each later time."""
    facts = {id: one.facts for id, one in loaded.items()}
    later: defaultdict[datetime, list[UUID]] = defaultdict(list)
    for id, one in loaded.items():
        if (instant := _instant(one.row, now)) != now:
            later[instant].append(id)
    for instant, ids in later.items():
        facts |= await reload_parts({id: facts[id] for id in ids}, ["activity"], instant)
    return facts
