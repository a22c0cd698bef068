"""The readers of fields: an attribute of each row, a function of each row, or one batch for all rows."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from graphql import GraphQLUnionType, Node, VariableNode, get_named_type
from graphql.execution.values import get_argument_values
from strawberry.schema.schema_converter import get_arguments
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver

from schema.execution.columns import NEEDS, Needs
from schema.execution.completion import Column, FieldSite
from schema.execution.driver import Raised, all_of
from schema.execution.failures import failure
from schema.execution.places import Place, SomePlaces
from workflow.rules.errors import UnavailableError

if TYPE_CHECKING:
    from schema.execution.executor import LevelExecutor

BATCH = "batch"
"""The attribute of a resolver that holds its batch function."""
COLUMN = "column"
"""The attribute of a resolver without arguments that holds a function of all rows, with the same values."""
READ_COLUMN = "read_column"
"""The attribute of a row's class that holds a function of a column's name and a list of rows."""
ROW = object()
INFO = object()


class FieldReader(ABC):
    """Reads the raw values of a field, one for each row. A plain reader returns them at once."""

    is_plain = True

    def __init__(self, site: FieldSite) -> None:
        self.site = site

    @property
    def needs(self) -> Needs | None:
        """The columns that the field reads; None if it may read any."""
        return None

    @abstractmethod
    def read(self, executor: "LevelExecutor", rows: Column, place: Place) -> Any:
        """Return the column of values, or a coroutine of it."""

    def each(
        self, executor: "LevelExecutor", rows: Column, place: Place, read_one: Callable[[Any], Any]
    ) -> Column:
        """Read row by row; a row whose reader raises has a failure."""
        values: Column = []
        for index, row in enumerate(rows):
            try:
                values.append(read_one(row))
            except Exception as error:
                values.append(failure(executor, error, self.site.nodes, place, index))
        return values


def read_attribute(rows: Column, name: str) -> Column:
    """Return an attribute of each row. Rows of one class may know how to read all of them at once."""
    read_column = getattr(type(rows[0]), READ_COLUMN, None)
    if read_column is not None and len(set(map(type, rows))) == 1:
        column: Column = read_column(name, rows)
        return column
    return list(map(attrgetter(name), rows))


class AttributeReader(FieldReader):
    """Reads an attribute of each row."""

    def __init__(self, site: FieldSite, name: str) -> None:
        super().__init__(site)
        self._name = name
        self._get = attrgetter(name)

    @property
    def needs(self) -> Needs:
        return Needs(frozenset({self._name}))

    def read(self, executor: "LevelExecutor", rows: Column, place: Place) -> Column:
        """Return the attribute of each row."""
        try:
            return read_attribute(rows, self._name)
        except Exception:  # some row has an error: find out which
            return self.each(executor, rows, place, self._get)


class TypeNameReader(FieldReader):
    """Reads `__typename`."""

    needs = Needs()

    def read(self, executor: "LevelExecutor", rows: Column, place: Place) -> Column:
        """Return the name of the level's type."""
        return [self.site.parent_type.name] * len(rows)


class ResolverReader(FieldReader):
    """Calls graphql-core's resolver for each row: for fields that Strawberry or graphql-core handle."""

    is_plain = False

    async def read(self, executor: "LevelExecutor", rows: Column, place: Place) -> Column:
        """Return the result of each row."""
        resolve = self.site.definition.resolve or executor.field_resolver
        info = executor.info_of(self.site, place)
        detail = self.site.details[0]

        def read_one(row: Any) -> Any:
            arguments = get_argument_values(
                self.site.definition, detail.node, executor.variable_values, detail.fragment_variable_values
            )
            return resolve(row, info, **arguments)

        return await await_each(self, executor, self.each(executor, rows, place, read_one), place)


class FunctionReader(FieldReader):
    """Calls a Strawberry resolver: once with all rows if it has a batch function, otherwise for each row."""

    def __init__(self, site: FieldSite, field: StrawberryField, resolver: StrawberryResolver[Any]) -> None:
        super().__init__(site)
        function: Any = resolver.wrapped_func  # a function, or a static method
        self._function: Callable[..., Any] = getattr(function, "__func__", function)
        self._batch: Callable[..., Any] | None = getattr(self._function, BATCH, None)
        self._column: Callable[[Column], Column] | None = getattr(self._function, COLUMN, None)
        self._field = field
        self._has_arguments = bool(site.definition.args)
        self._leading = _leading_parameters(resolver)
        self._constant: dict[str, Any] | None = None
        self.is_plain = not resolver.is_async

    @property
    def needs(self) -> Needs | None:
        return getattr(self._function, NEEDS, None)

    def read(self, executor: "LevelExecutor", rows: Column, place: Place) -> Any:
        """Return the result for each row."""
        if not self.is_plain:
            return self._read_later(executor, rows, place)
        if self._column is not None:
            try:
                return self._column(rows)
            except Exception:  # some row has an error: find out which
                pass
        return self.each(executor, rows, place, self._caller(executor, place))

    async def _read_later(self, executor: "LevelExecutor", rows: Column, place: Place) -> Column:
        if self._batch is None:
            started = self.each(executor, rows, place, self._caller(executor, place))
            return await await_each(self, executor, started, place)
        return await self._read_batch(self._batch, executor, rows, place)

    async def _read_batch(
        self, batch: Callable[..., Any], executor: "LevelExecutor", rows: Column, place: Place
    ) -> Column:
        try:
            wrapped, arguments = self._arguments(executor, place)
            return list(await batch(rows, wrapped, **arguments))
        except Exception as error:
            # Without a database no row has a value: to ask for each would only keep it busy.
            if len(rows) == 1 or isinstance(error, UnavailableError):
                return [failure(executor, error, self.site.nodes, place, index) for index in range(len(rows))]
        # Some row has an error: find out which, so that the others have their values.
        columns = [
            await self._read_batch(batch, executor, [row], SomePlaces(place, [index]))
            for index, row in enumerate(rows)
        ]
        return [value for (value,) in columns]

    def _caller(self, executor: "LevelExecutor", place: Place) -> Callable[[Any], Any]:
        """Return a function of the row; the arguments are converted once."""
        try:
            wrapped, arguments = self._arguments(executor, place)
        except Exception as problem:
            return _raiser(problem)
        function = self._function
        match self._leading:
            case [first] if first is ROW and not arguments:
                return function
            case [first, second] if first is ROW and second is INFO:
                return lambda row: function(row, wrapped, **arguments)
        leading = self._leading
        return lambda row: function(*(row if one is ROW else wrapped for one in leading), **arguments)

    def _arguments(self, executor: "LevelExecutor", place: Place) -> tuple[Any, dict[str, Any]]:
        """Return Strawberry's info, and the arguments as Python values."""
        wrapped = executor.converter.config.info_class(
            _raw_info=executor.info_of(self.site, place), _field=self._field
        )
        if not self._has_arguments:
            return wrapped, {}
        if self._constant is not None:
            return wrapped, self._constant
        detail = self.site.details[0]
        values = get_argument_values(
            self.site.definition, detail.node, executor.variable_values, detail.fragment_variable_values
        )
        _, arguments = get_arguments(
            field=self._field,
            source=None,
            info=wrapped,
            kwargs=values,
            config=executor.converter.config,
            scalar_registry=executor.converter.scalar_registry,
        )
        names = {argument.python_name for argument in self._field.arguments}
        own = {name: value for name, value in arguments.items() if name in names}
        if not _has_variables(detail.node.arguments or ()):
            self._constant = own
        return wrapped, own


def field_reader(executor: "LevelExecutor", site: FieldSite) -> FieldReader:
    """Return the reader of a field."""
    if site.name == "__typename":
        return TypeNameReader(site)
    field = site.definition.extensions.get("strawberry-definition")
    # Strawberry turns exceptions of fields whose type is a union into members of the union.
    if not isinstance(field, StrawberryField) or field.extensions or _is_union(site):
        return ResolverReader(site)
    if site.parent_type is executor.schema.subscription_type:
        return ResolverReader(site)
    resolver = field.base_resolver
    if resolver is None:
        return AttributeReader(site, field.python_name)
    return FunctionReader(site, field, resolver)


async def await_each(reader: FieldReader, executor: "LevelExecutor", values: Column, place: Place) -> Column:
    """Await the values that are coroutines, side by side; one that raises becomes a failure."""
    indexes = [index for index, value in enumerate(values) if inspect.isawaitable(value)]
    for index, result in zip(
        indexes, await all_of([_result(values[index]) for index in indexes]), strict=True
    ):
        values[index] = (
            failure(executor, result.error, reader.site.nodes, place, index)
            if isinstance(result, Raised)
            else result
        )
    return values


async def _await(value: Any) -> Any:
    return await value


def _result(value: Any) -> Any:
    return value if inspect.iscoroutine(value) else _await(value)


def _is_union(site: FieldSite) -> bool:
    return isinstance(get_named_type(site.definition.type), GraphQLUnionType)


def _has_variables(node: Any) -> bool:  # Any: a node or a list of nodes
    """Return True if a part of the document refers to a variable."""
    if isinstance(node, VariableNode):
        return True
    if isinstance(node, Node):
        return any(_has_variables(getattr(node, key)) for key in node.keys)
    return isinstance(node, (list, tuple)) and any(map(_has_variables, node))


def _raiser(problem: Exception) -> Callable[[Any], Any]:
    def raise_problem(row: Any) -> Any:
        raise problem

    return raise_problem


def _leading_parameters(resolver: StrawberryResolver[Any]) -> list[object]:
    """Return what the resolver's parameters before its arguments stand for: the row or the info."""
    special = {
        resolver.self_parameter: ROW,
        resolver.root_parameter: ROW,
        resolver.parent_parameter: ROW,
        resolver.info_parameter: INFO,
    }
    names = {parameter.name: meaning for parameter, meaning in special.items() if parameter is not None}
    return [names[name] for name in resolver.signature.parameters if name in names]
