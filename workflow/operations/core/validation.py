"""Validation of inputs: texts, external keys, money and attributes. Every fault is reported with its path."""

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
"""The length of a text in characters, unless a field has a limit of its own."""


def is_storable(text: str) -> bool:
    """Return True if a column could contain the text, so that a query for it makes sense."""
    return len(text.strip()) <= MAX_TEXT_LENGTH and not UNSTORABLE.search(text)


@dataclass(frozen=True, slots=True)
class MoneyAmount:
    """An amount in a currency, as a client sends it."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class StoredMoney:
    """An amount as stored: in minor units of its currency and of the base currency."""

    minor: int
    currency: str
    base_minor: int


class Validator:
    """Collects the faults of one input, so that all are reported at once."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []

    def add(self, *path: str, message: str) -> None:
        """Add a fault."""
        self.problems.append(FieldProblem(path=path, message=message))

    def text(
        self, value: str | None, *path: str, required: bool = False, max_length: int = MAX_TEXT_LENGTH
    ) -> str | None:
        """Return the text without surrounding spaces, or None if nothing is left."""
        trimmed = value.strip() if value is not None else ""
        if required and not trimmed:
            self.add(*path, message=f"`{path[-1]}` is empty. Enter a text.")
        if len(trimmed) > max_length:
            message = f"`{path[-1]}` has {len(trimmed):,} characters; the limit is {max_length:,}."
            self.add(*path, message=message)
        if UNSTORABLE.search(trimmed):
            message = (
                f"`{path[-1]}` contains a NUL or an unpaired surrogate, which cannot be stored. Remove it."
            )
            self.add(*path, message=message)
        return trimmed or None

    def email(self, value: str | None, *path: str, required: bool = False) -> str | None:
        """Return an e-mail address in lower case."""
        address = self.text(value.lower() if value else None, *path, required=required)
        if address is not None and ("@" not in address[1:-1] or any(letter.isspace() for letter in address)):
            message = f"`{address[:80]}` is not an e-mail address. Write it as name@example.com."
            self.add(*path, message=message)
        return address

    def domain(self, value: str | None, *path: str) -> str | None:
        """Return an internet domain in lower case."""
        name = self.text(value.lower() if value else None, *path)
        if name is not None and not re.fullmatch(r"[^\s/@:.]+(\.[^\s/@:.]+)+", name):
            self.add(*path, message=f"`{name[:80]}` is not an internet domain. Write it as example.com.")
        return name

    def day(self, value: date | None, *path: str) -> date | None:
        """Return a date, and report one that can only be a typing error."""
        if value is not None and value < EARLIEST_DATE:
            self.add(*path, message=f"`{path[-1]}` is {value}, before 1900. Check the year.")
        return value

    def external_id(self, changes: Mapping[str, object]) -> None:
        """Report an external id without its system, or a system without an id."""
        if (changes.get("external_system") is None) != (changes.get("external_id") is None):
            self.add(
                "externalId", message="`externalSystem` and `externalId` go together: set both or neither."
            )

    def attributes(self, value: object, *path: str) -> dict[str, object]:
        """Return attributes, which are a JSON object, or an empty object if they are invalid."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self.add(*path, message='`attributes` must be an object such as {"region": "EMEA"}.')
            return {}
        before = len(self.problems)
        self.json(value, *path)
        return dict(value) if len(self.problems) == before else {}

    def json(self, value: object, *path: str) -> None:
        """Report a JSON value that one of the databases could not store."""
        if (problem := _json_problem(value)) is not None:
            self.add(*path, message=f"`{path[-1]}` {problem}.")

    def raise_if_any(self) -> None:
        """Raise InvalidInputError with every fault, if there is one."""
        if self.problems:
            raise InvalidInputError(self.problems)


def _json_problem(value: object) -> str | None:
    """Return what makes a JSON value impossible to store or to read, or None."""
    pending: list[tuple[object, int]] = [(value, 0)]
    while pending:
        part, depth = pending.pop()
        if isinstance(part, str) and UNSTORABLE.search(part):
            return "contains a NUL or an unpaired surrogate, which cannot be stored. Remove it"
        if isinstance(part, float) and not isfinite(part):
            return "contains a number that is too large. Write it as a text"
        if depth > MAX_JSON_DEPTH:
            return f"is nested more than {MAX_JSON_DEPTH} levels deep"
        inner = (
            [*part, *part.values()] if isinstance(part, Mapping) else part if isinstance(part, list) else ()
        )
        pending += [(child, depth + 1) for child in inner]
    if len(json.dumps(value, ensure_ascii=False)) > MAX_JSON_LENGTH:
        return f"has more than {MAX_JSON_LENGTH:,} characters as JSON"
    return None


def merge_attributes(before: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Merge attributes by key. A null value removes its key."""
    return {name: value for name, value in {**before, **changes}.items() if value is not None}


def minor_units(money: MoneyAmount, *path: str) -> int:
    """Return the amount as a whole number of the currency's smallest unit, or raise InvalidInputError."""
    digits = exponent(money.currency)
    if digits is None:
        message = f"`{money.currency[:80]}` is not an ISO 4217 currency code such as EUR or USD."
        raise invalid_field(*path, "currency", message=message)
    scaled = money.amount.scaleb(digits)
    if money.amount < 0:
        raise invalid_field(*path, "amount", message="An amount must be 0 or more.")
    if scaled != scaled.to_integral_value():
        message = f"{money.amount} has more decimals than {money.currency}, which has {digits}."
        raise invalid_field(*path, "amount", message=message)
    if scaled >= MAX_MINOR:
        limit = Decimal(MAX_MINOR).scaleb(-digits)
        message = f"An amount must be below {limit:f} {money.currency}."
        raise invalid_field(*path, "amount", message=message)
    return int(scaled)
