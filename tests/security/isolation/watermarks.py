"""Marks: every text of the database shows its scope, and every amount is a prime that no other record has."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from tortoise import fields
from tortoise.models import Model

from tests.security.isolation.expected_visibility import ADMIN_TABLES, DatabaseRows, RowScope
from tests.security.isolation.raw_tables import Row, Statement, read_tables, rewrite
from workflow import models

MODELS: dict[str, type[Model]] = {
    model._meta.db_table: model
    for model in vars(models).values()
    if isinstance(model, type) and issubclass(model, Model)
}
WATERMARK = re.compile(r"~[a-z0-9]+~")
MIN_LENGTH = 255
"""Shorter columns contain words, codes, keys and hashes."""
UNMARKED_TABLES = frozenset({"organization", "sales_process", "search_document"})
"""Tables that are not marked: an organization's name is its mark, a process is cached by its id, and triggers
write the documents of search from the marked names."""


class Watermarks:
    """The mark of each scope, and the amounts in its rows, as answers contain them."""

    def __init__(self) -> None:
        self.scopes: dict[str, RowScope] = {}
        self.amounts: dict[str, RowScope] = {}
        self.admins: set[str] = set()
        self._letters: dict[str, str] = {}
        self._marks: dict[RowScope | str, str] = {}
        self._primes = _primes()
        self._round_numbers = count()

    async def apply(self, url: str) -> None:
        """Mark what is not marked yet, while nobody else uses the database."""
        facts = DatabaseRows(await read_tables(url))
        round_number = next(self._round_numbers)
        written = (
            statement
            for table, model in MODELS.items()
            if table not in UNMARKED_TABLES
            for row in facts.tables[table]
            if "organization_id" in row
            and (statement := self._statement(facts, table, model, row, round_number))
        )
        await rewrite(url, list(written))

    def _statement(
        self, facts: DatabaseRows, table: str, model: type[Model], row: Row, turn: int
    ) -> Statement | None:
        home = facts.scope(table, row)
        mark = self._mark(table, home)
        changes = {
            **_marked_texts(model, row, mark if home[1] else f"{mark}{turn}"),
            **_marked_objects(row, mark),
        }
        if not changes:
            return None
        changes |= self._amounts(table, row, home)
        key = model._meta.db_pk_column
        sets = ", ".join(f'"{name}" = ${place}' for place, name in enumerate(changes, 2))
        return f'UPDATE "{table}" SET {sets} WHERE "{key}" = $1', [row[key], *changes.values()]

    def _mark(self, table: str, home: RowScope) -> str:
        organization_id, _ = home
        letter = self._letters.setdefault(organization_id, "abcdefgh"[len(self._letters)])
        if table in ADMIN_TABLES:
            self.admins.add(f"~{letter}key~")
            return f"~{letter}key~"
        if home not in self._marks:
            self._marks[home] = f"~{letter}{len(self._marks)}~"
            self.scopes[self._marks[home]] = home
        return self._marks[home]

    def _amounts(self, table: str, row: Row, home: RowScope) -> dict[str, object]:
        """Yield a unique amount for every money column; a deal's is in base currency, to make sums exact."""
        found: dict[str, object] = {}
        for name in (name for name in row if name.endswith("_minor") and name != "base_minor"):
            prime = next(self._primes)
            self.amounts[amount(prime)] = home
            found |= {name: prime, name.replace("_minor", "_currency"): "EUR"}
            if table == "opportunity":
                found["base_minor"] = prime
        return found


def amount(minor: int) -> str:
    """Return an amount in EUR as answers contain it."""
    return f"{minor // 100}.{minor % 100:02d}"


def _marked_texts(model: type[Model], row: Row, mark: str) -> dict[str, object]:
    """Return the free texts of a row that have no mark yet, with a mark."""
    columns = {name: model._meta.fields_map[name] for name in row if name in model._meta.fields_map}
    free = [name for name, column in columns.items() if _is_free_text(column)]
    texts = {
        name: row[name] for name in free if isinstance(row[name], str) and not WATERMARK.search(row[name])
    }
    return {name: f"{text}{mark}" for name, text in texts.items()}


def _is_free_text(column: Any) -> bool:
    longest = getattr(column, "max_length", None)
    if isinstance(column, fields.CharField):
        return longest is not None and longest >= MIN_LENGTH
    return isinstance(column, fields.TextField)


def _marked_objects(row: Row, mark: str) -> dict[str, object]:
    """Return JSON objects with the mark under an additional key."""
    found: dict[str, object] = {}
    for name in ("attributes", "payload"):
        value = json.loads(row[name]) if isinstance(row.get(name), str) else None
        if isinstance(value, Mapping) and not WATERMARK.search(row[name]):
            found[name] = json.dumps({**value, "mark": mark}, ensure_ascii=False)
    return found


def _primes() -> Iterator[int]:
    """Yield primes above a million; a sum of some is not another known amount."""
    return (number for number in count(1_000_003, 2) if all(number % one for one in range(3, 1_050, 2)))
