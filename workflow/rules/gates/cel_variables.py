"""Variables of a company's expressions: a table that gives both their data and their documentation."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from math import inf

from workflow.rules.money import amount
from workflow.rules.opportunity.facts import OpportunityFacts

MAX_WEIGHT = 600
"""Largest weight of the data of an expression: each value weighs 1, and each 128 characters of text add 1."""
CHARACTERS_PER_WEIGHT = 128
MAX_DATA_DEPTH = 24
INTEGER_LIMIT = 2**63


@dataclass(frozen=True, slots=True)
class CelContext:
    """Input of an expression: a deal, its qualification score, and today's date in its organization."""

    facts: OpportunityFacts
    score: int
    today: date


@dataclass(frozen=True, slots=True)
class CelVariable:
    """A name that an expression may use; `remedy` is the mutation that changes its value."""

    name: str
    description: str
    example: object
    read: Callable[[CelContext], object]
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class CelReference:
    """A variable that an expression uses; `key` names one attribute, None the whole variable."""

    name: str
    key: str | None = None

    def __str__(self) -> str:
        return self.name if self.key is None else f"{self.name}.{self.key}"


@dataclass(frozen=True, slots=True)
class CelData:
    """Plain data of an expression, its weight, and the length of its longest collection."""

    data: dict[str, object]
    weight: int
    longest_collection: int


class DataTooLargeError(Exception):
    """The data that an expression uses is too large."""


def build_cel_data(references: Collection[CelReference], read: Callable[[CelVariable], object]) -> CelData:
    """Return the data that the references need, and no other; DataTooLargeError if it is too large."""
    encoder = _Encoder()
    data: dict[str, object] = {}
    for name in dict.fromkeys(reference.name for reference in references):
        keys = [reference.key for reference in references if reference.name == name]
        value = encoder.encode(_select_keys(keys, read(VARIABLES[name])))
        root, _, field = name.partition(".")
        if field:
            data[root] = {**_as_mapping(data.get(root)), field: value}
        else:
            data[root] = value
    return CelData(data, encoder.weight, encoder.longest_collection)


def value_of(reference: CelReference, context: CelContext) -> object:
    """Return the value of a reference; None also if there is no such attribute."""
    value = VARIABLES[reference.name].read(context)
    return value.get(reference.key) if reference.key is not None and isinstance(value, Mapping) else value


def to_cel(value: object) -> object:
    """Convert a value to a type that CEL has."""
    return _Encoder().encode(value)


def variables_as_markdown() -> str:
    """Return the variables as a Markdown table, for the documentation."""
    rows = [
        f"| `{row.name}` | {row.description} | `{json.dumps(row.example)}` |" for row in VARIABLES.values()
    ]
    return "\n".join(["| name | what it is | example |", "|---|---|---|", *rows])


def _select_keys(keys: Collection[str | None], value: object) -> object:
    if None in keys or not isinstance(value, Mapping):
        return value
    return {key: value[key] for key in keys if key in value}


def _as_mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


class _Encoder:
    """Converts values to plain data and adds up their weight, to stop as soon as they are too large."""

    def __init__(self) -> None:
        self.weight = self.longest_collection = 0

    def encode(self, value: object, depth: int = 0) -> object:
        """Convert a value to a type that CEL has: larger integers to doubles, other objects to text."""
        if value is None or isinstance(value, bool | float):
            return self._add_weight(value, 1)
        if isinstance(value, int):
            return self._add_weight(
                value if -INTEGER_LIMIT <= value < INTEGER_LIMIT else _to_double(value), 1
            )
        if depth == MAX_DATA_DEPTH:
            raise DataTooLargeError
        if isinstance(value, Mapping):
            self._count_parts(len(value))
            return {str(self.encode(str(key))): self.encode(part, depth + 1) for key, part in value.items()}
        if isinstance(value, list | tuple):
            self._count_parts(len(value))
            return [self.encode(part, depth + 1) for part in value]
        text = str(value)
        return self._add_weight(text, 1 + len(text) // CHARACTERS_PER_WEIGHT)

    def _count_parts(self, count: int) -> None:
        self._add_weight(None, 1)
        self.longest_collection = max(self.longest_collection, count)

    def _add_weight(self, value: object, weight: int) -> object:
        self.weight += weight
        if self.weight > MAX_WEIGHT:
            raise DataTooLargeError
        return value


def _to_double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _base_value(context: CelContext) -> float | None:
    facts = context.facts
    return None if facts.base_minor is None else float(amount(facts.base_minor, facts.base_currency))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


_DEAL = "updateOpportunity"
_ACCOUNT = "updateAccount"
_SCORE = "assessCriteria"
_VARIABLES = (
    CelVariable("opportunity.name", "text", "Stock counting", lambda context: context.facts.name, _DEAL),
    CelVariable(
        "opportunity.type",
        "text: a value of `OpportunityType`",
        "RENEWAL",
        lambda context: context.facts.type.value,
        _DEAL,
    ),
    CelVariable(
        "opportunity.source", "text or null", "Trade fair", lambda context: context.facts.source, _DEAL
    ),
    CelVariable(
        "opportunity.state",
        "text: the state before the transition",
        "LEAD",
        lambda context: context.facts.state.value,
    ),
    CelVariable(
        "opportunity.description", "text or null", "By hand", lambda context: context.facts.description, _DEAL
    ),
    CelVariable(
        "opportunity.attributes",
        "your own fields, by name",
        {},
        lambda context: context.facts.attributes,
        _DEAL,
    ),
    CelVariable(
        "opportunity.value", "number or null: whole units of the base currency", 60000.0, _base_value, _DEAL
    ),
    CelVariable(
        "opportunity.expectedCloseDate",
        "text or null: a day",
        "2026-11-25",
        lambda context: _day(context.facts.expected_close_date),
        _DEAL,
    ),
    CelVariable("opportunity.pushCount", "whole number", 2, lambda context: context.facts.push_count),
    CelVariable(
        "opportunity.score",
        "whole number: the qualification score, 0 to 100",
        65,
        lambda context: context.score,
        _SCORE,
    ),
    CelVariable("account.name", "text", "Acme", lambda context: context.facts.account.name, _ACCOUNT),
    CelVariable(
        "account.industry", "text or null", "retail", lambda context: context.facts.account.industry, _ACCOUNT
    ),
    CelVariable(
        "account.country", "text or null", "DE", lambda context: context.facts.account.country, _ACCOUNT
    ),
    CelVariable(
        "account.employeeCount",
        "whole number or null",
        500,
        lambda context: context.facts.account.employee_count,
        _ACCOUNT,
    ),
    CelVariable(
        "account.attributes",
        "your own fields, by name",
        {},
        lambda context: context.facts.account.attributes,
        _ACCOUNT,
    ),
    CelVariable(
        "today",
        "text: the day in the organization's time zone",
        "2026-11-25",
        lambda context: _day(context.today),
    ),
)
VARIABLES: Mapping[str, CelVariable] = {row.name: row for row in _VARIABLES}
