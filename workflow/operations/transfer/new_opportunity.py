"""How a row is read as a new opportunity: its columns, and what else it tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyGiven, merged
from workflow.operations.transfer.lookup import Book
from workflow.operations.transfer.new_opportunity_children import NOTHING, Hanging, Place, hanging, own_columns
from workflow.operations.transfer.row import REASONS, begins, day, instant, judge_dates, remembered
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import (
    CLOSED_STATES,
    OpportunityState,
    OpportunityType,
)
from workflow.rules.errors import invalid
from workflow.rules.transfer.document_history import Frame
from workflow.rules.transfer.opportunity_document import Whole, judge

_S = OpportunityState


@dataclass(frozen=True, slots=True)
class Birth:
    """A new opportunity: the columns of its row but the number, and the row to remember."""

    id: UUID
    key: str
    state: OpportunityState
    created_at: datetime
    fields: Mapping[str, object]
    row: Mapping[str, object]
    process: ProcessRow
    whole: Whole
    hanging: Hanging


def born(ctx: Ctx, book: Book, columns: Mapping[str, object], whole: Whole | None) -> Birth:
    """A new opportunity as the row tells it; its state binds without a gate."""
    id, state = new_id(), _S(str(columns.get("state") or _S.LEAD))
    judge_dates(columns, state, ctx.now, book.zone)
    closed_on = day(columns, "closed_on")
    if state in CLOSED_STATES and closed_on is None:
        raise invalid("closedOn", message=f"A row that is {state} needs `closedOn`, the day it was closed.")
    created_at = instant(columns, "created_at") or _earliest(ctx, book, columns)
    whole = whole or NOTHING
    judge(whole, Frame(state, created_at, closed_on, ctx.now))
    process = book.process_called(whole.process)
    entered = whole.history[-1].at if whole.history else _entered(book, columns, created_at)
    parts = hanging(book, Place(id, ctx.viewer.organization_id, process), whole)
    fields = {**_fields(ctx, book, columns), "state_since": entered, **own_columns(whole)}
    fields["account_id"] = book.account(str(columns["account_name"]))  # last, for what is rejected makes none
    book.beyond.logged.update(parts.keys)
    return Birth(
        id=id,
        key=str(columns["external_id"]),
        state=state,
        created_at=created_at,
        fields=fields,
        row=remembered(columns),
        process=process,
        whole=whole,
        hanging=parts,
    )


def _fields(ctx: Ctx, book: Book, columns: Mapping[str, object]) -> dict[str, object]:
    """The columns that the row gives."""
    value, given = columns.get("value"), columns.get("attributes")
    on = day(columns, "closed_on") or ctx.today(book.zone.key)
    return {
        "name": columns["name"],
        "name_folded": str(columns["name"]).casefold(),
        "type": columns.get("type") or OpportunityType.NEW_BUSINESS,
        "source": columns.get("source"),
        "expected_close_date": columns.get("expected_close_date"),
        "attributes": merged({}, given if isinstance(given, Mapping) else {}),
        "owner_id": _owner(ctx, book, columns),
        **book.worth(value if isinstance(value, MoneyGiven) else None, on),
        **{name: columns[name] for name in ("closed_on", *REASONS) if columns.get(name) is not None},
    }


def _owner(ctx: Ctx, book: Book, columns: Mapping[str, object]) -> UUID:
    if columns.get("owner_email"):
        return book.owner(str(columns["owner_email"]))
    if ctx.viewer.member_id is None:
        raise invalid(
            "ownerEmail", message="The row names no owner, and who imports is no member. Name one with `ownerEmail`."
        )
    return ctx.viewer.member_id


def _earliest(ctx: Ctx, book: Book, columns: Mapping[str, object]) -> datetime:
    """The row's earliest date, or now where it has none that has come."""
    days = (day(columns, "closed_on"), day(columns, "expected_close_date"))
    moments = [instant(columns, "state_since"), *(begins(value, book.zone) for value in days if value)]
    return min((moment for moment in moments if moment and moment <= ctx.now), default=ctx.now)


def _entered(book: Book, columns: Mapping[str, object], created_at: datetime) -> datetime:
    """When the last arrow was taken: at `stateSince`, or on the day of `closedOn` where closed."""
    since, closed_on = instant(columns, "state_since"), day(columns, "closed_on")
    if closed_on is None or (since and since.astimezone(book.zone).date() == closed_on):
        return since or created_at
    return max(begins(closed_on, book.zone), created_at)
