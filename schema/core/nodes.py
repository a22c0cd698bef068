"""The Node interface, and the helpers that declare the fields of a type."""

from functools import wraps
from inspect import signature
from typing import Any

import strawberry

from schema.core import enums, ids
from schema.execution.columns import NEEDS, ROWS, Columns, Needs
from schema.execution.fields import BATCH, COLUMN, read_attribute

# The enums have to be registered before a field uses one, and each type imports this module first.
assert enums

Root = strawberry.Parent[Any]
"""The row that a resolver reads from."""
Roots = strawberry.Parent[Any]
"""The rows of a level, a list, that a resolver declared with `batch` reads from."""


def described(description: str) -> Any:
    """Declare a field that is read from the attribute of the same name."""
    return strawberry.field(description=description)


def resolved(resolver: Any, description: str) -> Any:  # Any: a function or coroutine with any arguments
    """Declare a field that a function resolves; its annotation gives the GraphQL type, not the function's."""
    return strawberry.field(resolver=resolver, description=description)


def needs(*own: str, others: Columns | None = None) -> Any:
    """Declare the columns that a resolver reads: of its own row, and of rows of other classes that it loads.

    A resolver without this declaration may read any column of any row, so that all are read.
    """

    def declare(resolver: Any) -> Any:
        setattr(resolver, NEEDS, Needs(frozenset(own), others or {}))
        return resolver

    return declare


def batch(resolver: Any) -> Any:  # Any: a coroutine function of rows, info and arguments
    """Declare a resolver of all rows of a level: it takes a list of rows and returns a list of values.

    The values have the order of the rows. One that is an exception fails the field of its row alone.
    """
    rows_parameter = next(iter(signature(resolver).parameters))

    @wraps(resolver)
    async def resolve_one(**arguments: Any) -> Any:
        row = arguments.pop(rows_parameter)
        (value,) = await resolver([row], **arguments)
        return value

    setattr(resolve_one, BATCH, resolver)
    return resolve_one


def referenced(loader: str, key: str, description: str) -> Any:
    """Declare a field with the row that a foreign key of the root refers to, read by a loader."""

    async def read_rows(roots: Any, info: Any) -> Any:
        return await getattr(info.context.loaders, loader).load_each(read_attribute(roots, key))

    return batch_field(needs(key)(read_rows), description)


def batch_field(read_rows: Any, description: str) -> Any:  # Any: a coroutine function of rows and info
    """Declare a field that a generic batch resolver reads; the field's annotation gives its type."""
    read_rows.__annotations__ = {"roots": Roots, "info": strawberry.Info}
    return strawberry.field(resolver=batch(read_rows), description=description)


@strawberry.interface(description="An object that has an id and can be fetched with `node(id:)`.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The opaque id. Pass it to `node(id:)` or to any input that asks for an id of this type."
    )


def node_id(kind: str) -> Any:
    """Declare the `id` field of a type whose rows have a UUID."""

    def resolve_id(root: Any) -> strawberry.ID:
        return ids.encode(kind, root.id)

    def resolve_ids(rows: list[Any]) -> list[strawberry.ID]:
        return ids.encode_each(kind, read_attribute(rows, "id"))

    needs("id")(resolve_id)
    setattr(resolve_id, COLUMN, resolve_ids)
    resolve_id.__annotations__ = {"root": Root, "return": strawberry.ID}
    return strawberry.field(resolver=resolve_id, description=f"The opaque id of the {kind}.")


def backed_by(*rows: type) -> Any:
    """Accept plain rows of these classes as values of the GraphQL type."""

    def is_type_of(cls: type, value: object, info: object) -> bool:
        return isinstance(value, (cls, *rows))

    setattr(is_type_of, ROWS, rows)

    return classmethod(is_type_of)
