"""Every question that the schema takes, made from the schema itself: each field with each of its arguments, whole answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
    visit,
)

from schema import schema
from tests.security.isolation.argument_values import KINDS, OWN, PLAIN, Filling, Values, fillings, record_name, samples
from tests.support.schema_queries import records

GRAPH = build_schema(schema.as_str())
RECORDS = {kind.name: kind for kind in records(GRAPH)}
Place = tuple[str, str]


@dataclass(frozen=True)
class Question:
    """One request: what it asks, whose ids, texts or cursors it hands in, and whether each person asks it or one of those who see the same."""

    what: str
    kind: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict, hash=False)
    each: bool = True


@cache
def whole(kind: GraphQLNamedType, deep: int, prefix: str = "") -> str:
    """All that can be asked of a type without arguments; records within records to a depth, then their ids."""
    if isinstance(kind, GraphQLUnionType):
        parts = (f"... on {one} {whole(one, deep, f'{one}_')}" for one in kind.types)
        return f"{{ __typename {' '.join(parts)} }}"
    if isinstance(kind, GraphQLInterfaceType):
        return f"{{ __typename {' '.join(kind.fields)} }}"
    if kind.name in RECORDS and not deep:
        return "{ __typename id }"
    assert isinstance(kind, GraphQLObjectType)
    deep -= kind.name in RECORDS
    free = {name: one for name, one in kind.fields.items() if not any(map(is_required_argument, one.args.values()))}
    return f"{{ __typename {' '.join(_asked(name, one, deep, prefix) for name, one in free.items())} }}"


def _asked(name: str, spec: GraphQLField, deep: int, prefix: str) -> str:
    below = get_named_type(spec.type)
    alias = f"{prefix}{name}: " if prefix else ""
    return alias + (name if is_leaf_type(below) else f"{name} {whole(below, 0 if name == 'nodes' else deep)}")


def questions(values: Values) -> Iterator[Question]:
    """All that one person is made to ask."""
    assert GRAPH.query_type
    for name, spec in GRAPH.query_type.fields.items():
        if name not in ("node", "nodes"):
            yield from _of_field(values, ("Query", name), spec, "")
    for parent, name, spec in _nested():
        yield from _below(values, (parent, name), spec)
    for record in RECORDS.values():
        for kind in KINDS:
            yield from _by_id(values, record, kind)


def _nested() -> list[tuple[str, str, GraphQLField]]:
    """The fields below the root that take arguments."""
    types = [GRAPH.type_map[name] for name in reached()]
    return [
        (kind.name, name, spec)
        for kind in types
        if isinstance(kind, GraphQLObjectType) and kind is not GRAPH.query_type
        for name, spec in kind.fields.items()
        if spec.args
    ]


def _below(values: Values, place: Place, spec: GraphQLField) -> Iterator[Question]:
    """A field that takes arguments, of a record that they see, and bare of one that they do not."""
    parent, _ = place
    if parent not in RECORDS:
        yield from _of_field(values, place, spec, " ".join(f"{step} {{" for step in reached()[parent]))
        return
    for kind in KINDS:
        ids = values.ids(parent, kind)
        for id in ids[-1:]:
            way = f'node(id: "{id}") {{ ... on {parent} {{'
            yield from _of_field(values, place, spec, way, only=None if kind == OWN else kind)


def _of_field(
    values: Values, place: Place, spec: GraphQLField, way: str, only: str | None = None
) -> Iterator[Question]:
    """A field bare, and with every argument; on a record out of sight bare alone."""
    what = ".".join(place)
    below = get_named_type(spec.type)
    listed = record_name(below) if isinstance(below, GraphQLObjectType) else below.name
    named = {
        name: list(fillings(values, one.type, name=name, listed=listed, place=what)) for name, one in spec.args.items()
    }
    needed = {name: _one_of(named[name], samples, one) for name, one in spec.args.items() if is_required_argument(one)}
    yield Question(what, only or PLAIN, _written(place, spec, way, needed, 1), needed)
    if only is None:
        for name, found in chain.from_iterable(((name, one) for one in some) for name, some in named.items()):
            given = {**needed, name: found.value}
            yield Question(f"{what}({found.path})", found.kind, _written(place, spec, way, given, 0), given, found.each)


def _one_of(found: list[Filling], otherwise: Any, argument: Any) -> Any:
    return found[0].value if found else otherwise(argument.type)[0]


def _written(place: Place, spec: GraphQLField, way: str, given: Mapping[str, Any], deep: int) -> str:
    declared = ", ".join(f"${name}: {spec.args[name].type}" for name in given)
    passed = ", ".join(f"{name}: ${name}" for name in given)
    below = get_named_type(spec.type)
    asked = "" if is_leaf_type(below) else whole(below, deep)
    end = " }" * way.count("{")
    return f"query{f'({declared})' if declared else ''} {{ {way} {place[1]}{f'({passed})' if passed else ''} {asked}{end} }}"


def paged() -> list[tuple[Place, GraphQLField]]:
    """The lists that give out cursors."""
    assert GRAPH.query_type
    roots = [("Query", name, spec) for name, spec in GRAPH.query_type.fields.items()]
    return [((parent, name), spec) for parent, name, spec in (*roots, *_nested()) if "after" in spec.args]


def cursor_questions(place: Place, values: Values, deep: int) -> Iterator[Question]:
    """Cursors of a list with the ids of their rows; of a list that hangs on records, of some of these."""
    parent, name = place
    asked = f"{name}(first: 100) {{ edges {{ cursor node {{ id }} }} }}"
    if parent == "Query":
        yield Question(f"Query.{name}", OWN, f"query {{ {asked} }}")
    for id in values.ids(parent, OWN)[:deep] if parent in RECORDS else []:
        yield Question(f"{parent}.{name}", OWN, f'query {{ node(id: "{id}") {{ ... on {parent} {{ {asked} }} }} }}')


def _by_id(values: Values, record: GraphQLObjectType, kind: str) -> Iterator[Question]:
    """A record whole by its id, alone and among others."""
    ids = values.ids(record.name, kind)
    query = f"query($id: ID!) {{ node(id: $id) {{ __typename ... on {record} {whole(record, 2)} }} }}"
    if ids:
        yield Question(f"Query.node({record})", kind, query, {"id": ids[-1]})
        among = [*values.ids(record.name, OWN)[:2], *ids[:3]]
        many = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id ... on {record} {whole(record, 1)} }} }}"
        yield Question(f"Query.nodes({record})", kind, many, {"ids": among})


def reached() -> dict[str, tuple[str, ...]]:
    """The types that a query leads to, each with the fields on a way there that needs no argument."""
    assert GRAPH.query_type
    found: dict[str, tuple[str, ...]] = {GRAPH.query_type.name: ()}
    waiting: list[GraphQLNamedType] = [GRAPH.query_type]
    while waiting:
        kind = waiting.pop(0)
        for name, spec in getattr(kind, "fields", {}).items():
            for below in _members(get_named_type(spec.type)):
                if below.name not in found:
                    found[below.name] = (*found[kind.name], name)
                    waiting.append(below)
    return found


def _members(kind: GraphQLNamedType) -> list[GraphQLNamedType]:
    if isinstance(kind, GraphQLInterfaceType):
        return list(GRAPH.get_possible_types(kind))
    return list(kind.types) if isinstance(kind, GraphQLUnionType) else [kind]


class Asked(Visitor):
    """The fields that documents ask for, by their types."""

    def __init__(self) -> None:
        super().__init__()
        self.types = TypeInfo(GRAPH)
        self.fields: set[Place] = set()

    def read(self, query: str) -> None:
        """Count the fields of a document."""
        visit(parse(query), TypeInfoVisitor(self.types, self))

    def enter_field(self, *_: Any) -> None:
        """One field."""
        parent, spec = self.types.get_parent_type(), self.types.get_field_def()
        if isinstance(parent, GraphQLObjectType) and spec is not None:
            self.fields |= {(parent.name, name) for name, one in parent.fields.items() if one is spec}
