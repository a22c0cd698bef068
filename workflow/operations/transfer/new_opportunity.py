"""How a row is read as a new opportunity: its columns, and what else it tells."""

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
from workflow.operations.transfer.row import REASONS, check_dates, get_day, get_instant, normalized, start_of_day
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import (
    CLOSED_STATES,
    OpportunityState,
    OpportunityType,
)
from workflow.rules.errors import invalid_field
from workflow.rules.transfer.document_history import ImportRowFacts
from workflow.rules.transfer.opportunity_document import OpportunityDocument, validate_document

_S = OpportunityState


@dataclass(frozen=True, slots=True)
class ImportedOpportunity:
    """A new opportunity: the columns of its row but the number, and the row to remember."""

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
    """A new opportunity as the row tells it; its state binds without a gate."""
    id, state = new_id(), _S(str(columns.get("state") or _S.LEAD))
    check_dates(columns, state, ctx.now, lookup.time_zone)
    closed_on = get_day(columns, "closed_on")
    if state in CLOSED_STATES and closed_on is None:
        raise invalid_field("closedOn", message=f"A row that is {state} needs `closedOn`, the day it was closed.")
    created_at = get_instant(columns, "created_at") or _created_at(ctx, lookup, columns)
    document = document or EMPTY_DOCUMENT
    validate_document(document, ImportRowFacts(state, created_at, closed_on, ctx.now))
    process = lookup.process_by_key(document.process)
    state_since = document.history[-1].at if document.history else _state_since(lookup, columns, created_at)
    children = build_children(lookup, OpportunityKeys(id, ctx.viewer.organization_id, process), document)
    fields = {**_opportunity_columns(ctx, lookup, columns), "state_since": state_since, **document_columns(document)}
    fields["account_id"] = lookup.account_id(str(columns["account_name"]))  # last, for what is rejected makes none
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
    """The columns that the row gives."""
    value, attributes = columns.get("value"), columns.get("attributes")
    valued_on = get_day(columns, "closed_on") or ctx.today(lookup.time_zone.key)
    return {
        "name": columns["name"],
        "name_folded": str(columns["name"]).casefold(),
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
        raise invalid_field(
            "ownerEmail", message="The row names no owner, and who imports is no member. Name one with `ownerEmail`."
        )
    return ctx.viewer.member_id


def _created_at(ctx: Ctx, lookup: ImportLookup, columns: Mapping[str, object]) -> datetime:
    """The row's earliest date, or now where it has none that has come."""
    days = (get_day(columns, "closed_on"), get_day(columns, "expected_close_date"))
    moments = [get_instant(columns, "state_since"), *(start_of_day(value, lookup.time_zone) for value in days if value)]
    return min((moment for moment in moments if moment and moment <= ctx.now), default=ctx.now)


def _state_since(lookup: ImportLookup, columns: Mapping[str, object], created_at: datetime) -> datetime:
    """When the last arrow was taken: at `stateSince`, or on the day of `closedOn` where closed."""
    since, closed_on = get_instant(columns, "state_since"), get_day(columns, "closed_on")
    if closed_on is None or (since and since.astimezone(lookup.time_zone).date() == closed_on):
        return since or created_at
    return max(start_of_day(closed_on, lookup.time_zone), created_at)
