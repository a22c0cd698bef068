"""Import opportunities of another system.

System and external id are the key; an equal row changes nothing.
"""

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
from workflow.rules.enums import (
    CLOSED_STATES,
    ImportOutcome,
    OpportunityState,
    OpportunityType,
    TransitionSource,
)
from workflow.rules.errors import NotFoundError, RecordClosedError, Refusal, invalid_field
from workflow.rules.permissions import Action, require_permission
from workflow.rules.search_text import name_columns

MAX_ROWS = 500


async def import_rows(
    ctx: Ctx, external_system: str, rows: Sequence[ImportRow], dry_run: bool = False
) -> list[ImportRowOutcome]:
    """Create and change opportunities in one transaction.

    A faulty row is REJECTED and does not affect the others.
    """

    async def work() -> tuple[StoredRowOutcome, ...]:
        require_permission(ctx.viewer, Action.IMPORT, to="import")
        validator = Validator()
        system = validator.text(external_system, "externalSystem", required=True) or ""
        if not 1 <= len(rows) <= MAX_ROWS:
            validator.add("rows", message=f"There are {len(rows)} rows. Send 1 to {MAX_ROWS} at once.")
        validator.raise_if_any()
        # The import is one operation with one outcome, so its changes store none of their own.
        import_ctx = replace(ctx, source=TransitionSource.IMPORT, idempotency=None)
        return tuple(to_stored(outcome) for outcome in await _import(import_ctx, system, rows, dry_run))

    return [from_stored(row) for row in await perform(ctx, work)]


@dataclass(slots=True)
class _ImportBatch:
    """The outcomes and the plan of the rows that have been checked so far."""

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
            batch.results.append(
                ImportRowOutcome(number, row.external_id, ImportOutcome.REJECTED, id, problem)
            )
    if dry_run:
        return await _dry_run_results(ctx, batch)
    await write_plan(ctx, lookup, batch.plan)
    return batch.results


def _plan_row(
    ctx: Ctx, lookup: ImportLookup, batch: _ImportBatch, number: int, row: ImportRow
) -> ImportRowOutcome:
    """Check one row and add its change to the plan."""
    columns = validate_row(row)
    key = str(columns["external_id"])
    if key in batch.seen_ids:
        message = f"`{key}` is also in an earlier row of this import. Keep one row for each id."
        raise invalid_field("externalId", message=message)
    batch.seen_ids.add(key)
    existing = lookup.existing.get(key)
    if existing is None:
        opportunity = build_opportunity(ctx, lookup, columns, row.document)
        batch.plan.new.append(opportunity)
        return ImportRowOutcome(number, key, ImportOutcome.CREATED, opportunity.id)
    if existing["id"] not in lookup.visible_ids:
        raise NotFoundError("Opportunity", existing["id"])
    return ImportRowOutcome(
        number, key, _plan_update(ctx, lookup, batch.plan, existing, columns), existing["id"]
    )


def _plan_update(
    ctx: Ctx,
    lookup: ImportLookup,
    plan: ImportPlan,
    existing: Mapping[str, object],
    columns: Mapping[str, object],
) -> ImportOutcome:
    """Plan the columns that changed in the file.

    UNCHANGED if there are none or the deal has these values already.
    """
    key = str(columns["external_id"])
    last_row = lookup.last_rows.get(key)
    changes = changed_since(columns, last_row.row if last_row else {})
    if not changes:
        return ImportOutcome.UNCHANGED
    state = OpportunityState(str(existing["state"]))
    new_state = changes.get("state")
    if new_state is not None and new_state != state:
        message = (
            f"`state` is {new_state}, but the opportunity is {state}. Only a transition changes the state."
        )
        raise invalid_field("state", message=message)
    check_dates(changes, state, ctx.now, lookup.time_zone)
    fields = _changed_columns(ctx, lookup, existing, changes)
    differences = diff(existing, fields)
    if differences and state in CLOSED_STATES:
        raise RecordClosedError(state=state, opportunity_id=UUID(str(existing["id"])))
    update = ImportUpdate(
        existing=existing,
        external_id=key,
        fields=fields,
        differences=differences,
        row={**(last_row.row if last_row else {}), **normalized(columns)},
        last_row=last_row,
    )
    plan.updates.append(update)
    return ImportOutcome.UPDATED if differences else ImportOutcome.UNCHANGED


def _changed_columns(
    ctx: Ctx, lookup: ImportLookup, existing: Mapping[str, object], changes: Mapping[str, object]
) -> dict[str, object]:
    """Return the deal's columns that the changed columns of the file set."""
    # createdAt and stateSince count only for a new deal.
    fields: dict[str, object] = {}
    if "source" in changes:
        fields["source"] = changes["source"]
    if "name" in changes:
        fields |= name_columns(str(changes["name"]))
    if "type" in changes:
        fields["type"] = changes["type"] or OpportunityType.NEW_BUSINESS
    if "attributes" in changes:
        fields["attributes"] = merge_attributes(
            _mapping(existing["attributes"]), _mapping(changes["attributes"])
        )
    if "value" in changes:
        value = changes["value"] if isinstance(changes["value"], MoneyAmount) else None
        fields |= lookup.value_columns(value, ctx.today(lookup.time_zone.key))
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
    """Return the columns of a new expected close date.

    A month later than the last date that was set is a push.
    """
    close_date = get_day(changes, "expected_close_date")
    pushes = int(str(existing["push_count"])) + is_push(get_day(existing, "latest_close_date"), close_date)
    return {**close_date_columns(Validator(), close_date), "push_count": pushes}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


async def _dry_run_results(ctx: Ctx, batch: _ImportBatch) -> list[ImportRowOutcome]:
    """Return the outcomes of a dry run: a new opportunity has no id, but its possible duplicates."""
    names = {
        opportunity.id: DealName(_account_id(opportunity), str(opportunity.fields["name"]))
        for opportunity in batch.plan.new
    }
    duplicates = await open_deals_by_name(ctx.viewer, set(names.values()))
    duplicates_by_id: dict[UUID | None, tuple[UUID, ...]] = {
        id: duplicates[name] for id, name in names.items()
    }
    return [
        _dry_run_result(outcome, duplicates_by_id.get(outcome.opportunity_id, ()))
        for outcome in batch.results
    ]


def _dry_run_result(outcome: ImportRowOutcome, duplicates: tuple[UUID, ...]) -> ImportRowOutcome:
    if outcome.outcome is not ImportOutcome.CREATED:
        return outcome
    return replace(outcome, opportunity_id=None, possible_duplicates=duplicates[:MAX_DUPLICATES])


def _account_id(opportunity: ImportedOpportunity) -> UUID:
    id = opportunity.fields["account_id"]
    assert isinstance(id, UUID)
    return id
