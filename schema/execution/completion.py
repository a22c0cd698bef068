"""Completion: a column of values that resolvers returned becomes a column of the response.

A column has one value for each row of a level. The rules are those of the GraphQL specification; the
messages are graphql-core's own.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar, cast

from graphql import (
    FieldNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLField,
    GraphQLLeafType,
    GraphQLObjectType,
    GraphQLOutputType,
    Undefined,
    is_abstract_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.executor import Executor, invalid_return_type_error
from graphql.pyutils import is_iterable

from schema.execution.driver import gather_all
from schema.execution.failures import Failure, absorb, failure, first_failure
from schema.execution.places import ItemPlace, Place, SomePlaces

if TYPE_CHECKING:
    from schema.execution.executor import LevelExecutor
    from schema.execution.plan import LevelPlan

Value = TypeVar("Value")
Column = list[Any]  # Any: values of the response, or failures
NOTHING = type(None)
PLAIN_LISTS = {list, tuple, NOTHING}
MAX_INT = 2**31 - 1
MIN_INT = -(2**31)

PLAIN_TYPES: dict[str, type] = {"String": str, "ID": str, "Boolean": bool, "Int": int, "Float": float}
"""The types of the values that a built-in scalar returns unchanged."""
PLAIN_CHECKS: dict[str, Callable[[Collection[Any]], bool]] = {
    "Int": lambda values: not values or (min(values) >= MIN_INT and max(values) <= MAX_INT),
    "Float": lambda values: all(map(isfinite, values)),
}
"""What else must hold for them."""

WRITE_COLUMN = "write_column"
"""The attribute of a scalar's function that holds the function for values of one class, or null."""


def writes_column(write_column: Callable[[Any], Any]) -> Callable[[Value], Value]:
    """Declare a faster way to write a column of values than to call the function of the scalar for each."""

    def declare(write: Value) -> Value:
        setattr(write, WRITE_COLUMN, write_column)
        return write

    return declare


class FieldSite:
    """The field that a column belongs to: what its errors name."""

    __slots__ = ("definition", "details", "name", "nodes", "parent_type")

    def __init__(
        self, parent_type: GraphQLObjectType, definition: GraphQLField, details: list[FieldDetails]
    ) -> None:
        self.parent_type = parent_type
        self.definition = definition
        self.details = details
        self.nodes: list[FieldNode] = [detail.node for detail in details]
        self.name = self.nodes[0].name.value


class Completer(ABC):
    """Completes the values of one type. A plain completer returns its column at once, others are awaited."""

    is_plain = False

    def __init__(self, site: FieldSite) -> None:
        self.site = site

    @abstractmethod
    def complete(self, executor: "LevelExecutor", values: Column, place: Place) -> Any:
        """Return the completed column, or a coroutine of it."""

    def fail(self, executor: "LevelExecutor", error: Exception, place: Place, index: int) -> Failure:
        """Return the failure of one value."""
        return failure(executor, error, self.site.nodes, place, index)


class LeafCompleter(Completer):
    """Completes scalars and enums."""

    is_plain = True

    def __init__(self, site: FieldSite, type_: GraphQLLeafType) -> None:
        super().__init__(site)
        self._type = type_
        self._plain = {NOTHING, PLAIN_TYPES.get(type_.name, NOTHING)}
        self._check = PLAIN_CHECKS.get(type_.name)
        self._write_column: Callable[[Column], Column] | None = getattr(
            type_.coerce_output_value, WRITE_COLUMN, None
        )
        self._names: dict[Any, Any] | None = {None: None} if is_enum_type(type_) else None

    def complete(self, executor: "LevelExecutor", values: Column, place: Place) -> Column:
        """Return the values as the type writes them."""
        try:
            return self._complete_all(values)
        except Exception:  # some value has an error: find out which
            return [self._complete_one(executor, value, place, index) for index, value in enumerate(values)]

    def _complete_all(self, values: Column) -> Column:
        names = self._names
        if names is not None:
            for value in set(values):
                if value not in names:
                    names[value] = self._convert(value)
            return [names[value] for value in values]
        kinds = set(map(type, values))
        if kinds <= self._plain:
            check = self._check
            if check is None or check(
                values if NOTHING not in kinds else [value for value in values if value is not None]
            ):
                return values
        if len(kinds - {NOTHING}) == 1 and Failure not in kinds:
            return self._complete_equal(values)
        return [self._convert(value) for value in values]

    def _complete_equal(self, values: Column) -> Column:
        """Complete values of one class, and null."""
        if self._write_column is not None:
            return self._write_column(values)
        write = self._type.coerce_output_value
        written = [None if value is None else write(value) for value in values]
        if written.count(None) > values.count(None):
            raise ValueError("A value was written as null.")
        return written

    def _convert(self, value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        if type(value) is Failure:
            raise value.error
        return (
            None if value is None or value is Undefined else Executor.complete_leaf_value(self._type, value)
        )

    def _complete_one(self, executor: "LevelExecutor", value: Any, place: Place, index: int) -> Any:
        if type(value) is Failure:
            return value
        try:
            return self._convert(value)
        except Exception as error:
            return self.fail(executor, error, place, index)


class NonNullCompleter(Completer):
    """Refuses null where the schema does not allow it."""

    def __init__(self, site: FieldSite, inner: Completer) -> None:
        super().__init__(site)
        self._inner = inner
        self.is_plain = inner.is_plain

    def complete(self, executor: "LevelExecutor", values: Column, place: Place) -> Any:
        """Complete the values, and fail where one is null."""
        if self.is_plain:
            return self._without_null(executor, self._inner.complete(executor, values, place), place)
        return self._complete_later(executor, values, place)

    async def _complete_later(self, executor: "LevelExecutor", values: Column, place: Place) -> Column:
        return self._without_null(executor, await self._inner.complete(executor, values, place), place)

    def _without_null(self, executor: "LevelExecutor", values: Column, place: Place) -> Column:
        if None in values:
            name = f"{self.site.parent_type}.{self.site.name}"
            error = TypeError(f"Cannot return null for non-nullable field {name}.")
            return [
                self.fail(executor, error, place, index) if value is None else value
                for index, value in enumerate(values)
            ]
        return values


class ListCompleter(Completer):
    """Completes lists: the items of all lists of the column are completed together."""

    def __init__(self, site: FieldSite, item: Completer, *, nullable_items: bool) -> None:
        super().__init__(site)
        self._item = item
        self._nullable_items = nullable_items
        self.is_plain = item.is_plain

    def complete(self, executor: "LevelExecutor", values: Column, place: Place) -> Any:
        """Complete the items of all lists."""
        lists = self._lists(executor, values, place)
        lengths = [len(found) if type(found) is list else 0 for found in lists]
        items = [item for found in lists if type(found) is list for item in found]
        item_place = ItemPlace(place, lengths)
        if self.is_plain:
            completed = self._item.complete(executor, items, item_place)
            return self._split(executor, lists, completed, item_place)
        return self._complete_later(executor, lists, items, item_place)

    async def _complete_later(
        self,
        executor: "LevelExecutor",
        lists: Column,
        items: Column,
        place: ItemPlace,
    ) -> Column:
        completed = await self._item.complete(executor, items, place) if items else []
        return self._split(executor, lists, completed, place)

    def _lists(self, executor: "LevelExecutor", values: Column, place: Place) -> Column:
        """Return the values as lists, with null and failures as they are; count the rows."""
        if set(map(type, values)) <= PLAIN_LISTS and executor.count_rows(sum(map(len, filter(None, values)))):
            return [value if type(value) is not tuple else list(value) for value in values]
        lists: Column = []
        for index, value in enumerate(values):
            try:
                lists.append(self._list(executor, value))
            except Exception as error:
                lists.append(self.fail(executor, error, place, index))
        return lists

    def _list(self, executor: "LevelExecutor", value: Any) -> Any:
        if value is None or type(value) is Failure:
            return value
        if type(value) is list:
            executor.count_list(len(value))
            return value
        if isinstance(value, Exception):
            raise value
        if value is Undefined:
            return None
        if type(value) is not tuple and not is_iterable(value):
            message = (
                "Expected Iterable, but did not find one for field"
                f" '{self.site.parent_type}.{self.site.name}'."
            )
            raise GraphQLError(message)
        found = list(value)
        executor.count_list(len(found))
        return found

    def _split(self, executor: "LevelExecutor", lists: Column, items: Column, place: ItemPlace) -> Column:
        """Return the completed items as lists again."""
        if self._nullable_items:
            items = absorb(executor, items, place)
        rest = iter(items)
        split = [list(islice(rest, len(found))) if type(found) is list else found for found in lists]
        if executor.has_failures:
            split = [(first_failure(found) or found) if type(found) is list else found for found in split]
        return split


class CompositeCompleter(Completer):
    """Completes objects, interfaces and unions: the values are the rows of the next level."""

    async def complete(self, executor: "LevelExecutor", values: Column, place: Place) -> Column:
        """Read the selected fields of all values; values of different types are read side by side."""
        level = self._only_level(values)
        if level is not None:
            return await self._complete_rows(executor, level, values, place)
        completed: Column = [None] * len(values)
        groups: dict[LevelPlan, list[int]] = {}
        for index, value in enumerate(values):
            if type(value) is Failure:
                completed[index] = value
            elif value is not None and value is not Undefined:
                try:
                    groups.setdefault(self._level(executor, value, place), []).append(index)
                except Exception as error:
                    completed[index] = self.fail(executor, error, place, index)
        works = [
            level.read(executor, [values[index] for index in indexes], SomePlaces(place, indexes))
            for level, indexes in groups.items()
        ]
        for indexes, rows in zip(groups.values(), await gather_all(works), strict=True):
            for index, row in zip(indexes, rows, strict=True):
                completed[index] = row
        return completed

    async def _complete_rows(
        self, executor: "LevelExecutor", level: "LevelPlan", values: Column, place: Place
    ) -> Column:
        """Read the selected fields of values of one type, some of which may be null."""
        if NOTHING not in set(map(type, values)):
            return await level.read(executor, values, place)
        indexes = [index for index, value in enumerate(values) if value is not None]
        rows = iter(
            await level.read(executor, [values[index] for index in indexes], SomePlaces(place, indexes))
        )
        return [None if value is None else next(rows) for value in values]

    def _only_level(self, values: Column) -> "LevelPlan | None":
        """Return the plan for all values, if they are known to be of one type or null."""
        return None

    @abstractmethod
    def _level(self, executor: "LevelExecutor", value: Any, place: Place) -> "LevelPlan":
        """Return the plan for the type of a value; raise if the value has none of the possible types."""


class ObjectCompleter(CompositeCompleter):
    """Completes values of one object type."""

    def __init__(self, site: FieldSite, type_: GraphQLObjectType, level: "LevelPlan") -> None:
        super().__init__(site)
        self._type = type_
        self._plan = level
        self._accepted: set[type] = {NOTHING}

    def _only_level(self, values: Column) -> "LevelPlan | None":
        return self._plan if set(map(type, values)) <= self._accepted else None

    def _level(self, executor: "LevelExecutor", value: Any, place: Place) -> "LevelPlan":
        if type(value) not in self._accepted:
            if isinstance(value, Exception):
                raise value
            if self._type.is_type_of is not None and not self._type.is_type_of(
                value, executor.info_of(self.site, place)
            ):
                raise invalid_return_type_error(self._type, value, self.site.details)
            # Whether a value is of a type depends on its class alone.
            self._accepted.add(type(value))
        return self._plan


class AbstractCompleter(CompositeCompleter):
    """Completes values of an interface or a union, each by its runtime type."""

    def __init__(self, site: FieldSite, type_: GraphQLAbstractType) -> None:
        super().__init__(site)
        self._type = type_
        self._plans: dict[type, LevelPlan] = {}

    def _level(self, executor: "LevelExecutor", value: Any, place: Place) -> "LevelPlan":
        if isinstance(value, Exception):
            raise value
        plan = self._plans.get(type(value))
        if plan is None:
            resolve = self._type.resolve_type or executor.type_resolver
            info = executor.info_of(self.site, place)
            name = resolve(value, info, self._type)
            runtime_type = executor.ensure_valid_runtime_type(
                name, self._type, self.site.details, info, value
            )
            if runtime_type.is_type_of is not None and not runtime_type.is_type_of(value, info):
                raise invalid_return_type_error(runtime_type, value, self.site.details)
            plan = executor.plan_of(runtime_type, self.site.details)
            self._plans[type(value)] = plan
        return plan


def completer(executor: "LevelExecutor", site: FieldSite, type_: GraphQLOutputType) -> Completer:
    """Return the completer of a type, with the plans of the levels below it."""
    if is_non_null_type(type_):
        return NonNullCompleter(site, completer(executor, site, type_.of_type))
    if is_list_type(type_):
        item_type = type_.of_type
        nullable_items = not is_non_null_type(item_type)
        return ListCompleter(site, completer(executor, site, item_type), nullable_items=nullable_items)
    if is_object_type(type_):
        return ObjectCompleter(site, type_, executor.plan_of(type_, site.details))
    if is_abstract_type(type_):
        # The levels of its types are planned when the first values come, after other rows were read.
        executor.columns.add(site.parent_type, None)
        return AbstractCompleter(site, type_)
    return LeafCompleter(site, cast(GraphQLLeafType, type_))
