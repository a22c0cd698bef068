"""What has an id of its own, and what every page of a list tells."""

from typing import Any

import strawberry

from schema.core import enums, ids

assert enums

Root = strawberry.Parent[Any]
"""A row, of whichever kind stands for the type."""


def described(description: str) -> Any:
    """A field that is read straight off its row."""
    return strawberry.field(description=description)


@strawberry.interface(description="Whatever can be fetched again by its id.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque; good for `node(id:)` and for every input that asks for one."
    )


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = described("Whether there is more after the page.")
    has_previous_page: bool = described("Whether there is more before the page.")
    start_cursor: str | None = described("The first row's cursor; null on an empty page.")
    end_cursor: str | None = described("The last row's cursor: give it as `after` for the next page.")


def node_id(kind: str) -> Any:
    """The `id` field of a type whose rows have a UUID."""

    def resolve_id(root: Any) -> strawberry.ID:
        return ids.encode(kind, root.id)

    resolve_id.__annotations__ = {"root": Root, "return": strawberry.ID}
    return strawberry.field(resolver=resolve_id, description=f"The {kind}'s id, opaque.")


def backed_by(*rows: type) -> Any:
    """Lets a plain row stand for the GraphQL type."""

    def is_type_of(cls: type, value: object, info: object) -> bool:
        return isinstance(value, (cls, *rows))

    return classmethod(is_type_of)
