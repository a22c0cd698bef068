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
from workflow.operations.core.validation import Faults, MoneyGiven, minor_units
from workflow.operations.transfer.lookup import Book
from workflow.queries.process.processes import ProcessRow
from workflow.queries.transfer.opportunity_documents import HUNG, MEMBERS, MONEY, OWN, Hung
from workflow.rules.codec import camel, written
from workflow.rules.enums import CLOSED_STATES
from workflow.rules.errors import invalid
from workflow.rules.transfer.document_parts import By, Named, Worth
from workflow.rules.transfer.opportunity_document import Whole

Columns = dict[str, Any]  # Any: columns of several kinds
LONGEST_TEXT: Final = 8_000_000
"""Characters of a text that is told whole; a line of a file has no more."""
NUMBERED: Final = {
    "decision_steps": "position",
    "objectives": "position",
    "milestones": "position",
    "history": "sequence",
}
"""The parts whose rows keep their place in the list, and the column that does."""
NOTHING: Final = Whole()
"""Of a row that tells no more than its columns."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows belong: the deal, its organization, and the process that its steps went by."""

    deal_id: UUID
    organization_id: UUID
    process: ProcessRow


@dataclass(slots=True)
class Hanging:
    """The rows of what hangs on one deal, and how it stood; `ids` has that of each part by its place, `keys` those of the activities."""

    rows: list[Model] = field(default_factory=list)
    ids: dict[str, list[UUID]] = field(default_factory=dict)
    keys: set[tuple[str, str]] = field(default_factory=set)
    past: Sequence[Columns] = ()


def hanging(book: Book, place: Place, whole: Whole) -> Hanging:
    """Make every row, those first that others point at; InvalidInput tells what names nobody or fits no column."""
    maker = _Maker(book, place, Hanging(), Faults())
    for hung in HUNG:
        if hung.part != "standings":  # made with the deal, for the last of them is as it stands
            for number, part in enumerate(getattr(whole, hung.part)):
                maker.make(hung, number, part)
    maker.collaborators(whole.collaborators)
    people = [named.contact for named in whole.stakeholders]
    if len({book.contact(named, "stakeholders") for named in people}) < len(people):
        maker.faults.add("stakeholders", message="`stakeholders` has the same contact twice. Keep one of them.")
    maker.faults.raise_if_any()
    maker.made.past = past(book, whole)
    return maker.made


def own_columns(whole: Whole) -> Columns:
    """What a whole deal has in its own row, as far as its state does not say it."""
    faults, step = Faults(), whole.next_step
    columns: Columns = {name: getattr(whole, name) for name in OWN if getattr(whole, name) != getattr(NOTHING, name)}
    if step is not None:
        columns |= {
            "next_step_text": step.text,
            "next_step_due": step.due_date,
            "next_step_agreed": step.agreed_with_buyer,
        }
    for name, value in columns.items():
        _check(faults, Opportunity, name, value, (camel(name),))
    faults.raise_if_any()
    if whole.probability is not None:
        columns |= {"probability": whole.probability, "probability_is_manual": True}
    return columns if whole.forecast_category is None else {**columns, "forecast_category": whole.forecast_category}


def past(book: Book, whole: Whole) -> list[Columns]:
    """How the deal stood from each instant to the next, as columns; of the last, which is as it stands, only since when and why."""
    told = []
    for number, (one, later) in enumerate(zip_longest(whole.standings, whole.standings[1:])):
        columns: Columns = {"since": one.since, "slip_reason": one.slip_reason}
        if later is not None:
            path = ("standings", str(number))
            same = ("state", "expected_close_date", "probability", "forecast_category", "closed_on")
            columns |= {name: getattr(one, name) for name in same} | worth_columns(one.value, (*path, "value"))
            columns |= {"until": later.since, "owner_id": book.person(one.owner, *path, "owner")}
            columns["base_minor"] = _frozen(book, one.value, one.closed_on) if one.state in CLOSED_STATES else None
        told.append(columns)
    return told


def _frozen(book: Book, value: Worth | None, closed_on: date | None) -> object:
    """What a closed deal was worth in base currency on the day of its close."""
    if value is None or closed_on is None:
        return None
    return book.worth(MoneyGiven(Decimal(value.amount), value.currency), closed_on)["base_minor"]


def worth_columns(value: Worth | None, path: Sequence[str]) -> Columns:
    """An amount as stored."""
    if value is None:
        return dict.fromkeys(MONEY)
    try:
        amount = Decimal(value.amount)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise invalid(*path, "amount", message=f"`{value.amount[:40]}` is no amount. Write it as 1250.00.")
    return dict(zip(MONEY, (minor_units(MoneyGiven(amount, value.currency), *path), value.currency), strict=True))


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes row after row, and gathers what is wrong with them."""

    book: Book
    place: Place
    made: Hanging
    faults: Faults

    def make(self, hung: Hung, number: int, part: object) -> None:
        """The row of one part."""
        path = (camel(hung.part), str(number))
        columns: Columns = {} if hung.deal != "opportunity_id" else {"opportunity_id": self.place.deal_id}
        if hung.part in NUMBERED:
            columns[NUMBERED[hung.part]] = number + 1
        if hung.part == "history":
            columns["process_id"] = self.place.process.id
        for name in hung.names:
            columns |= self._columns(hung, name, getattr(part, name), (*path, camel(name)))
        id = self._add(hung.table, columns)
        self.made.ids.setdefault(hung.part, []).append(id)
        if hung.part == "activities":
            self._activity(id, columns, getattr(part, "contacts", ()), path)

    def collaborators(self, emails: Sequence[str]) -> None:
        """Who works the deal with its owner."""
        for email in emails:
            self._add(
                Collaborator,
                {"opportunity_id": self.place.deal_id, "member_id": self.book.person(email, "collaborators")},
            )

    def _add(self, table: type[Model], columns: Mapping[str, Any]) -> UUID:
        id = new_id()
        self.made.rows.append(table(id=id, organization_id=self.place.organization_id, **columns))
        return id

    def _columns(self, hung: Hung, name: str, value: Any, path: tuple[str, ...]) -> Columns:
        """The columns that a field stands in."""
        if name in hung.places:
            return {f"{name}_id": None if value is None else self.made.ids[hung.places[name]][value - 1]}
        if (hung.part, name) in MEMBERS:
            return {f"{name}_id": None if value is None else self.book.person(value, *path)}
        if isinstance(value, Named):
            return {f"{name}_id": self.book.contact(value, *path)}
        if name == "by":
            return self._actor(value, path)
        if name == "value":
            return worth_columns(value, path)
        value = written(value) if isinstance(value, tuple) else value
        _check(self.faults, hung.table, name, value, path)
        return {name: value}

    def _actor(self, by: By | None, path: Sequence[str]) -> Columns:
        """Who did it by their name, and as a member where one has the e-mail here."""
        if by is None:
            return {"actor_kind": None, "actor_name": None, "actor_member_id": None}
        self.faults.text(by.name, *path, "name", required=True)
        member = self.book.beyond.people.get(by.member or "")
        return {"actor_kind": by.kind, "actor_name": by.name, "actor_member_id": member}

    def _activity(self, id: UUID, columns: Columns, contacts: Sequence[Named], path: tuple[str, ...]) -> None:
        """An activity's key is nobody else's; who took part."""
        self.faults.external(columns)
        key = (columns["external_system"], columns["external_id"])
        if key in self.book.beyond.logged or key in self.made.keys:
            self.faults.add(*path, message=f"The activity {key[1]} of {key[0]} is logged already. Leave it out.")
        if key[1] is not None:
            self.made.keys.add(key)
        for contact_id in dict.fromkeys(self.book.contact(named, *path, "contacts") for named in contacts):
            self._add(ActivityContact, {"activity_id": id, "contact_id": contact_id})


def _check(faults: Faults, table: type[Model], name: str, value: object, path: Sequence[str]) -> None:
    """A text that its column holds, and JSON that it keeps."""
    column = table._meta.fields_map[name]
    if isinstance(value, str) and isinstance(column, CharField | TextField):
        most = column.max_length if isinstance(column, CharField) else LONGEST_TEXT
        faults.text(value, *path, required=not column.null, most=most)
    elif isinstance(column, JSONField) and value is not None:
        faults.json(value, *path)
