"""The comparison of real answers of the API with those that a page shows."""

import re
from collections.abc import Iterable
from dataclasses import replace

from graphql import (
    DefinitionNode,
    FieldNode,
    GraphQLInterfaceType,
    NameNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    build_schema,
    parse,
    print_ast,
)

from schema import schema

SCHEMA = build_schema(schema.as_str())


def differences(shown: object, given: object, path: str = "answer") -> list[str]:
    """Return the paths at which an answer differs from the one that a page shows.

    `…` stands for any text, and a list may show only its first items.
    """
    if isinstance(shown, dict) and isinstance(given, dict):
        found = [f"{path} has {sorted(given)}, not {sorted(shown)}"] if shown.keys() != given.keys() else []
        both = [name for name in shown if name in given]
        return found + [
            fault for name in both for fault in differences(shown[name], given[name], f"{path}.{name}")
        ]
    if isinstance(shown, list) and isinstance(given, list):
        found = [f"{path} has {len(given)} items, not {len(shown)}"] if len(given) < len(shown) else []
        pairs = enumerate(zip(shown, given, strict=False))
        return found + [fault for place, pair in pairs for fault in differences(*pair, f"{path}.{place}")]
    return [] if _is_same(shown, given) else [f"{path} is {given!r}, not {shown!r}"]


def with_typenames(text: str) -> str:
    """Return a document that asks for the type of what each of its operations' fields returns."""
    document = parse(text)
    return print_ast(
        replace(document, definitions=tuple(_typed_operation(node) for node in document.definitions))
    )


def problems_in(data: object) -> list[str]:
    """Return the problems that the fields of an operation came to."""
    fields = data.values() if isinstance(data, dict) else ()
    types = {field["shownType"] for field in fields if isinstance(field, dict) and "shownType" in field}
    interface = SCHEMA.type_map["Problem"]
    assert isinstance(interface, GraphQLInterfaceType)
    return sorted(types & {kind.name for kind in SCHEMA.get_possible_types(interface)})


def _typed_operation(node: DefinitionNode) -> DefinitionNode:
    if not isinstance(node, OperationDefinitionNode):
        return node
    return replace(
        node, selection_set=_replaced(node.selection_set, map(_typed_field, node.selection_set.selections))
    )


def _typed_field(field: SelectionNode) -> SelectionNode:
    if not isinstance(field, FieldNode) or field.selection_set is None:
        return field
    kind = FieldNode(name=NameNode(value="__typename"), alias=NameNode(value="shownType"))
    return replace(
        field, selection_set=_replaced(field.selection_set, (*field.selection_set.selections, kind))
    )


def _replaced(selections: SelectionSetNode, nodes: Iterable[SelectionNode]) -> SelectionSetNode:
    return replace(selections, selections=tuple(nodes))


def _is_same(shown: object, given: object) -> bool:
    if isinstance(shown, str) and isinstance(given, str):
        return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), given, re.DOTALL) is not None
    return type(shown) is type(given) and shown == given
