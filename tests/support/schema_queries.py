"""Queries generated from the schema with complete selections, and the coverage of their answers."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    parse,
)

TypeField = tuple[str, str]


@dataclass
class SchemaCoverage:
    """The output fields that had a value, the input fields that were sent, and ids by type."""

    schema: GraphQLSchema
    answered: set[TypeField] = field(default_factory=set)
    provided: set[TypeField] = field(default_factory=set)
    ids: dict[str, list[str]] = field(default_factory=dict)

    def unanswered(self) -> list[str]:
        """Return the output fields of the schema that had no value yet."""
        kinds = (kind for kind in self.schema.type_map.values() if isinstance(kind, GraphQLObjectType))
        types = (kind for kind in kinds if not kind.name.startswith("__"))
        return _missing(((kind.name, name) for kind in types for name in kind.fields), self.answered)

    def never_provided(self) -> list[str]:
        """Return the input fields of the schema that were not sent yet."""
        types = (kind for kind in self.schema.type_map.values() if isinstance(kind, GraphQLInputObjectType))
        return _missing(((kind.name, name) for kind in types for name in kind.fields), self.provided)

    def record_answer(self, query: str, data: dict[str, Any]) -> None:
        """Record the fields of an answer."""
        [operation] = parse(query).definitions
        assert isinstance(operation, OperationDefinitionNode)
        self._record_object(operation.operation.value.capitalize(), operation.selection_set, data)

    def record_input(self, kind: GraphQLNamedType, value: Any) -> None:
        """Record the fields of an input."""
        if isinstance(value, list):
            for part in value:
                self.record_input(kind, part)
        elif isinstance(kind, GraphQLInputObjectType) and value is not None:
            for name, part in value.items():
                self.provided.add((kind.name, name))
                self.record_input(get_named_type(kind.fields[name].type), part)

    def _record_object(self, kind: str, selection: SelectionSetNode, value: dict[str, Any]) -> None:
        kind = value.get("__typename", kind)
        if isinstance(value.get("id"), str) and value["id"] not in self.ids.setdefault(kind, []):
            self.ids[kind].append(value["id"])
        for node in _fields(selection, kind):
            found = value.get(node.alias.value if node.alias else node.name.value)
            for part in found if isinstance(found, list) else [found]:
                if part is not None:
                    self.answered.add((kind, node.name.value))
                if node.selection_set is not None and part is not None:
                    self._record_object(kind, node.selection_set, part)


def select_all(kind: GraphQLNamedType, *, top: bool = True, prefix: str = "") -> str:
    """Return all fields of a type that need no arguments; of nested records only the id."""
    if isinstance(kind, GraphQLUnionType):
        parts = (f"... on {member} {select_all(member, prefix=f'{member}_')}" for member in kind.types)
        return f"{{ __typename {' '.join(parts)} }}"
    if isinstance(kind, GraphQLInterfaceType):
        return f"{{ __typename {' '.join(kind.fields)} }}"
    if _is_node(kind) and not top:
        return "{ __typename id }"
    assert isinstance(kind, GraphQLObjectType), kind
    selections = (
        _field_selection(name, spec, prefix) for name, spec in kind.fields.items() if _needs_no_argument(spec)
    )
    return f"{{ __typename {' '.join(selections)} }}"


def node_query(kind: GraphQLObjectType) -> str:
    """Return the query for all fields of one record."""
    return f"query($id: ID!) {{ node(id: $id) {{ __typename ... on {kind} {select_all(kind)} }} }}"


def node_types(schema: GraphQLSchema) -> list[GraphQLObjectType]:
    """Return the types that `node(id:)` finds."""
    return [
        kind for kind in schema.type_map.values() if isinstance(kind, GraphQLObjectType) and _is_node(kind)
    ]


def root_query(operation: str, name: str, spec: GraphQLField, arguments: dict[str, Any]) -> str:
    """Return the operation that selects all fields of one root field."""
    declared = ", ".join(f"${key}: {spec.args[key].type}" for key in arguments)
    passed = ", ".join(f"{key}: ${key}" for key in arguments)
    result_type = get_named_type(spec.type)
    selections = "" if is_leaf_type(result_type) else select_all(result_type)
    declarations = f"({declared})" if declared else ""
    arguments_text = f"({passed})" if passed else ""
    return f"{operation}{declarations} {{ {name}{arguments_text} {selections} }}"


def _field_selection(name: str, spec: GraphQLField, prefix: str) -> str:
    """Return a field with its selection, aliased if members of a union have different types of it."""
    field_type = get_named_type(spec.type)
    alias = f"{prefix}{name}: " if prefix else ""
    return alias + (name if is_leaf_type(field_type) else f"{name} {select_all(field_type, top=False)}")


def _is_node(kind: GraphQLNamedType) -> bool:
    return isinstance(kind, GraphQLObjectType) and any(face.name == "Node" for face in kind.interfaces)


def _needs_no_argument(spec: GraphQLField) -> bool:
    return not any(is_required_argument(argument) for argument in spec.args.values())


def _fields(selection: SelectionSetNode, kind: str) -> Iterator[FieldNode]:
    """Yield the fields selected of a type, also in fragments."""
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield node
        elif node.type_condition.name.value == kind:  # type: ignore[attr-defined]  # only inline fragments
            yield from _fields(node.selection_set, kind)  # type: ignore[attr-defined]


def _missing(all_places: Iterator[TypeField], done: set[TypeField]) -> list[str]:
    return sorted(f"{kind}.{name}" for kind, name in all_places if (kind, name) not in done)
