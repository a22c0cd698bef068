"""How an import writes: accounts, then what changed, then what is new with the numbers taken last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from workflow.models import Account, ImportedRow, Milestone, Opportunity, Standing, Transition
from workflow.models.columns import new_id
from workflow.operations.change import Deal, change
from workflow.operations.context import Ctx
from workflow.operations.holding import hand_over
from workflow.operations.import_birth import Birth, newborn
from workflow.operations.import_book import Book, LastRow
from workflow.operations.journal import Fact, changed, record_all
from workflow.operations.numbering import next_number


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
    await Transition.bulk_create([arrow for new in made for arrow in new.arrows])
    await Standing.bulk_create([standing for new in made for standing in new.standings])
    await Milestone.bulk_create([step for new in made for step in new.steps])
    await ImportedRow.bulk_create([_memory(ctx, book, birth.key, birth.id, birth.row) for birth in births])
    facts = [_told(birth, number) for birth, number in zip(births, numbers, strict=False)]
    await record_all(ctx, facts)


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
