"""The plan of a level: how each selected field of one object type is read and completed."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, is_non_null_type
from graphql.execution.collect_fields import FieldDetails

from schema.execution.columns import Columns
from schema.execution.completion import Column, FieldSite, completer
from schema.execution.driver import gather_all
from schema.execution.failures import absorb, first_failure
from schema.execution.fields import field_reader
from schema.execution.places import FieldPlace, Place

if TYPE_CHECKING:
    from schema.execution.executor import LevelExecutor


class FieldPlan:
    """The plan of one field of a level: its reader and its completer."""

    def __init__(self, executor: "LevelExecutor", key: str, site: FieldSite) -> None:
        self.key = key
        self._site = site
        self._nullable = not is_non_null_type(site.definition.type)
        self._reader = field_reader(executor, site)
        executor.columns.add(site.parent_type, self._reader.needs)
        self._completer = completer(executor, site, site.definition.type)
        self.is_plain = self._reader.is_plain and self._completer.is_plain

    def read(self, executor: "LevelExecutor", rows: Column, rows_place: Place) -> Any:
        """Return the completed column of the field, or a coroutine of it."""
        place = FieldPlace(rows_place, self.key, self._site.parent_type.name)
        if not self.is_plain:
            return self._read_later(executor, rows, place)
        values = self._completer.complete(executor, self._reader.read(executor, rows, place), place)
        return absorb(executor, values, place) if self._nullable else values

    async def _read_later(self, executor: "LevelExecutor", rows: Column, place: Place) -> Column:
        values = self._reader.read(executor, rows, place)
        if not self._reader.is_plain:
            values = await values
        values = self._completer.complete(executor, values, place)
        if not self._completer.is_plain:
            values = await values
        return absorb(executor, values, place) if self._nullable else values


class LevelPlan:
    """The plan of the selected fields of one object type."""

    def __init__(
        self, executor: "LevelExecutor", type_: GraphQLObjectType, selection: Mapping[str, list[FieldDetails]]
    ) -> None:
        self._fields = [
            FieldPlan(executor, key, FieldSite(type_, definition, details))
            for key, details in selection.items()
            if (definition := executor.schema.get_field(type_, details[0].node.name.value))
        ]
        self.columns: Columns | None = None
        self._build = _builder(tuple(field.key for field in self._fields)) if self._fields else None

    async def read(self, executor: "LevelExecutor", rows: Column, place: Place) -> Column:
        """Return a dictionary for each row: its fields in the order of the selection; or its failure."""
        # Directives may leave out every field.
        if not rows or self._build is None:
            return [{} for _ in rows]
        columns = [field.read(executor, rows, place) for field in self._fields]
        later = [index for index, field in enumerate(self._fields) if not field.is_plain]
        if later:
            found = await gather_all([columns[index] for index in later])
            for index, column in zip(later, found, strict=True):
                columns[index] = column
        built: Column = self._build(columns)
        if executor.has_failures:
            failures = map(first_failure, zip(*columns, strict=True))
            return [failed or row for failed, row in zip(failures, built, strict=True)]
        return built


@lru_cache(1000)
def _builder(keys: tuple[str, ...]) -> Callable[[list[Column]], Column]:
    """Return a generated function that builds a dictionary with these keys for each row of the columns."""
    names = [f"value{index}" for index in range(len(keys))]
    items = ", ".join(f"{key!r}: {name}" for key, name in zip(keys, names, strict=True))
    source = f"lambda columns: [{{{items}}} for {', '.join(names)}, in zip(*columns)]"
    built: Callable[[list[Column]], Column] = eval(source)  # GraphQL names only
    return built
