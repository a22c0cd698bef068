"""What is handed in where a question asks for an id, a text or a cursor: one's own, one out of sight, a stranger's."""

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
from tests.security.isolation.expected_visibility import Home, Sight
from tests.security.isolation.raw_tables import Row
from tests.support.mutation_cases.case import DOCUMENT

OWN, UNSEEN, FOREIGN, PLAIN = "own", "unseen", "foreign", "plain"
KINDS = (OWN, UNSEEN, FOREIGN)
MEANT: Mapping[str, str] = {
    "ownerId": "Member",
    "collaboratorId": "Member",
    "managerId": "Member",
    "parentId": "Team",
    "processId": "SalesProcess",
}
"""The types of ids whose names do not tell them."""
TEXTS: Mapping[str, tuple[str, str]] = {
    "competitorName": ("competitor", "name"),
    "text": ("", "name"),
    "key": ("sales_process", "process_key"),
    "types": ("event", "type"),
}
"""Table and column of texts whose names do not tell them; no table: that of what is listed."""
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
"""Values of what names nobody."""
MANY = 3


class Unknown(Exception):
    """Nothing says what belongs in a place of the schema."""


@dataclass
class Values:
    """What one person may hand in, and what they should not know: rows by kind, and cursors of lists by who was given them."""

    own: Sight
    stranger: Sight
    cursors: Mapping[str, Sequence[tuple[str, Home]]] = field(default_factory=dict)

    def rows(self, table: str, kind: str) -> list[Row]:
        """The rows of a table that are meant by a kind."""
        if table not in self.own.facts.tables:
            raise Unknown(
                f"There is no table {table!r}: name it in MEANT or TEXTS of tests/security/isolation/argument_values.py."
            )
        if kind == FOREIGN:
            return self.stranger.seen(table)
        return self.own.seen(table) if kind == OWN else self.own.unseen(table)

    def ids(self, kind_of_record: str, kind: str) -> list[str]:
        """Ids of records of a type."""
        rows = self.rows(snake(kind_of_record), kind)
        return [str(encode(kind_of_record, UUID(row["id"]))) for row in rows]

    def cursor(self, place: str, kind: str) -> list[str]:
        """Cursors of a list that stand at rows of the kind."""
        sights = {OWN: self.own, FOREIGN: self.stranger, UNSEEN: self.own}
        found = [
            cursor
            for cursor, home in self.cursors.get(place, ())
            if home[0] == sights[kind].person.organization_id
            and (kind == FOREIGN or self.own.may_be_told_of(home) == (kind == OWN))
        ]
        return _some(found)[:1]


@dataclass(frozen=True)
class Filling:
    """A value for an argument, where in it what is asked about stands, of which kind that is, and whether each person asks it."""

    path: str
    kind: str
    value: Any
    each: bool = False


def fillings(values: Values, kind: GraphQLInputType, *, name: str, listed: str, place: str) -> Iterator[Filling]:
    """Every value that is tried for an argument or a field of a filter; `listed` is the type of what is found."""
    named, many = get_named_type(kind), _is_list(kind)
    if named.name == "ID":
        for which in KINDS:
            yield from _wrapped(values.ids(_meant(values, name, listed), which), name, which, many=many, each=True)
    elif named.name == "String" and name in CURSORS:
        for which in KINDS:
            yield from (Filling(name, which, cursor, each=True) for cursor in values.cursor(place, which))
    elif named.name == "String":
        for which in KINDS:
            yield from _wrapped(_texts(values, name, listed, which), name, which, many=many)
    elif isinstance(named, GraphQLInputObjectType) and named.name not in SAMPLES:
        yield from _inside(values, named, name=name, listed=listed, place=place, many=many)
    else:
        for sample in samples(kind):
            yield Filling(name, PLAIN, sample)


def samples(kind: GraphQLInputType) -> list[Any]:
    """Values of a type that names nobody: of an enum each, of an input one with all that it must have."""
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        found: list[Any] = list(named.values)
    elif named.name in SAMPLES:
        found = list(SAMPLES[named.name])
    elif isinstance(named, GraphQLInputObjectType):
        required = {key: one for key, one in named.fields.items() if is_required_input_field(one)}
        found = [{key: samples(one.type)[0] for key, one in (required or named.fields).items()}]
    else:
        raise Unknown(f"Say what a {named.name} is in SAMPLES of tests/security/isolation/argument_values.py.")
    return [[one] for one in found] if _is_list(kind) else found


def snake(name: str) -> str:
    """A name of the schema as the tables have it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _inside(
    values: Values, kind: GraphQLInputObjectType, *, name: str, listed: str, place: str, many: bool
) -> Iterator[Filling]:
    """Each field of a filter alone; what names somebody also by what it is not."""
    if not _names_somebody(kind):
        yield from (Filling(name, PLAIN, one) for one in samples(kind))
        return
    filtered = kind.name.removesuffix("Filter")
    listed = filtered if snake(filtered) in values.own.facts.tables else listed
    for key, inner in kind.fields.items():
        if get_named_type(inner.type) is kind:
            continue
        for found in fillings(values, inner.type, name=key, listed=listed, place=place):
            alone = {key: found.value}
            yield Filling(f"{name}.{found.path}", found.kind, [alone] if many else alone, found.each)
            if "not" in kind.fields and not many and found.kind != PLAIN:
                yield Filling(f"{name}.not.{found.path}", found.kind, {"not": alone})


def _names_somebody(kind: GraphQLInputObjectType) -> bool:
    return any(get_named_type(one.type).name in ("ID", "String") for one in kind.fields.values())


def _meant(values: Values, name: str, listed: str) -> str:
    if name in ("id", "ids"):
        return listed
    told = MEANT.get(name) or f"{name[0].upper()}{name.removesuffix('s').removesuffix('Id')[1:]}"
    if snake(told) not in values.own.facts.tables:
        raise Unknown(f"Say in MEANT of tests/security/isolation/argument_values.py of which type `{name}` is an id.")
    return told


def _texts(values: Values, name: str, listed: str, which: str) -> list[str]:
    table, column = TEXTS.get(name) or ("", snake(name))
    rows = values.rows(table or snake(listed), which)
    known = {key for row in values.rows(table or snake(listed), OWN) for key in row}
    column = column if column in known else column.removesuffix("s")
    if known and column not in known:
        raise Unknown(
            f"Say in TEXTS of tests/security/isolation/argument_values.py in which table and column `{name}` of a {listed} stands."
        )
    return list(dict.fromkeys(row[column] for row in rows if row[column]))


def _wrapped(found: Sequence[str], name: str, kind: str, *, many: bool, each: bool = False) -> Iterator[Filling]:
    if found:
        chosen = _some(found)
        yield Filling(name, kind, chosen if many else chosen[-1], each)


def _some(found: Sequence[str]) -> list[str]:
    """A few of them, from all over."""
    return list(found[:: max(1, len(found) // MANY)][:MANY])


def _is_list(kind: GraphQLInputType) -> bool:
    return isinstance(kind.of_type if isinstance(kind, GraphQLNonNull) else kind, GraphQLList)


def record_name(kind: GraphQLObjectType) -> str:
    """The type of what a field finds: of a page that of its rows."""
    nodes = kind.fields.get("nodes")
    return get_named_type(nodes.type).name if nodes else kind.name
