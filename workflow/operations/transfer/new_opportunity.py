"""Build a new opportunity from an imported row: its columns and the rows of its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount, merge_attributes
from workflow.operations.transfer.lookup import ImportLookup
from workflow.operations.transfer.new_opportunity_children import (
    EMPTY_DOCUMENT,
    ChildRows,
    OpportunityKeys,
    build_children,
    document_columns,
)
from workflow.operations.transfer.row import (
    REASONS,
    check_dates,
    get_day,
    get_instant,
    normalized,
    start_of_day,
)
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import CLOSED_STATES, OpportunityState, OpportunityType
from workflow.rules.errors import invalid_field
from workflow.rules.search_text import name_columns
from workflow.rules.transfer.document_history import ImportRowFacts
from workflow.rules.transfer.opportunity_document import OpportunityDocument, validate_document


@dataclass(frozen=True, slots=True)
class ImportedOpportunity:
    """A new opportunity without its number, and the row to store for the next import."""

    id: UUID
    external_id: str
    state: OpportunityState
    created_at: datetime
    fields: Mapping[str, object]
    row: Mapping[str, object]
    process: ProcessRow
    document: OpportunityDocument
    children: ChildRows


def build_opportunity(
    ctx: Ctx, lookup: ImportLookup, columns: Mapping[str, object], document: OpportunityDocument | None
) -> ImportedOpportunity:
    """Build the opportunity that a row describes. Its state is taken as given; no gate is evaluated."""
    id = new_id()
    state = OpportunityState(str(columns.get("state") or OpportunityState.LEAD))
    check_dates(columns, state, ctx.now, lookup.time_zone)
    closed_on = get_day(columns, "closed_on")
    if state in CLOSED_STATES and closed_on is None:
        raise invalid_field(
            "closedOn", message=f"A row with the state {state} needs `closedOn`, the day of the close."
        )
    created_at = get_instant(columns, "created_at") or _created_at(ctx, lookup, columns)
    document = document or EMPTY_DOCUMENT
    validate_document(document, ImportRowFacts(state, created_at, closed_on, ctx.now))
    process = lookup.process_by_key(document.process)
    state_since = document.history[-1].at if document.history else _state_since(lookup, columns, created_at)
    children = build_children(lookup, OpportunityKeys(id, ctx.viewer.organization_id, process), document)
    fields = {
        **_opportunity_columns(ctx, lookup, columns),
        "state_since": state_since,
        **document_columns(document),
    }
    # The account comes last because this plans a new one, which a rejected row must not create.
    fields["account_id"] = lookup.account_id(str(columns["account_name"]))
    lookup.documents.activity_keys.update(children.activity_keys)
    return ImportedOpportunity(
        id=id,
        external_id=str(columns["external_id"]),
        state=state,
        created_at=created_at,
        fields=fields,
        row=normalized(columns),
        process=process,
        document=document,
        children=children,
    )


def _opportunity_columns(ctx: Ctx, lookup: ImportLookup, columns: Mapping[str, object]) -> dict[str, object]:
    """Return the columns that the row gives."""
    value = columns.get("value")
    attributes = columns.get("attributes")
    valued_on = get_day(columns, "closed_on") or ctx.today(lookup.time_zone.key)
    return {
        **name_columns(str(columns["name"])),
        "type": columns.get("type") or OpportunityType.NEW_BUSINESS,
        "source": columns.get("source"),
        "expected_close_date": columns.get("expected_close_date"),
        "attributes": merge_attributes({}, attributes if isinstance(attributes, Mapping) else {}),
        "owner_id": _owner_id(ctx, lookup, columns),
        **lookup.value_columns(value if isinstance(value, MoneyAmount) else None, valued_on),
        **{name: columns[name] for name in ("closed_on", *REASONS) if columns.get(name) is not None},
    }


def _owner_id(ctx: Ctx, lookup: ImportLookup, columns: Mapping[str, object]) -> UUID:
    if columns.get("owner_email"):
        return lookup.active_member_id(str(columns["owner_email"]))
    if ctx.viewer.member_id is None:
        message = "`ownerEmail` is missing, and you are not a member who could own the deal. Name an owner."
        raise invalid_field("ownerEmail", message=message)
    return ctx.viewer.member_id


def _created_at(ctx: Ctx, lookup: ImportLookup, columns: Mapping[str, object]) -> datetime:
    """Return the row's earliest past date, or now if it has none."""
    days = (get_day(columns, "closed_on"), get_day(columns, "expected_close_date"))
    moments = [
        get_instant(columns, "state_since"),
        *(start_of_day(value, lookup.time_zone) for value in days if value),
    ]
    return min((moment for moment in moments if moment and moment <= ctx.now), default=ctx.now)


def _state_since(lookup: ImportLookup, columns: Mapping[str, object], created_at: datetime) -> datetime:
    """Return the instant of the last transition: `stateSince`, of a closed deal the start of `closedOn`."""
    since = get_instant(columns, "state_since")
    closed_on = get_day(columns, "closed_on")
    if closed_on is None or (since and since.astimezone(lookup.time_zone).date() == closed_on):
        return since or created_at
    return max(start_of_day(closed_on, lookup.time_zone), created_at)
