"""Values for arguments of ids, texts and cursors: visible to the viewer, hidden from them, and foreign."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_required_input_field,
)

from schema.core.ids import encode
from tests.security.isolation.expected_visibility import ExpectedVisibility, RowScope
from tests.security.isolation.raw_tables import Row
from tests.support.mutation_cases.case import DOCUMENT

OWN = "own"
UNSEEN = "unseen"
FOREIGN = "foreign"
PLAIN = "plain"
KINDS = (OWN, UNSEEN, FOREIGN)
ID_TYPES: Mapping[str, str] = {
    "ownerId": "Member",
    "collaboratorId": "Member",
    "managerId": "Member",
    "parentId": "Team",
    "processId": "SalesProcess",
}
"""Types of ids whose argument does not name the type."""
TEXT_COLUMNS: Mapping[str, tuple[str, str]] = {
    "competitorName": ("competitor", "name"),
    "text": ("", "name"),
    "key": ("sales_process", "process_key"),
    "types": ("event", "type"),
}
"""Table and column of texts whose argument does not name them; without a table, that of the listed type."""
CURSORS = frozenset({"after", "before"})
SAMPLES: Mapping[str, Sequence[Any]] = {
    "Boolean": (True, False),
    "Int": (2,),
    "Float": (0.5,),
    "Decimal": ("20000",),
    "Date": ("2026-03-01",),
    "DateTime": ("2026-03-02T09:00:00Z",),
    "JSON": ({},),
    "SalesProcessInput": (DOCUMENT,),
}
"""Values of scalars that identify nobody."""
MAX_VALUES = 3


class UnknownArgument(Exception):
    """An argument of the schema for which no value is known."""


@dataclass
class ArgumentValues:
    """Values that one viewer may send, and the rows and cursors that they must not learn about."""

    own: ExpectedVisibility
    other: ExpectedVisibility
    cursors: Mapping[str, Sequence[tuple[str, RowScope]]] = field(default_factory=dict)

    def rows(self, table: str, kind: str) -> list[Row]:
        """Return the rows of a table of one kind: visible, hidden or foreign."""
        if table not in self.own.rows.tables:
            raise UnknownArgument(
                f"There is no table {table!r}: correct ID_TYPES or TEXT_COLUMNS in argument_values.py."
            )
        if kind == FOREIGN:
            return self.other.visible_rows(table)
        return self.own.visible_rows(table) if kind == OWN else self.own.hidden_rows(table)

    def ids(self, kind_of_record: str, kind: str) -> list[str]:
        """Return the ids of records of a type."""
        rows = self.rows(snake_case(kind_of_record), kind)
        return [str(encode(kind_of_record, UUID(row["id"]))) for row in rows]

    def cursor(self, place: str, kind: str) -> list[str]:
        """Return the cursors of a list at rows of one kind."""
        sights = {OWN: self.own, FOREIGN: self.other, UNSEEN: self.own}
        found = [
            cursor
            for cursor, home in self.cursors.get(place, ())
            if home[0] == sights[kind].viewer.organization_id
            and (kind == FOREIGN or self.own.may_know(home) == (kind == OWN))
        ]
        return _spread(found)[:1]


@dataclass(frozen=True)
class ArgumentValue:
    """A value of an argument, the path to the tested text in it, its kind, and if each viewer sends it."""

    path: str
    kind: str
    value: Any
    per_viewer: bool = False


def argument_values(
    values: ArgumentValues, kind: GraphQLInputType, *, name: str, listed: str, place: str
) -> Iterator[ArgumentValue]:
    """Yield every value for an argument or a field of a filter; `listed` is the type of the result."""
    named = get_named_type(kind)
    many = _is_list(kind)
    if named.name == "ID":
        for which in KINDS:
            yield from _as_value(
                values.ids(_id_type(values, name, listed), which), name, which, many=many, each=True
            )
    elif named.name == "String" and name in CURSORS:
        for which in KINDS:
            yield from (
                ArgumentValue(name, which, cursor, per_viewer=True) for cursor in values.cursor(place, which)
            )
    elif named.name == "String":
        for which in KINDS:
            yield from _as_value(_texts(values, name, listed, which), name, which, many=many)
    elif isinstance(named, GraphQLInputObjectType) and named.name not in SAMPLES:
        yield from _filter_values(values, named, name=name, listed=listed, place=place, many=many)
    else:
        for sample in samples(kind):
            yield ArgumentValue(name, PLAIN, sample)


def samples(kind: GraphQLInputType) -> list[Any]:
    """Return values of a type that identifies nobody: values of an enum, required fields of an input."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        found: list[Any] = list(named.values)
    elif named.name in SAMPLES:
        found = list(SAMPLES[named.name])
    elif isinstance(named, GraphQLInputObjectType):
        required = {key: one for key, one in named.fields.items() if is_required_input_field(one)}
        found = [{key: samples(one.type)[0] for key, one in (required or named.fields).items()}]
    else:
        raise UnknownArgument(f"Add a value of {named.name} to SAMPLES in argument_values.py.")
    return [[one] for one in found] if _is_list(kind) else found


def snake_case(name: str) -> str:
    """Return the name of a column for a name of the schema."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _filter_values(
    values: ArgumentValues, kind: GraphQLInputObjectType, *, name: str, listed: str, place: str, many: bool
) -> Iterator[ArgumentValue]:
    """Yield each field of a filter alone; a field that identifies somebody also negated."""
    if not _takes_names(kind):
        yield from (ArgumentValue(name, PLAIN, one) for one in samples(kind))
        return
    filtered = kind.name.removesuffix("Filter")
    listed = filtered if snake_case(filtered) in values.own.rows.tables else listed
    for key, inner in kind.fields.items():
        if get_named_type(inner.type) is kind:
            continue
        for found in argument_values(values, inner.type, name=key, listed=listed, place=place):
            alone = {key: found.value}
            yield ArgumentValue(
                f"{name}.{found.path}", found.kind, [alone] if many else alone, found.per_viewer
            )
            if "not" in kind.fields and not many and found.kind != PLAIN:
                yield ArgumentValue(f"{name}.not.{found.path}", found.kind, {"not": alone})


def _takes_names(kind: GraphQLInputObjectType) -> bool:
    return any(get_named_type(one.type).name in ("ID", "String") for one in kind.fields.values())


def _id_type(values: ArgumentValues, name: str, listed: str) -> str:
    if name in ("id", "ids"):
        return listed
    type_name = ID_TYPES.get(name) or f"{name[0].upper()}{name.removesuffix('s').removesuffix('Id')[1:]}"
    if snake_case(type_name) not in values.own.rows.tables:
        raise UnknownArgument(f"Add the type of the id `{name}` to ID_TYPES in argument_values.py.")
    return type_name


def _texts(values: ArgumentValues, name: str, listed: str, which: str) -> list[str]:
    table, column = TEXT_COLUMNS.get(name) or ("", snake_case(name))
    rows = values.rows(table or snake_case(listed), which)
    known = {key for row in values.rows(table or snake_case(listed), OWN) for key in row}
    column = column if column in known else column.removesuffix("s")
    if known and column not in known:
        raise UnknownArgument(
            f"Add the table and the column of `{name}` of a {listed} to TEXT_COLUMNS in argument_values.py."
        )
    return list(dict.fromkeys(row[column] for row in rows if row[column]))


def _as_value(
    found: Sequence[str], name: str, kind: str, *, many: bool, each: bool = False
) -> Iterator[ArgumentValue]:
    if found:
        chosen = _spread(found)
        yield ArgumentValue(name, kind, chosen if many else chosen[-1], each)


def _spread(found: Sequence[str]) -> list[str]:
    """Return a few of the values, spread over all."""
    return list(found[:: max(1, len(found) // MAX_VALUES)][:MAX_VALUES])


def _is_list(kind: GraphQLInputType) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def record_name(kind: GraphQLObjectType) -> str:
    """Return the type that a field finds; for a page, that of its rows."""
    nodes = kind.fields.get("nodes")
    return get_named_type(nodes.type).name if nodes else kind.name
