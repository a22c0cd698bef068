"""Questions generated from the schema: each field with each of its arguments, and complete selections."""

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
from tests.security.isolation.argument_values import (
    KINDS,
    OWN,
    PLAIN,
    ArgumentValue,
    ArgumentValues,
    argument_values,
    record_name,
    samples,
)
from tests.support.schema_queries import node_types

SCHEMA = build_schema(schema.as_str())
NODE_TYPES = {kind.name: kind for kind in node_types(SCHEMA)}
TypeField = tuple[str, str]


@dataclass(frozen=True)
class Question:
    """A request, its place in the schema, the kind of ids it sends, and whether each viewer sends it."""

    place: str
    kind: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict, hash=False)
    per_viewer: bool = True


@cache
def select_all(kind: GraphQLNamedType, depth: int, prefix: str = "") -> str:
    """Return all fields of a type that need no arguments; nested records to a depth, below it their ids."""
    if isinstance(kind, GraphQLUnionType):
        parts = (f"... on {one} {select_all(one, depth, f'{one}_')}" for one in kind.types)
        return f"{{ __typename {' '.join(parts)} }}"
    if isinstance(kind, GraphQLInterfaceType):
        return f"{{ __typename {' '.join(kind.fields)} }}"
    if kind.name in NODE_TYPES and not depth:
        return "{ __typename id }"
    assert isinstance(kind, GraphQLObjectType)
    depth -= kind.name in NODE_TYPES
    free = {
        name: one
        for name, one in kind.fields.items()
        if not any(map(is_required_argument, one.args.values()))
    }
    fields = " ".join(_field_selection(name, one, depth, prefix) for name, one in free.items())
    return f"{{ __typename {fields} }}"


def _field_selection(name: str, spec: GraphQLField, depth: int, prefix: str) -> str:
    below = get_named_type(spec.type)
    alias = f"{prefix}{name}: " if prefix else ""
    return alias + (
        name if is_leaf_type(below) else f"{name} {select_all(below, 0 if name == 'nodes' else depth)}"
    )


def questions(values: ArgumentValues) -> Iterator[Question]:
    """Yield all questions of one viewer."""
    assert SCHEMA.query_type
    for name, spec in SCHEMA.query_type.fields.items():
        if name not in ("node", "nodes"):
            yield from _questions_of_field(values, ("Query", name), spec, "")
    for parent, name, spec in _nested_fields():
        yield from _questions_below(values, (parent, name), spec)
    for record in NODE_TYPES.values():
        for kind in KINDS:
            yield from _questions_by_id(values, record, kind)


def _nested_fields() -> list[tuple[str, str, GraphQLField]]:
    """Yield the fields below the root that take arguments."""
    types = [SCHEMA.type_map[name] for name in reachable_types()]
    return [
        (kind.name, name, spec)
        for kind in types
        if isinstance(kind, GraphQLObjectType) and kind is not SCHEMA.query_type
        for name, spec in kind.fields.items()
        if spec.args
    ]


def _questions_below(values: ArgumentValues, place: TypeField, spec: GraphQLField) -> Iterator[Question]:
    """Yield a field with arguments on a visible record, and without arguments on a hidden one."""
    parent, _ = place
    if parent not in NODE_TYPES:
        yield from _questions_of_field(
            values, place, spec, " ".join(f"{step} {{" for step in reachable_types()[parent])
        )
        return
    for kind in KINDS:
        ids = values.ids(parent, kind)
        for id in ids[-1:]:
            path = f'node(id: "{id}") {{ ... on {parent} {{'
            yield from _questions_of_field(values, place, spec, path, only=None if kind == OWN else kind)


def _questions_of_field(
    values: ArgumentValues, place: TypeField, spec: GraphQLField, path: str, only: str | None = None
) -> Iterator[Question]:
    """Yield a field without arguments and with each argument; on a hidden record only without."""
    what = ".".join(place)
    below = get_named_type(spec.type)
    listed = record_name(below) if isinstance(below, GraphQLObjectType) else below.name
    named = {
        name: list(argument_values(values, one.type, name=name, listed=listed, place=what))
        for name, one in spec.args.items()
    }
    needed = {
        name: _required_value(named[name], samples, one)
        for name, one in spec.args.items()
        if is_required_argument(one)
    }
    yield Question(what, only or PLAIN, _document(place, spec, path, needed, 1), needed)
    if only is None:
        for name, found in chain.from_iterable(((name, one) for one in some) for name, some in named.items()):
            given = {**needed, name: found.value}
            yield Question(
                f"{what}({found.path})",
                found.kind,
                _document(place, spec, path, given, 0),
                given,
                found.per_viewer,
            )


def _required_value(found: list[ArgumentValue], otherwise: Any, argument: Any) -> Any:
    return found[0].value if found else otherwise(argument.type)[0]


def _document(place: TypeField, spec: GraphQLField, path: str, given: Mapping[str, Any], depth: int) -> str:
    declared = ", ".join(f"${name}: {spec.args[name].type}" for name in given)
    passed = ", ".join(f"{name}: ${name}" for name in given)
    below = get_named_type(spec.type)
    asked = "" if is_leaf_type(below) else select_all(below, depth)
    end = " }" * path.count("{")
    declarations = f"({declared})" if declared else ""
    arguments = f"({passed})" if passed else ""
    return f"query{declarations} {{ {path} {place[1]}{arguments} {asked}{end} }}"


def paged_fields() -> list[tuple[TypeField, GraphQLField]]:
    """Yield the fields that return pages."""
    assert SCHEMA.query_type
    roots = [("Query", name, spec) for name, spec in SCHEMA.query_type.fields.items()]
    return [
        ((parent, name), spec) for parent, name, spec in (*roots, *_nested_fields()) if "after" in spec.args
    ]


def cursor_questions(place: TypeField, values: ArgumentValues, deep: int) -> Iterator[Question]:
    """Yield questions for the cursors and row ids of a list; for a nested list, of some records."""
    parent, name = place
    asked = f"{name}(first: 100) {{ edges {{ cursor node {{ id }} }} }}"
    if parent == "Query":
        yield Question(f"Query.{name}", OWN, f"query {{ {asked} }}")
    for id in values.ids(parent, OWN)[:deep] if parent in NODE_TYPES else []:
        yield Question(
            f"{parent}.{name}", OWN, f'query {{ node(id: "{id}") {{ ... on {parent} {{ {asked} }} }} }}'
        )


def _questions_by_id(values: ArgumentValues, record: GraphQLObjectType, kind: str) -> Iterator[Question]:
    """Yield the complete selection of a record by its id, alone and among others."""
    ids = values.ids(record.name, kind)
    query = f"query($id: ID!) {{ node(id: $id) {{ __typename ... on {record} {select_all(record, 2)} }} }}"
    if ids:
        yield Question(f"Query.node({record})", kind, query, {"id": ids[-1]})
        among = [*values.ids(record.name, OWN)[:2], *ids[:3]]
        selection = select_all(record, 1)
        many = f"query($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename id ... on {record} {selection} }} }}"
        yield Question(f"Query.nodes({record})", kind, many, {"ids": among})


def reachable_types() -> dict[str, tuple[str, ...]]:
    """Return the types that a query reaches, each with a path of fields that need no argument."""
    assert SCHEMA.query_type
    found: dict[str, tuple[str, ...]] = {SCHEMA.query_type.name: ()}
    waiting: list[GraphQLNamedType] = [SCHEMA.query_type]
    while waiting:
        kind = waiting.pop(0)
        for name, spec in getattr(kind, "fields", {}).items():
            for below in _possible_types(get_named_type(spec.type)):
                if below.name not in found:
                    found[below.name] = (*found[kind.name], name)
                    waiting.append(below)
    return found


def _possible_types(kind: GraphQLNamedType) -> list[GraphQLNamedType]:
    if isinstance(kind, GraphQLInterfaceType):
        return list(SCHEMA.get_possible_types(kind))
    return list(kind.types) if isinstance(kind, GraphQLUnionType) else [kind]


class FieldVisitor(Visitor):
    """Collects the fields that documents select, by type."""

    def __init__(self) -> None:
        super().__init__()
        self.types = TypeInfo(SCHEMA)
        self.fields: set[TypeField] = set()

    def visit_document(self, query: str) -> None:
        """Record the fields of a document."""
        visit(parse(query), TypeInfoVisitor(self.types, self))

    def enter_field(self, *_: Any) -> None:
        """Record one field."""
        parent = self.types.get_parent_type()
        spec = self.types.get_field_def()
        if isinstance(parent, GraphQLObjectType) and spec is not None:
            self.fields |= {(parent.name, name) for name, one in parent.fields.items() if one is spec}
