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


@strawberry.interface(description="An object that has an id and can be fetched with `node(id:)`.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="The opaque id. Pass it to `node(id:)` or to any input that asks for an id of this type."
    )


@strawberry.type(description="The position of a page in its list.")
class PageInfo:
    has_next_page: bool = described("True if there are items after this page.")
    has_previous_page: bool = described("True if there are items before this page.")
    start_cursor: str | None = described(
        "The cursor of the first item. Pass it as `before` to read the previous page. Null on an empty page."
    )
    end_cursor: str | None = described(
        "The cursor of the last item. Pass it as `after` to read the next page. Null on an empty page."
    )


def node_id(kind: str) -> Any:
    """The `id` field of a type whose rows have a UUID."""

    def resolve_id(root: Any) -> strawberry.ID:
        return ids.encode(kind, root.id)

    resolve_id.__annotations__ = {"root": Root, "return": strawberry.ID}
    return strawberry.field(resolver=resolve_id, description=f"The opaque id of the {kind}.")


def backed_by(*rows: type) -> Any:
    """Lets a plain row stand for the GraphQL type."""

    def is_type_of(cls: type, value: object, info: object) -> bool:
        return isinstance(value, (cls, *rows))

    return classmethod(is_type_of)
