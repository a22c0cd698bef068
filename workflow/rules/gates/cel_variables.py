"""What a company's expressions see of a deal: one table, from which the data they get and their documentation are made."""

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from math import inf

from workflow.rules.money import amount
from workflow.rules.opportunity.facts import OpportunityFacts

MOST_WEIGHT = 600
"""The most that an expression is given: a value weighs 1, and so does every 128 characters of text."""
CHARACTERS_THAT_WEIGH_ONE = 128
DEEPEST = 24
LARGEST_INTEGER = 2**63


@dataclass(frozen=True, slots=True)
class Sight:
    """Where an expression looks: a deal with its account, its qualification score, and the day it is there."""

    facts: OpportunityFacts
    score: int
    today: date


@dataclass(frozen=True, slots=True)
class Seen:
    """One name that an expression may use: what it is, an example, where it is read, the mutation that changes it."""

    name: str
    what: str
    example: object
    read: Callable[[Sight], object]
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that an expression looks at; `key` is that of one attribute, None for the field whole."""

    name: str
    key: str | None = None

    def __str__(self) -> str:
        return self.name if self.key is None else f"{self.name}.{self.key}"


@dataclass(frozen=True, slots=True)
class View:
    """The plain data that an expression gets, what all of it weighs, and how many parts the largest of it has."""

    data: dict[str, object]
    weight: int
    most_parts: int


class TooMuch(Exception):
    """What an expression looks at is larger than an expression may go through."""


def view(looks: Collection[Look], read: Callable[[Seen], object]) -> View:
    """What is looked at, and nothing else; TooMuch where it is too large."""
    scales, data = _Scales(), dict[str, object]()
    for name in dict.fromkeys(look.name for look in looks):
        keys = [look.key for look in looks if look.name == name]
        value = scales.plain(_only(keys, read(SEEN[name])))
        root, _, field = name.partition(".")
        if field:
            data[root] = {**_fields(data.get(root)), field: value}
        else:
            data[root] = value
    return View(data, scales.weight, scales.most_parts)


def found(look: Look, sight: Sight) -> object:
    """What stands there; None also where there is no such attribute."""
    value = SEEN[look.name].read(sight)
    return value.get(look.key) if look.key is not None and isinstance(value, Mapping) else value


def plain(value: object) -> object:
    """The value as CEL knows it."""
    return _Scales().plain(value)


def documented() -> str:
    """The table as Markdown, for the documentation."""
    rows = [f"| `{row.name}` | {row.what} | `{json.dumps(row.example)}` |" for row in SEEN.values()]
    return "\n".join(["| name | what it is | example |", "|---|---|---|", *rows])


def _only(keys: Collection[str | None], value: object) -> object:
    if None in keys or not isinstance(value, Mapping):
        return value
    return {key: value[key] for key in keys if key in value}


def _fields(given: object) -> Mapping[str, object]:
    return given if isinstance(given, Mapping) else {}


class _Scales:
    """Makes values plain, and weighs them on the way, so that what is too large is left at once."""

    def __init__(self) -> None:
        self.weight = self.most_parts = 0

    def plain(self, value: object, depth: int = 0) -> object:
        """The value as CEL knows it: an integer beyond 64 bits is a double, what is no JSON is its text."""
        if value is None or isinstance(value, bool | float):
            return self._weighed(value, 1)
        if isinstance(value, int):
            return self._weighed(value if -LARGEST_INTEGER <= value < LARGEST_INTEGER else _double(value), 1)
        if depth == DEEPEST:
            raise TooMuch
        if isinstance(value, Mapping):
            self._parts(len(value))
            return {str(self.plain(str(key))): self.plain(part, depth + 1) for key, part in value.items()}
        if isinstance(value, list | tuple):
            self._parts(len(value))
            return [self.plain(part, depth + 1) for part in value]
        text = str(value)
        return self._weighed(text, 1 + len(text) // CHARACTERS_THAT_WEIGH_ONE)

    def _parts(self, count: int) -> None:
        self._weighed(None, 1)
        self.most_parts = max(self.most_parts, count)

    def _weighed(self, value: object, weight: int) -> object:
        self.weight += weight
        if self.weight > MOST_WEIGHT:
            raise TooMuch
        return value


def _double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _worth(sight: Sight) -> float | None:
    facts = sight.facts
    return None if facts.base_minor is None else float(amount(facts.base_minor, facts.base_currency))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


_DEAL, _ACCOUNT, _SCORE = "updateOpportunity", "updateAccount", "assessCriteria"
_ROWS = (
    Seen("opportunity.name", "text", "Stock counting", lambda see: see.facts.name, _DEAL),
    Seen("opportunity.type", "text: a value of `OpportunityType`", "RENEWAL", lambda see: see.facts.type.value, _DEAL),
    Seen("opportunity.source", "text or null", "Trade fair", lambda see: see.facts.source, _DEAL),
    Seen("opportunity.state", "text: the state before the transition", "LEAD", lambda see: see.facts.state.value),
    Seen("opportunity.description", "text or null", "By hand", lambda see: see.facts.description, _DEAL),
    Seen("opportunity.attributes", "your own fields, by name", {}, lambda see: see.facts.attributes, _DEAL),
    Seen("opportunity.value", "number or null: whole units of the base currency", 60000.0, _worth, _DEAL),
    Seen(
        "opportunity.expectedCloseDate",
        "text or null: a day",
        "2026-11-25",
        lambda see: _day(see.facts.expected_close_date),
        _DEAL,
    ),
    Seen("opportunity.pushCount", "whole number", 2, lambda see: see.facts.push_count),
    Seen("opportunity.score", "whole number: the qualification score, 0 to 100", 65, lambda see: see.score, _SCORE),
    Seen("account.name", "text", "Acme", lambda see: see.facts.account.name, _ACCOUNT),
    Seen("account.industry", "text or null", "retail", lambda see: see.facts.account.industry, _ACCOUNT),
    Seen("account.country", "text or null", "DE", lambda see: see.facts.account.country, _ACCOUNT),
    Seen("account.employeeCount", "whole number or null", 500, lambda see: see.facts.account.employee_count, _ACCOUNT),
    Seen("account.attributes", "your own fields, by name", {}, lambda see: see.facts.account.attributes, _ACCOUNT),
    Seen("today", "text: the day in the organization's time zone", "2026-11-25", lambda see: _day(see.today)),
)
SEEN: Mapping[str, Seen] = {row.name: row for row in _ROWS}
