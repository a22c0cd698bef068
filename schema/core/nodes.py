"""The Node interface, and the helpers that declare the fields of a type."""

from typing import Any

import strawberry

from schema.core import enums, ids

# The enums have to be registered before a field uses one, and each type imports this module first.
assert enums

Root = strawberry.Parent[Any]
"""The row that a resolver reads from."""


def described(description: str) -> Any:
    """Declare a field that is read from the attribute of the same name."""
    return strawberry.field(description=description)


def resolved(resolver: Any, description: str) -> Any:  # Any: a function or coroutine with any arguments
    """Declare a field that a function resolves; its annotation gives the GraphQL type, not the function's."""
    return strawberry.field(resolver=resolver, description=description)


@strawberry.interface(description="An object that has an id and can be fetched with `node(id:)`.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The opaque id. Pass it to `node(id:)` or to any input that asks for an id of this type."
    )


def node_id(kind: str) -> Any:
    """Declare the `id` field of a type whose rows have a UUID."""

    def resolve_id(root: Any) -> strawberry.ID:
        return ids.encode(kind, root.id)

    resolve_id.__annotations__ = {"root": Root, "return": strawberry.ID}
    return strawberry.field(resolver=resolve_id, description=f"The opaque id of the {kind}.")


def backed_by(*rows: type) -> Any:
    """Accept plain rows of these classes as values of the GraphQL type."""

    def is_type_of(cls: type, value: object, info: object) -> bool:
        return isinstance(value, (cls, *rows))

    return classmethod(is_type_of)
