"""Build the rows of an imported document's parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any, Final
from uuid import UUID

from tortoise.fields import CharField, JSONField, TextField
from tortoise.models import Model

from workflow.models import ActivityContact, Collaborator, Opportunity
from workflow.models.columns import new_id
from workflow.operations.core.validation import MoneyAmount, Validator, minor_units
from workflow.operations.transfer.lookup import ImportLookup
from workflow.queries.process.processes import ProcessRow
from workflow.queries.transfer.opportunity_documents import (
    CLOSE_COLUMNS,
    DEAL_FIELDS,
    DOCUMENT_PARTS,
    MEMBER_FIELDS,
    MONEY_COLUMNS,
    DocumentPart,
)
from workflow.rules.codec import camel, encode
from workflow.rules.enums import CLOSED_STATES
from workflow.rules.errors import invalid_field
from workflow.rules.transfer.document_history import ExportedClose, ExportedSnapshot
from workflow.rules.transfer.document_parts import ExportedActor, ExportedContact, ExportedMoney
from workflow.rules.transfer.opportunity_document import OpportunityDocument

Columns = dict[str, Any]  # Any: columns of several kinds
MAX_TEXT_LENGTH: Final = 8_000_000
"""The longest text of a column without a limit of its own; a line of a file is not longer."""
POSITION_COLUMNS: Final = {
    "decision_steps": "position",
    "objectives": "position",
    "milestones": "position",
    "history": "sequence",
}
"""The lists whose order is stored, and the column that stores it."""
EMPTY_DOCUMENT: Final = OpportunityDocument()
"""The document of a row that has only the columns of an import."""
SNAPSHOT_FIELDS: Final = ("state", "expected_close_date", "probability", "forecast_category", "closed_on")
"""The fields of a snapshot that are stored as they are."""


@dataclass(frozen=True, slots=True)
class OpportunityKeys:
    """The deal that the rows belong to, its organization and its process."""

    deal_id: UUID
    organization_id: UUID
    process: ProcessRow


@dataclass(slots=True)
class ChildRows:
    """The rows of one deal's parts.

    `ids` has the ids of each list in its order, `activity_keys` the external keys.
    """

    rows: list[Model] = field(default_factory=list)
    ids: dict[str, list[UUID]] = field(default_factory=dict)
    activity_keys: set[tuple[str, str]] = field(default_factory=set)
    snapshots: Sequence[Columns] = ()


def build_children(lookup: ImportLookup, keys: OpportunityKeys, document: OpportunityDocument) -> ChildRows:
    """Build every row; InvalidInput names the unknown people and the values that do not fit their column."""
    builder = _ChildRowBuilder(lookup, keys, ChildRows(), Validator())
    for spec in DOCUMENT_PARTS:
        # The last snapshot has the current values of the deal's own row, so snapshots are built
        # with that row.
        if spec.name != "snapshots":
            for number, part in enumerate(getattr(document, spec.name)):
                builder.add_part(spec, number, part)
    builder.add_collaborators(document.collaborators)
    contact_ids = [
        lookup.contact_id(stakeholder.contact, "stakeholders") for stakeholder in document.stakeholders
    ]
    if len(set(contact_ids)) < len(contact_ids):
        builder.validator.add(
            "stakeholders", message="`stakeholders` has the same contact twice. Keep one of them."
        )
    builder.validator.raise_if_any()
    builder.children.snapshots = snapshot_columns(lookup, document)
    return builder.children


def document_columns(document: OpportunityDocument) -> Columns:
    """Return the columns of the deal's own row that the document gives."""
    validator = Validator()
    columns: Columns = {
        name: getattr(document, name)
        for name in DEAL_FIELDS
        if getattr(document, name) != getattr(EMPTY_DOCUMENT, name)
    }
    step = document.next_step
    if step is not None:
        columns |= {
            "next_step_text": step.text,
            "next_step_due": step.due_date,
            "next_step_agreed": step.agreed_with_buyer,
        }
    if document.close is not None and document.close.note is not None:
        columns["close_note"] = document.close.note
    for name, value in columns.items():
        _check_column(validator, Opportunity, name, value, _DOCUMENT_PATHS.get(name, (camel(name),)))
    validator.raise_if_any()
    if document.probability is not None:
        columns |= {"probability": document.probability, "probability_is_manual": True}
    if document.forecast_category is not None:
        columns["forecast_category"] = document.forecast_category
    return columns


_DOCUMENT_PATHS: Final = {"next_step_text": ("nextStep", "text"), "close_note": ("close", "note")}
"""The paths of the fields inside a part of the document, by their column."""


def snapshot_columns(lookup: ImportLookup, document: OpportunityDocument) -> list[Columns]:
    """Return the columns of each snapshot.

    The last one has only its start and reason: its values are current.
    """
    snapshots = []
    for number, (snapshot, following) in enumerate(zip_longest(document.snapshots, document.snapshots[1:])):
        columns: Columns = {"since": snapshot.since, "slip_reason": snapshot.slip_reason}
        if following is not None:
            path = ("snapshots", str(number))
            columns |= {name: getattr(snapshot, name) for name in SNAPSHOT_FIELDS}
            columns |= money_columns(snapshot.value, (*path, "value"))
            columns["until"] = following.since
            columns["owner_id"] = lookup.member_id(snapshot.owner, *path, "owner")
            columns["base_minor"] = _base_value_at_close(lookup, snapshot)
        snapshots.append(columns)
    return snapshots


def _base_value_at_close(lookup: ImportLookup, snapshot: ExportedSnapshot) -> object:
    """Return the base value at the rate of the day of the close; reports read it of closed deals only."""
    value = snapshot.value
    if snapshot.state not in CLOSED_STATES or value is None or snapshot.closed_on is None:
        return None
    return lookup.value_columns(MoneyAmount(Decimal(value.amount), value.currency), snapshot.closed_on)[
        "base_minor"
    ]


def money_columns(value: ExportedMoney | None, path: Sequence[str]) -> Columns:
    """Return the columns of an amount; InvalidInput at the path if it is not a number."""
    if value is None:
        return dict.fromkeys(MONEY_COLUMNS)
    try:
        amount = Decimal(value.amount)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise invalid_field(
            *path, "amount", message=f"`{value.amount[:40]}` is not an amount. Write it as 1250.00."
        )
    minor = minor_units(MoneyAmount(amount, value.currency), *path)
    return dict(zip(MONEY_COLUMNS, (minor, value.currency), strict=True))


@dataclass(frozen=True, slots=True)
class _ChildRowBuilder:
    """Builds the rows one by one and collects their faults."""

    lookup: ImportLookup
    keys: OpportunityKeys
    children: ChildRows
    validator: Validator

    def add_part(self, spec: DocumentPart, number: int, part: object) -> None:
        """Build the row of one entry of a list."""
        path = (camel(spec.name), str(number))
        columns: Columns = {} if spec.deal_path != "opportunity_id" else {"opportunity_id": self.keys.deal_id}
        if spec.name in POSITION_COLUMNS:
            columns[POSITION_COLUMNS[spec.name]] = number + 1
        if spec.name == "history":
            columns["process_id"] = self.keys.process.id
        for name in spec.column_fields:
            columns |= self._columns(spec, name, getattr(part, name), (*path, camel(name)))
        id = self._add(spec.table, columns)
        self.children.ids.setdefault(spec.name, []).append(id)
        if spec.name == "activities":
            self._finish_activity(id, columns, getattr(part, "with_", ()), path)

    def add_collaborators(self, emails: Sequence[str]) -> None:
        """Build the row of each collaborator."""
        for email in emails:
            member_id = self.lookup.member_id(email, "collaborators")
            self._add(Collaborator, {"opportunity_id": self.keys.deal_id, "member_id": member_id})

    def _add(self, table: type[Model], columns: Mapping[str, Any]) -> UUID:
        id = new_id()
        self.children.rows.append(table(id=id, organization_id=self.keys.organization_id, **columns))
        return id

    def _columns(self, spec: DocumentPart, name: str, value: Any, path: tuple[str, ...]) -> Columns:
        """Return the columns that a field is stored in."""
        kind = spec.field_types[name]
        if name in spec.references:
            return {f"{name}_id": self._id_at(spec.references[name], value)}
        if (spec.name, name) in MEMBER_FIELDS:
            return {f"{name}_id": None if value is None else self.lookup.member_id(value, *path)}
        if kind is ExportedContact:
            return {f"{name}_id": self.lookup.contact_id(value, *path)}
        if kind is ExportedActor:
            return self._actor(value, path)
        if kind is ExportedMoney:
            return money_columns(value, path)
        if kind is ExportedClose:
            return self._close(value)
        value = encode(value) if isinstance(value, tuple) else value
        column = spec.column(name)
        _check_column(self.validator, spec.table, column, value, path)
        return {column: value}

    def _id_at(self, list_name: str, position: int | None) -> UUID | None:
        return None if position is None else self.children.ids[list_name][position - 1]

    def _close(self, close: ExportedClose | None) -> Columns:
        if close is None:
            return {}
        columns = {name: getattr(close, name) for name in CLOSE_COLUMNS}
        return {**columns, "lost_to_id": self._id_at("competitors", close.competitor)}

    def _actor(self, actor: ExportedActor | None, path: Sequence[str]) -> Columns:
        """Return the actor's name, and the member with the same e-mail if this organization has one."""
        if actor is None:
            return {"actor_kind": None, "actor_name": None, "actor_member_id": None}
        self.validator.text(actor.name, *path, "name", required=True)
        member = self.lookup.documents.members.get(actor.member or "")
        return {"actor_kind": actor.kind, "actor_name": actor.name, "actor_member_id": member}

    def _finish_activity(
        self, id: UUID, columns: Columns, contacts: Sequence[ExportedContact], path: tuple[str, ...]
    ) -> None:
        """Check that the activity's external key is new, and build the rows of the contacts who took part."""
        self.validator.external_id(columns)
        key = (columns["external_system"], columns["external_id"])
        if key in self.lookup.documents.activity_keys or key in self.children.activity_keys:
            self.validator.add(
                *path, message=f"The activity {key[1]} of {key[0]} is already logged. Leave it out."
            )
        if key[1] is not None:
            self.children.activity_keys.add(key)
        for contact_id in dict.fromkeys(self.lookup.contact_id(named, *path, "with") for named in contacts):
            self._add(ActivityContact, {"activity_id": id, "contact_id": contact_id})


def _check_column(
    validator: Validator, table: type[Model], name: str, value: object, path: Sequence[str]
) -> None:
    """Check that a text fits its column and that JSON can be stored."""
    column = table._meta.fields_map[name]
    if isinstance(value, str) and isinstance(column, CharField | TextField):
        max_length = column.max_length if isinstance(column, CharField) else MAX_TEXT_LENGTH
        validator.text(value, *path, required=not column.null, max_length=max_length)
    elif isinstance(column, JSONField) and value is not None:
        validator.json(value, *path)
