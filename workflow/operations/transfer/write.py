"""How an import writes: accounts, then what changed, then what is new with the numbers taken last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from tortoise.models import Model

from workflow.models import Account, ImportedRow, Opportunity
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal, change
from workflow.operations.change.ownership import hand_over
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import Fact, changed, record_all
from workflow.operations.core.numbers import next_number
from workflow.operations.transfer.lookup import Book, LastRow
from workflow.operations.transfer.new_opportunity import Birth
from workflow.operations.transfer.new_opportunity_children import NOTHING
from workflow.operations.transfer.new_opportunity_rows import newborn
from workflow.queries.opportunity.facts import facts_of
from workflow.queries.transfer.opportunity_documents import HUNG
from workflow.rules.health.stored import judged
from workflow.rules.opportunity.risks import highest


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of an opportunity that is there, and the row to remember."""

    known: Mapping[str, object]
    key: str
    fields: Mapping[str, object]
    differences: Mapping[str, object]
    row: dict[str, object]
    last: LastRow | None


@dataclass(slots=True)
class Plan:
    """What a batch writes."""

    births: list[Birth] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)


async def write(ctx: Ctx, book: Book, plan: Plan) -> None:
    """Write the plan; nothing where every row is unchanged."""
    await _make_accounts(ctx, book)
    for edit in plan.edits:
        await _write_edit(ctx, book, edit)
    if plan.births:
        await _write_births(ctx, book, plan.births)


async def _make_accounts(ctx: Ctx, book: Book) -> None:
    rows, facts = [], []
    for id, name in book.made.items():
        fields = {"name": name, "name_folded": name.casefold()}
        times = {"created_at": ctx.now, "updated_at": ctx.now}
        mine = {"id": id, "organization_id": ctx.viewer.organization_id, "attributes": {}, "version": 1}
        rows.append(Account(**mine, **fields, **times))
        facts.append(Fact("account.created", "account", id, {"accountId": id, "changes": changed({}, fields)}))
    await Account.bulk_create(rows)
    await record_all(ctx, facts)


async def _write_edit(ctx: Ctx, book: Book, edit: Edit) -> None:
    """What changed goes the way of every write on a deal; who may import may write what they see."""
    id = UUID(str(edit.known["id"]))

    async def verb(deal: Deal) -> None:
        await deal.write(**edit.fields)
        owner = edit.fields.get("owner_id")
        deal.tell("opportunity.updated", **(await hand_over(deal, owner) if isinstance(owner, UUID) else {}))

    if edit.differences:
        await change(ctx, id, None, verb, judge=lambda deal: None)
    if edit.last:
        await ImportedRow.filter(id=edit.last.id).update(row=edit.row, imported_at=ctx.now)
    else:
        await ImportedRow.bulk_create([_memory(ctx, book, edit.key, id, edit.row)])


async def _write_births(ctx: Ctx, book: Book, births: Sequence[Birth]) -> None:
    numbers = range(await next_number(ctx.viewer.organization_id, count=len(births)), 2**31)
    made = [newborn(ctx, book, birth, number) for birth, number in zip(births, numbers, strict=False)]
    await Opportunity.bulk_create([new.deal for new in made])
    for table, rows in _by_table(row for new in made for row in new.rows).items():
        await table.bulk_create(rows)
    await ImportedRow.bulk_create([_memory(ctx, book, birth.key, birth.id, birth.row) for birth in births])
    await _judge_whole(ctx, [birth for birth in births if birth.whole is not NOTHING])
    facts = [_told(birth, number) for birth, number in zip(births, numbers, strict=False)]
    await record_all(ctx, facts)


def _by_table(rows: Iterable[Model]) -> dict[type[Model], list[Model]]:
    """The rows of each table, those first that others point at."""
    found: dict[type[Model], list[Model]] = {hung.table: [] for hung in HUNG}
    for row in rows:
        found.setdefault(type(row), []).append(row)
    return {table: listed for table, listed in found.items() if listed}


async def _judge_whole(ctx: Ctx, births: Sequence[Birth]) -> None:
    """The health, the level of risk and the competitor that took it, of deals that are told whole, by all that hangs on them."""
    facts = await facts_of(ctx.viewer.organization_id, [birth.id for birth in births], ctx.now) if births else {}
    for birth in births:
        found, rival = facts[birth.id], birth.whole.lost_to
        columns = {**judged(birth.process.document, found, ctx.now), "risk_level": highest(found)}
        if rival is not None:
            columns["lost_to_id"] = birth.hanging.ids["competitors"][rival - 1]
        await Opportunity.filter(id=birth.id).update(**columns)


def _told(birth: Birth, number: int) -> Fact:
    changes = changed({}, {**birth.fields, "state": birth.state})
    payload = {"opportunityId": birth.id, "number": number, "version": 1, "changes": changes}
    return Fact("opportunity.created", "opportunity", birth.id, payload)


def _memory(ctx: Ctx, book: Book, key: str, opportunity_id: UUID, row: Mapping[str, object]) -> ImportedRow:
    return ImportedRow(
        id=new_id(),
        organization_id=ctx.viewer.organization_id,
        external_system=book.system,
        external_id=key,
        opportunity_id=opportunity_id,
        row=dict(row),
        imported_at=ctx.now,
    )
