"""Importing opportunities of another system: (system, id) is the key, and the same row again changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from workflow.operations.change.columns import close_date_columns, is_push
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import MoneyAmount, Validator, merge_attributes
from workflow.operations.transfer.lookup import ImportLookup, load_lookup
from workflow.operations.transfer.new_opportunity import ImportedOpportunity, build_opportunity
from workflow.operations.transfer.row import (
    REASONS,
    ImportRow,
    ImportRowOutcome,
    StoredRowOutcome,
    changed_since,
    check_dates,
    from_stored,
    get_day,
    normalized,
    to_stored,
    validate_row,
)
from workflow.operations.transfer.write import ImportPlan, ImportUpdate, write_plan
from workflow.queries.opportunity.duplicates import MAX_DUPLICATES, DealName, open_deals_by_name
from workflow.rules.enums import CLOSED_STATES, ImportOutcome, OpportunityState, OpportunityType, TransitionSource
from workflow.rules.errors import NotFoundError, RecordClosedError, Refusal, invalid_field
from workflow.rules.permissions import Action, require_permission

MAX_ROWS = 500


async def import_rows(
    ctx: Ctx, external_system: str, rows: Sequence[ImportRow], dry_run: bool = False
) -> list[ImportRowOutcome]:
    """Make and change opportunities, all good rows in one transaction; a bad one is REJECTED and spoils no other."""

    async def work() -> tuple[StoredRowOutcome, ...]:
        require_permission(ctx.viewer, Action.IMPORT, to="import")
        validator = Validator()
        system = validator.text(external_system, "externalSystem", required=True) or ""
        if not 1 <= len(rows) <= MAX_ROWS:
            validator.add("rows", message=f"There are {len(rows)} rows; send 1 to {MAX_ROWS} at once.")
        validator.raise_if_any()
        import_ctx = replace(ctx, source=TransitionSource.IMPORT, idempotency=None)
        return tuple(to_stored(outcome) for outcome in await _import(import_ctx, system, rows, dry_run))

    return [from_stored(row) for row in await perform(ctx, work)]


@dataclass(slots=True)
class _ImportBatch:
    """The rows' answers and what is to be written, as the rows are gone through."""

    results: list[ImportRowOutcome] = field(default_factory=list)
    plan: ImportPlan = field(default_factory=ImportPlan)
    seen_ids: set[str] = field(default_factory=set)


async def _import(ctx: Ctx, system: str, rows: Sequence[ImportRow], dry_run: bool) -> list[ImportRowOutcome]:
    lookup = await load_lookup(ctx, system, rows)
    batch = _ImportBatch()
    for number, row in enumerate(rows, 1):
        try:
            batch.results.append(_plan_row(ctx, lookup, batch, number, row))
        except Refusal as problem:
            existing = lookup.existing.get(row.external_id.strip())
            id = existing["id"] if existing and existing["id"] in lookup.visible_ids else None
            batch.results.append(ImportRowOutcome(number, row.external_id, ImportOutcome.REJECTED, id, problem))
    if dry_run:
        return await _dry_run_results(ctx, batch)
    await write_plan(ctx, lookup, batch.plan)
    return batch.results


def _plan_row(ctx: Ctx, lookup: ImportLookup, batch: _ImportBatch, number: int, row: ImportRow) -> ImportRowOutcome:
    """Judge one row, and plan what it writes."""
    columns = validate_row(row)
    key = str(columns["external_id"])
    if key in batch.seen_ids:
        raise invalid_field(
            "externalId", message=f"`{key}` stands in an earlier row of this import. Keep one row for a key."
        )
    batch.seen_ids.add(key)
    existing = lookup.existing.get(key)
    if existing is None:
        opportunity = build_opportunity(ctx, lookup, columns, row.document)
        batch.plan.new.append(opportunity)
        return ImportRowOutcome(number, key, ImportOutcome.CREATED, opportunity.id)
    if existing["id"] not in lookup.visible_ids:
        raise NotFoundError("Opportunity", existing["id"])
    return ImportRowOutcome(number, key, _plan_update(ctx, lookup, batch.plan, existing, columns), existing["id"])


def _plan_update(
    ctx: Ctx, lookup: ImportLookup, plan: ImportPlan, existing: Mapping[str, object], columns: Mapping[str, object]
) -> ImportOutcome:
    """Plan what changed in the file; UNCHANGED where that is nothing, or what stands here already."""
    key = str(columns["external_id"])
    last_row = lookup.last_rows.get(key)
    changes = changed_since(columns, last_row.row if last_row else {})
    if not changes:
        return ImportOutcome.UNCHANGED
    state = OpportunityState(str(existing["state"]))
    new_state = changes.get("state")
    if new_state is not None and new_state != state:
        message = f"This opportunity is {state} and the row says {new_state}. Only a transition changes it."
        raise invalid_field("state", message=message)
    check_dates(changes, state, ctx.now, lookup.time_zone)
    fields = _changed_columns(ctx, lookup, existing, changes)
    differences = diff(existing, fields)
    if differences and state in CLOSED_STATES:
        raise RecordClosedError(state=state, opportunity_id=UUID(str(existing["id"])))
    row = {**(last_row.row if last_row else {}), **normalized(columns)}
    plan.updates.append(
        ImportUpdate(
            existing=existing, external_id=key, fields=fields, differences=differences, row=row, last_row=last_row
        )
    )
    return ImportOutcome.UPDATED if differences else ImportOutcome.UNCHANGED


def _changed_columns(
    ctx: Ctx, lookup: ImportLookup, existing: Mapping[str, object], changes: Mapping[str, object]
) -> dict[str, object]:
    """The columns of the deal's row that the changed ones of the file mean; createdAt and stateSince bind at birth."""
    fields: dict[str, object] = {name: changes[name] for name in ("source",) if name in changes}
    if "name" in changes:
        fields |= {"name": changes["name"], "name_folded": str(changes["name"]).casefold()}
    if "type" in changes:
        fields["type"] = changes["type"] or OpportunityType.NEW_BUSINESS
    if "attributes" in changes:
        old, new = existing["attributes"], changes["attributes"]
        fields["attributes"] = merge_attributes(
            old if isinstance(old, Mapping) else {}, new if isinstance(new, Mapping) else {}
        )
    if "value" in changes:
        value = changes["value"]
        fields |= lookup.value_columns(
            value if isinstance(value, MoneyAmount) else None, ctx.today(lookup.time_zone.key)
        )
    if "expected_close_date" in changes:
        fields |= _close_date_columns(existing, changes)
    if OpportunityState(str(existing["state"])) in CLOSED_STATES:
        fields |= {name: changes[name] for name in ("closed_on", *REASONS) if name in changes}
    if changes.get("owner_email"):
        fields["owner_id"] = lookup.active_member_id(str(changes["owner_email"]))
    if "account_name" in changes:
        fields["account_id"] = lookup.account_id(str(changes["account_name"]))
    return fields


def _close_date_columns(existing: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """A new expected close date; a later month than the last one ever set is a push."""
    close_date = get_day(changes, "expected_close_date")
    pushes = int(str(existing["push_count"])) + is_push(get_day(existing, "latest_close_date"), close_date)
    return {**close_date_columns(Validator(), close_date), "push_count": pushes}


async def _dry_run_results(ctx: Ctx, batch: _ImportBatch) -> list[ImportRowOutcome]:
    """The answers of a dry run: what would be made has no id, and is told what it may be twice."""
    names = {
        opportunity.id: DealName(_account_id(opportunity), str(opportunity.fields["name"]))
        for opportunity in batch.plan.new
    }
    duplicates = await open_deals_by_name(ctx.viewer, set(names.values()))
    duplicates_by_id: dict[UUID | None, tuple[UUID, ...]] = {id: duplicates[name] for id, name in names.items()}
    return [_dry_run_result(outcome, duplicates_by_id.get(outcome.opportunity_id, ())) for outcome in batch.results]


def _dry_run_result(outcome: ImportRowOutcome, duplicates: tuple[UUID, ...]) -> ImportRowOutcome:
    if outcome.outcome is not ImportOutcome.CREATED:
        return outcome
    return replace(outcome, opportunity_id=None, possible_duplicates=duplicates[:MAX_DUPLICATES])


def _account_id(opportunity: ImportedOpportunity) -> UUID:
    id = opportunity.fields["account_id"]
    assert isinstance(id, UUID)
    return id
