"""Write an import: new accounts, then changes, then new opportunities."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tortoise.models import Model

from workflow.models import Account, ImportedRow, Opportunity
from workflow.models.columns import new_id
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.change.ownership import change_owner
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import NewEvent, record_events
from workflow.operations.core.numbers import next_number
from workflow.operations.transfer.lookup import ImportLookup, LastRow
from workflow.operations.transfer.new_opportunity import ImportedOpportunity
from workflow.operations.transfer.new_opportunity_children import EMPTY_DOCUMENT
from workflow.operations.transfer.new_opportunity_rows import build_rows
from workflow.queries.opportunity.facts import load_facts
from workflow.queries.transfer.opportunity_documents import DOCUMENT_PARTS
from workflow.rules.health.stored import evaluation_columns
from workflow.rules.opportunity.risks import highest_risk_level
from workflow.rules.search_text import name_columns


@dataclass(frozen=True, slots=True)
class ImportUpdate:
    """A change of an existing opportunity, and the row to store for the next import."""

    existing: Mapping[str, object]
    external_id: str
    fields: Mapping[str, object]
    differences: Mapping[str, object]
    row: dict[str, object]
    last_row: LastRow | None


@dataclass(slots=True)
class ImportPlan:
    """The new opportunities and the changes of a batch."""

    new: list[ImportedOpportunity] = field(default_factory=list)
    updates: list[ImportUpdate] = field(default_factory=list)


async def write_plan(ctx: Ctx, lookup: ImportLookup, plan: ImportPlan) -> None:
    """Write the plan of a batch."""
    await _create_accounts(ctx, lookup)
    for update in plan.updates:
        await _write_update(ctx, lookup, update)
    if plan.new:
        await _write_new(ctx, lookup, plan.new)


async def _create_accounts(ctx: Ctx, lookup: ImportLookup) -> None:
    rows: list[Account] = []
    events: list[NewEvent] = []
    for id, name in lookup.new_accounts.items():
        fields = name_columns(name)
        times = {"created_at": ctx.now, "updated_at": ctx.now}
        common = {"id": id, "organization_id": ctx.viewer.organization_id, "attributes": {}, "version": 1}
        rows.append(Account(**common, **fields, **times))
        events.append(
            NewEvent("account.created", "account", id, {"accountId": id, "changes": diff({}, fields)})
        )
    await Account.bulk_create(rows)
    await record_events(ctx, events)


async def _write_update(ctx: Ctx, lookup: ImportLookup, update: ImportUpdate) -> None:
    """Change an existing deal. A viewer who may import may write every deal that they see."""
    id = UUID(str(update.existing["id"]))

    async def verb(deal: LockedOpportunity) -> None:
        deal.write(**update.fields)
        owner_id = update.fields.get("owner_id")
        changes = change_owner(deal, owner_id) if isinstance(owner_id, UUID) else {}
        deal.emit("opportunity.updated", **changes)

    if update.differences:
        await change(ctx, id, None, verb, authorize=lambda deal: None)
    if update.last_row:
        await ImportedRow.filter(id=update.last_row.id).update(row=update.row, imported_at=ctx.now)
    else:
        await ImportedRow.bulk_create([_imported_row(ctx, lookup, update.external_id, id, update.row)])


async def _write_new(ctx: Ctx, lookup: ImportLookup, opportunities: Sequence[ImportedOpportunity]) -> None:
    # The counter row is locked by this, so it comes as late as possible.
    numbers = range(await next_number(ctx.viewer.organization_id, count=len(opportunities)), 2**31)
    new_rows = [
        build_rows(ctx, lookup, opportunity, number)
        for opportunity, number in zip(opportunities, numbers, strict=False)
    ]
    await Opportunity.bulk_create([new.deal for new in new_rows])
    for table, rows in _by_table(row for new in new_rows for row in new.rows).items():
        await table.bulk_create(rows)
    await ImportedRow.bulk_create(
        [_imported_row(ctx, lookup, one.external_id, one.id, one.row) for one in opportunities]
    )
    await _evaluate_documents(ctx, [one for one in opportunities if one.document is not EMPTY_DOCUMENT])
    events = [_created_event(one, number) for one, number in zip(opportunities, numbers, strict=False)]
    await record_events(ctx, events)


def _by_table(rows: Iterable[Model]) -> dict[type[Model], list[Model]]:
    """Group the rows by table, in an order in which they can be inserted."""
    found: dict[type[Model], list[Model]] = {part.table: [] for part in DOCUMENT_PARTS}
    for row in rows:
        found.setdefault(type(row), []).append(row)
    return {table: listed for table, listed in found.items() if listed}


async def _evaluate_documents(ctx: Ctx, opportunities: Sequence[ImportedOpportunity]) -> None:
    """Write the health, risk level and winning competitor, which follow from the stored parts."""
    if not opportunities:
        return
    facts_by_id = await load_facts(ctx.viewer.organization_id, [one.id for one in opportunities], ctx.now)
    for opportunity in opportunities:
        facts = facts_by_id[opportunity.id]
        columns = {
            **evaluation_columns(opportunity.process.document, facts, ctx.now),
            "risk_level": highest_risk_level(facts),
        }
        close = opportunity.document.close
        if close is not None and close.competitor is not None:
            columns["lost_to_id"] = opportunity.children.ids["competitors"][close.competitor - 1]
        await Opportunity.filter(id=opportunity.id).update(**columns)


def _created_event(opportunity: ImportedOpportunity, number: int) -> NewEvent:
    changes = diff({}, {**opportunity.fields, "state": opportunity.state})
    payload = {"opportunityId": opportunity.id, "number": number, "version": 1, "changes": changes}
    return NewEvent("opportunity.created", "opportunity", opportunity.id, payload)


def _imported_row(
    ctx: Ctx, lookup: ImportLookup, key: str, opportunity_id: UUID, row: Mapping[str, object]
) -> ImportedRow:
    return ImportedRow(
        id=new_id(),
        organization_id=ctx.viewer.organization_id,
        external_system=lookup.external_system,
        external_id=key,
        opportunity_id=opportunity_id,
        row=dict(row),
        imported_at=ctx.now,
    )
