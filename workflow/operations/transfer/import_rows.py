"""Importing opportunities of another system: (system, id) is the key, and the same row again changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from workflow.operations.change.columns import close_date_columns, is_push
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults, MoneyGiven, merged
from workflow.operations.transfer.lookup import Book, opened_book
from workflow.operations.transfer.new_opportunity import Birth, born
from workflow.operations.transfer.row import (
    REASONS,
    ImportRow,
    RowKept,
    RowOutcome,
    day,
    differing,
    judge_dates,
    kept,
    remembered,
    sound,
    told_again,
)
from workflow.operations.transfer.write import Edit, Plan, write
from workflow.queries.opportunity.duplicates import MOST, Called, open_deals_called
from workflow.rules.enums import CLOSED_STATES, ImportOutcome, OpportunityState, OpportunityType, TransitionSource
from workflow.rules.errors import NotFound, RecordClosed, Refusal, invalid
from workflow.rules.permissions import Action, require

MOST_ROWS = 500


async def import_rows(
    ctx: Ctx, external_system: str, rows: Sequence[ImportRow], dry_run: bool = False
) -> list[RowOutcome]:
    """Make and change opportunities, all good rows in one transaction; a bad one is REJECTED and spoils no other."""

    async def work() -> tuple[RowKept, ...]:
        require(ctx.viewer, Action.IMPORT, to="import")
        faults = Faults()
        system = faults.text(external_system, "externalSystem", required=True) or ""
        if not 1 <= len(rows) <= MOST_ROWS:
            faults.add("rows", message=f"There are {len(rows)} rows; send 1 to {MOST_ROWS} at once.")
        faults.raise_if_any()
        importing = replace(ctx, source=TransitionSource.IMPORT, receipt=None)
        return tuple(kept(outcome) for outcome in await _import(importing, system, rows, dry_run))

    return [told_again(row) for row in await perform(ctx, work)]


@dataclass(slots=True)
class _Sorted:
    """The rows' answers and what is to be written, as the rows are gone through."""

    outcomes: list[RowOutcome] = field(default_factory=list)
    plan: Plan = field(default_factory=Plan)
    seen: set[str] = field(default_factory=set)


async def _import(ctx: Ctx, system: str, rows: Sequence[ImportRow], dry_run: bool) -> list[RowOutcome]:
    book = await opened_book(ctx, system, rows)
    done = _Sorted()
    for number, row in enumerate(rows, 1):
        try:
            done.outcomes.append(_sort(ctx, book, done, number, row))
        except Refusal as problem:
            known = book.known.get(row.external_id.strip())
            id = known["id"] if known and known["id"] in book.seen else None
            done.outcomes.append(RowOutcome(number, row.external_id, ImportOutcome.REJECTED, id, problem))
    if dry_run:
        return await _unmade(ctx, done)
    await write(ctx, book, done.plan)
    return done.outcomes


def _sort(ctx: Ctx, book: Book, done: _Sorted, number: int, row: ImportRow) -> RowOutcome:
    """Judge one row, and plan what it writes."""
    columns = sound(row)
    key = str(columns["external_id"])
    if key in done.seen:
        raise invalid("externalId", message=f"`{key}` stands in an earlier row of this import. Keep one row for a key.")
    done.seen.add(key)
    known = book.known.get(key)
    if known is None:
        birth = born(ctx, book, columns, row.whole)
        done.plan.births.append(birth)
        return RowOutcome(number, key, ImportOutcome.CREATED, birth.id)
    if known["id"] not in book.seen:
        raise NotFound("Opportunity", known["id"])
    return RowOutcome(number, key, _edit(ctx, book, done.plan, known, columns), known["id"])


def _edit(
    ctx: Ctx, book: Book, plan: Plan, known: Mapping[str, object], columns: Mapping[str, object]
) -> ImportOutcome:
    """Plan what changed in the file; UNCHANGED where that is nothing, or what stands here already."""
    key = str(columns["external_id"])
    last = book.last.get(key)
    given = differing(columns, last.row if last else {})
    if not given:
        return ImportOutcome.UNCHANGED
    state = OpportunityState(str(known["state"]))
    wanted = given.get("state")
    if wanted is not None and wanted != state:
        message = f"This opportunity is {state} and the row says {wanted}. Only a transition changes it."
        raise invalid("state", message=message)
    judge_dates(given, state, ctx.now, book.zone)
    fields = _fields(ctx, book, known, given)
    differences = changed(known, fields)
    if differences and state in CLOSED_STATES:
        raise RecordClosed(state=state, opportunity_id=UUID(str(known["id"])))
    row = {**(last.row if last else {}), **remembered(columns)}
    plan.edits.append(Edit(known=known, key=key, fields=fields, differences=differences, row=row, last=last))
    return ImportOutcome.UPDATED if differences else ImportOutcome.UNCHANGED


def _fields(ctx: Ctx, book: Book, known: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """The columns of the deal's row that the changed ones of the file mean; createdAt and stateSince bind at birth."""
    fields: dict[str, object] = {name: given[name] for name in ("source",) if name in given}
    if "name" in given:
        fields |= {"name": given["name"], "name_folded": str(given["name"]).casefold()}
    if "type" in given:
        fields["type"] = given["type"] or OpportunityType.NEW_BUSINESS
    if "attributes" in given:
        kept, news = known["attributes"], given["attributes"]
        fields["attributes"] = merged(
            kept if isinstance(kept, Mapping) else {}, news if isinstance(news, Mapping) else {}
        )
    if "value" in given:
        value = given["value"]
        fields |= book.worth(value if isinstance(value, MoneyGiven) else None, ctx.today(book.zone.key))
    if "expected_close_date" in given:
        fields |= _moved(known, given)
    if OpportunityState(str(known["state"])) in CLOSED_STATES:
        fields |= {name: given[name] for name in ("closed_on", *REASONS) if name in given}
    if given.get("owner_email"):
        fields["owner_id"] = book.owner(str(given["owner_email"]))
    if "account_name" in given:
        fields["account_id"] = book.account(str(given["account_name"]))
    return fields


def _moved(known: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """A new expected close date; a later month than the last one ever set is a push."""
    moved = day(given, "expected_close_date")
    pushes = int(str(known["push_count"])) + is_push(day(known, "latest_close_date"), moved)
    return {**close_date_columns(Faults(), moved), "push_count": pushes}


async def _unmade(ctx: Ctx, done: _Sorted) -> list[RowOutcome]:
    """The answers of a dry run: what would be made has no id, and is told what it may be twice."""
    names = {birth.id: Called(_account_of(birth), str(birth.fields["name"])) for birth in done.plan.births}
    alike = await open_deals_called(ctx.viewer, set(names.values()))
    told: dict[UUID | None, tuple[UUID, ...]] = {id: alike[name] for id, name in names.items()}
    return [_as_tried(outcome, told.get(outcome.opportunity_id, ())) for outcome in done.outcomes]


def _as_tried(outcome: RowOutcome, alike: tuple[UUID, ...]) -> RowOutcome:
    if outcome.outcome is not ImportOutcome.CREATED:
        return outcome
    return replace(outcome, opportunity_id=None, possible_duplicates=alike[:MOST])


def _account_of(birth: Birth) -> UUID:
    id = birth.fields["account_id"]
    assert isinstance(id, UUID)
    return id
