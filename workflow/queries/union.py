"""Several SELECTs in one statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tortoise.models import Model

from workflow.models.engine.database import fetch

Record = Mapping[str, Any]  # Any: each column has its own kind
Column = tuple[str, Any]
"""The SQL of a column, and the field that converts its values; None if they need no conversion."""


def table_columns(table: type[Model], names: Iterable[str]) -> dict[str, Column]:
    """Return columns of a table under their own names."""
    return {name: (f'"{table._meta.db_table}"."{name}"', table._meta.fields_map[name]) for name in names}


class UnionAll:
    """SELECTs that are joined by UNION ALL; each has NULL in the columns that only others have."""

    def __init__(self) -> None:
        self._values: list[object] = []
        self._selects: list[tuple[Mapping[str, Column], str]] = []

    def bind(self, *values: object) -> str:
        """Add values to the statement and return their placeholders, for a comparison or for IN."""
        start = len(self._values) + 1
        self._values += values
        return ", ".join(f"${position}" for position in range(start, start + len(values))) or "NULL"

    def select(self, columns: Mapping[str, Column], source: str) -> None:
        """Add a SELECT of these columns; `source` is its text from FROM on."""
        self._selects.append((columns, source))

    async def rows(self) -> list[list[Record]]:
        """Run the statement and return the records of each SELECT."""
        names = list(dict.fromkeys(name for columns, _ in self._selects for name in columns))
        texts = [
            f"SELECT {index} AS part, {', '.join(_select_item(columns, name) for name in names)} {source}"
            for index, (columns, source) in enumerate(self._selects)
        ]
        results: list[list[Record]] = [[] for _ in texts]
        for record in await fetch(" UNION ALL ".join(texts), *self._values):
            part = record["part"]
            results[part].append(
                {name: _convert(column, record[name]) for name, column in self._selects[part][0].items()}
            )
        return results


def _select_item(columns: Mapping[str, Column], name: str) -> str:
    return f'{columns[name][0] if name in columns else "NULL"} AS "{name}"'


def _convert(column: Column, value: Any) -> Any:
    field = column[1]
    return value if field is None or value is None else field.to_python_value(value)


def sort_records(records: Iterable[Record], by: str) -> Sequence[Record]:
    """Return the records ordered by a column, because a UNION ALL has no order of its own."""
    return sorted(records, key=lambda record: record[by])
