"""What an input may hold: texts, external keys, money and attributes, each fault with its path."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isfinite

from workflow.models.columns import UNSTORABLE
from workflow.rules.errors import FieldProblem, InvalidInputError, invalid_field
from workflow.rules.money import MAX_MINOR, exponent

EARLIEST_DATE = date(1900, 1, 1)
MAX_JSON_DEPTH = 20
MAX_JSON_LENGTH = 100_000


MAX_TEXT_LENGTH = 255
"""Characters of a text where nothing else is said."""


def is_storable(text: str) -> bool:
    """Whether a database can be asked for the text at all; what it could not keep is nowhere, and is refused where it is to be kept."""
    return len(text.strip()) <= MAX_TEXT_LENGTH and not UNSTORABLE.search(text)


@dataclass(frozen=True, slots=True)
class MoneyAmount:
    """An amount of a currency, as a client sends it."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class StoredMoney:
    """An amount as stored: minor units, and its worth in base currency."""

    minor: int
    currency: str
    base_minor: int


class Validator:
    """The faults of one input, gathered so that all are told at once."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []

    def add(self, *path: str, message: str) -> None:
        """One more fault."""
        self.problems.append(FieldProblem(path=path, message=message))

    def text(
        self, value: str | None, *path: str, required: bool = False, max_length: int = MAX_TEXT_LENGTH
    ) -> str | None:
        """A text without outer spaces; empty counts as none."""
        trimmed = value.strip() if value is not None else ""
        if required and not trimmed:
            self.add(*path, message=f"`{path[-1]}` is empty. Give it a text.")
        if len(trimmed) > max_length:
            self.add(*path, message=f"`{path[-1]}` has {len(trimmed)} characters; at most {max_length} fit.")
        if UNSTORABLE.search(trimmed):
            self.add(
                *path, message=f"`{path[-1]}` holds a NUL or half a character, which no text can hold. Leave it out."
            )
        return trimmed or None

    def email(self, value: str | None, *path: str, required: bool = False) -> str | None:
        """An e-mail address in lower case."""
        address = self.text(value.lower() if value else None, *path, required=required)
        if address is not None and ("@" not in address[1:-1] or any(letter.isspace() for letter in address)):
            self.add(*path, message=f"`{address[:80]}` is no e-mail address. Write it as name@example.com.")
        return address

    def domain(self, value: str | None, *path: str) -> str | None:
        """An internet domain in lower case."""
        name = self.text(value.lower() if value else None, *path)
        if name is not None and not re.fullmatch(r"[^\s/@:.]+(\.[^\s/@:.]+)+", name):
            self.add(*path, message=f"`{name[:80]}` is no internet domain. Write it as example.com.")
        return name

    def day(self, value: date | None, *path: str) -> date | None:
        """A day that a deal could mean."""
        if value is not None and value < EARLIEST_DATE:
            self.add(*path, message=f"`{path[-1]}` is before 1900. Check the year.")
        return value

    def external_id(self, changes: Mapping[str, object]) -> None:
        """An external id goes with its system."""
        if (changes.get("external_system") is None) != (changes.get("external_id") is None):
            self.add("externalId", message="`externalSystem` and `externalId` go together: give both or neither.")

    def attributes(self, value: object, *path: str) -> dict[str, object]:
        """Attributes are an object."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.add(*path, message='`attributes` must be an object such as {"region": "EMEA"}.')
            return {}
        before = len(self.problems)
        self.json(value, *path)
        return dict(value) if len(self.problems) == before else {}

    def json(self, value: object, *path: str) -> None:
        """JSON that both databases keep."""
        if (fault := _json_problem(value)) is not None:
            self.add(*path, message=f"`{path[-1]}` {fault}.")

    def raise_if_any(self) -> None:
        """Refuse with every fault."""
        if self.problems:
            raise InvalidInputError(self.problems)


def _json_problem(value: object) -> str | None:
    """What of some JSON no database could keep or nobody could read, none where it is sound."""
    pending: list[tuple[object, int]] = [(value, 0)]
    while pending:
        part, depth = pending.pop()
        if isinstance(part, str) and UNSTORABLE.search(part):
            return "hold a NUL or half a character, which no text can hold. Leave it out"
        if isinstance(part, float) and not isfinite(part):
            return "hold a number that is too large. Write it as a text"
        if depth > MAX_JSON_DEPTH:
            return f"nest at most {MAX_JSON_DEPTH} deep"
        inner = [*part, *part.values()] if isinstance(part, Mapping) else part if isinstance(part, list) else ()
        pending += [(one, depth + 1) for one in inner]
    if len(json.dumps(value, ensure_ascii=False)) > MAX_JSON_LENGTH:
        return f"have at most {MAX_JSON_LENGTH:,} characters as JSON"
    return None


def merge_attributes(before: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Attributes merged by key; a null value removes the key."""
    return {name: value for name, value in {**before, **changes}.items() if value is not None}


def minor_units(money: MoneyAmount, *path: str) -> int:
    """The amount as a whole number of the currency's smallest unit."""
    if exponent(money.currency) is None:
        raise invalid_field(
            *path, "currency", message=f"`{money.currency}` is no ISO 4217 currency code such as EUR or USD."
        )
    digits = exponent(money.currency) or 0
    scaled = money.amount.scaleb(digits)
    if money.amount < 0:
        raise invalid_field(*path, "amount", message="An amount is 0 or more.")
    if scaled != scaled.to_integral_value():
        raise invalid_field(
            *path, "amount", message=f"{money.currency} has {digits} decimals; {money.amount} has more."
        )
    if scaled >= MAX_MINOR:
        raise invalid_field(
            *path, "amount", message=f"An amount is below {Decimal(MAX_MINOR).scaleb(-digits):f} {money.currency}."
        )
    return int(scaled)
