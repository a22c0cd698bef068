"""What hangs on an imported deal: every part as its row, with the people, contacts and parts that it names found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
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
    DEAL_FIELDS,
    DOCUMENT_PARTS,
    MEMBER_FIELDS,
    MONEY_COLUMNS,
    DocumentPart,
)
from workflow.rules.codec import camel, encode
from workflow.rules.enums import CLOSED_STATES
from workflow.rules.errors import invalid_field
from workflow.rules.transfer.document_parts import ExportedActor, ExportedContact, ExportedMoney
from workflow.rules.transfer.opportunity_document import OpportunityDocument

Columns = dict[str, Any]  # Any: columns of several kinds
MAX_TEXT_LENGTH: Final = 8_000_000
"""Characters of a text that is told whole; a line of a file has no more."""
POSITION_COLUMNS: Final = {
    "decision_steps": "position",
    "objectives": "position",
    "milestones": "position",
    "history": "sequence",
}
"""The parts whose rows keep their place in the list, and the column that does."""
EMPTY_DOCUMENT: Final = OpportunityDocument()
"""Of a row that tells no more than its columns."""


@dataclass(frozen=True, slots=True)
class OpportunityKeys:
    """Where the rows belong: the deal, its organization, and the process that its steps went by."""

    deal_id: UUID
    organization_id: UUID
    process: ProcessRow


@dataclass(slots=True)
class ChildRows:
    """The rows of what hangs on one deal, and how it stood; `ids` has that of each part by its place, `keys` those of the activities."""

    rows: list[Model] = field(default_factory=list)
    ids: dict[str, list[UUID]] = field(default_factory=dict)
    activity_keys: set[tuple[str, str]] = field(default_factory=set)
    snapshots: Sequence[Columns] = ()


def build_children(lookup: ImportLookup, keys: OpportunityKeys, document: OpportunityDocument) -> ChildRows:
    """Make every row, those first that others point at; InvalidInput tells what names nobody or fits no column."""
    builder = _ChildRowBuilder(lookup, keys, ChildRows(), Validator())
    for spec in DOCUMENT_PARTS:
        if spec.name != "standings":  # made with the deal, for the last of them is as it stands
            for number, part in enumerate(getattr(document, spec.name)):
                builder.add_part(spec, number, part)
    builder.add_collaborators(document.collaborators)
    contacts = [named.contact for named in document.stakeholders]
    if len({lookup.contact_id(named, "stakeholders") for named in contacts}) < len(contacts):
        builder.validator.add("stakeholders", message="`stakeholders` has the same contact twice. Keep one of them.")
    builder.validator.raise_if_any()
    builder.children.snapshots = snapshot_columns(lookup, document)
    return builder.children


def document_columns(document: OpportunityDocument) -> Columns:
    """What a whole deal has in its own row, as far as its state does not say it."""
    validator, step = Validator(), document.next_step
    columns: Columns = {
        name: getattr(document, name)
        for name in DEAL_FIELDS
        if getattr(document, name) != getattr(EMPTY_DOCUMENT, name)
    }
    if step is not None:
        columns |= {
            "next_step_text": step.text,
            "next_step_due": step.due_date,
            "next_step_agreed": step.agreed_with_buyer,
        }
    for name, value in columns.items():
        _check_column(validator, Opportunity, name, value, (camel(name),))
    validator.raise_if_any()
    if document.probability is not None:
        columns |= {"probability": document.probability, "probability_is_manual": True}
    return (
        columns if document.forecast_category is None else {**columns, "forecast_category": document.forecast_category}
    )


def snapshot_columns(lookup: ImportLookup, document: OpportunityDocument) -> list[Columns]:
    """How the deal stood from each instant to the next, as columns; of the last, which is as it stands, only since when and why."""
    snapshots = []
    for number, (snapshot, next_snapshot) in enumerate(zip_longest(document.standings, document.standings[1:])):
        columns: Columns = {"since": snapshot.since, "slip_reason": snapshot.slip_reason}
        if next_snapshot is not None:
            path = ("standings", str(number))
            same = ("state", "expected_close_date", "probability", "forecast_category", "closed_on")
            columns |= {name: getattr(snapshot, name) for name in same} | money_columns(
                snapshot.value, (*path, "value")
            )
            columns |= {"until": next_snapshot.since, "owner_id": lookup.member_id(snapshot.owner, *path, "owner")}
            columns["base_minor"] = (
                _base_value_at_close(lookup, snapshot.value, snapshot.closed_on)
                if snapshot.state in CLOSED_STATES
                else None
            )
        snapshots.append(columns)
    return snapshots


def _base_value_at_close(lookup: ImportLookup, value: ExportedMoney | None, closed_on: date | None) -> object:
    """What a closed deal was worth in base currency on the day of its close."""
    if value is None or closed_on is None:
        return None
    return lookup.value_columns(MoneyAmount(Decimal(value.amount), value.currency), closed_on)["base_minor"]


def money_columns(value: ExportedMoney | None, path: Sequence[str]) -> Columns:
    """An amount as stored."""
    if value is None:
        return dict.fromkeys(MONEY_COLUMNS)
    try:
        amount = Decimal(value.amount)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise invalid_field(*path, "amount", message=f"`{value.amount[:40]}` is no amount. Write it as 1250.00.")
    return dict(
        zip(MONEY_COLUMNS, (minor_units(MoneyAmount(amount, value.currency), *path), value.currency), strict=True)
    )


@dataclass(frozen=True, slots=True)
class _ChildRowBuilder:
    """Makes row after row, and gathers what is wrong with them."""

    lookup: ImportLookup
    keys: OpportunityKeys
    children: ChildRows
    validator: Validator

    def add_part(self, spec: DocumentPart, number: int, part: object) -> None:
        """The row of one part."""
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
            self._finish_activity(id, columns, getattr(part, "contacts", ()), path)

    def add_collaborators(self, emails: Sequence[str]) -> None:
        """Who works the deal with its owner."""
        for email in emails:
            self._add(
                Collaborator,
                {"opportunity_id": self.keys.deal_id, "member_id": self.lookup.member_id(email, "collaborators")},
            )

    def _add(self, table: type[Model], columns: Mapping[str, Any]) -> UUID:
        id = new_id()
        self.children.rows.append(table(id=id, organization_id=self.keys.organization_id, **columns))
        return id

    def _columns(self, spec: DocumentPart, name: str, value: Any, path: tuple[str, ...]) -> Columns:
        """The columns that a field stands in."""
        if name in spec.references:
            return {f"{name}_id": None if value is None else self.children.ids[spec.references[name]][value - 1]}
        if (spec.name, name) in MEMBER_FIELDS:
            return {f"{name}_id": None if value is None else self.lookup.member_id(value, *path)}
        if isinstance(value, ExportedContact):
            return {f"{name}_id": self.lookup.contact_id(value, *path)}
        if name == "by":
            return self._actor(value, path)
        if name == "value":
            return money_columns(value, path)
        value = encode(value) if isinstance(value, tuple) else value
        _check_column(self.validator, spec.table, name, value, path)
        return {name: value}

    def _actor(self, by: ExportedActor | None, path: Sequence[str]) -> Columns:
        """Who did it by their name, and as a member where one has the e-mail here."""
        if by is None:
            return {"actor_kind": None, "actor_name": None, "actor_member_id": None}
        self.validator.text(by.name, *path, "name", required=True)
        member = self.lookup.documents.members.get(by.member or "")
        return {"actor_kind": by.kind, "actor_name": by.name, "actor_member_id": member}

    def _finish_activity(
        self, id: UUID, columns: Columns, contacts: Sequence[ExportedContact], path: tuple[str, ...]
    ) -> None:
        """An activity's key is nobody else's; who took part."""
        self.validator.external_id(columns)
        key = (columns["external_system"], columns["external_id"])
        if key in self.lookup.documents.activity_keys or key in self.children.activity_keys:
            self.validator.add(*path, message=f"The activity {key[1]} of {key[0]} is logged already. Leave it out.")
        if key[1] is not None:
            self.children.activity_keys.add(key)
        for contact_id in dict.fromkeys(self.lookup.contact_id(named, *path, "contacts") for named in contacts):
            self._add(ActivityContact, {"activity_id": id, "contact_id": contact_id})


def _check_column(validator: Validator, table: type[Model], name: str, value: object, path: Sequence[str]) -> None:
    """A text that its column holds, and JSON that it keeps."""
    column = table._meta.fields_map[name]
    if isinstance(value, str) and isinstance(column, CharField | TextField):
        most = column.max_length if isinstance(column, CharField) else MAX_TEXT_LENGTH
        validator.text(value, *path, required=not column.null, max_length=most)
    elif isinstance(column, JSONField) and value is not None:
        validator.json(value, *path)
