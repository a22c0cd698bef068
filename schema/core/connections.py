"""Connections: pages of a list with opaque cursors, 1 to 100 items each."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLError

from schema.core.inputs import bad_input, or_none
from schema.core.nodes import Root, described, needs, resolved
from schema.core.scalars import parse_instant
from workflow.queries.paging import Page, Term, Window

Item = TypeVar("Item")
MAX_PAGE_SIZE = 100

First = Annotated[
    int | None,
    strawberry.argument(
        description="The number of items from the start of the list, 1 to 100. Not together with `last`."
    ),
]
After = Annotated[str | None, strawberry.argument(description="A cursor: only items after it.")]
Last = Annotated[
    int | None,
    strawberry.argument(
        description="The number of items from the end of the list, 1 to 100. Not together with `first`."
    ),
]
Before = Annotated[str | None, strawberry.argument(description="A cursor: only items before it.")]

_ENCODERS: tuple[tuple[str, type, Any], ...] = (
    ("t", datetime, datetime.isoformat),
    ("d", date, date.isoformat),
    ("u", UUID, str),
)
_DECODERS: dict[str, Any] = {"t": parse_instant, "d": date.fromisoformat, "u": UUID, "v": lambda value: value}


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


@strawberry.type(description="An item of a list, with its cursor.")
class Edge(Generic[Item]):
    cursor: str = described(
        "The position of this item. Pass it as `after` to continue after it, or as `before` to go back."
    )
    node: Item = described("The item.")

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Accept an edge of any row: Strawberry would ask for an edge of the GraphQL type."""
        return isinstance(value, Edge)


@needs()
def _edges(root: Root) -> list[Edge[Any]]:
    return [
        Edge(cursor=root.cursor(key), node=row)
        for key, row in zip(root.page.keys, root.page.rows, strict=True)
    ]


@needs()
def _nodes(root: Root) -> Sequence[Any]:
    rows: Sequence[Any] = root.page.rows
    return rows


@needs()
def _page_info(root: Root) -> PageInfo:
    keys = root.page.keys
    return PageInfo(
        has_next_page=root.page.has_next,
        has_previous_page=root.page.has_previous,
        start_cursor=root.cursor(keys[0]) if keys else root.before,
        end_cursor=root.cursor(keys[-1]) if keys else root.after,
    )


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    edges: list[Edge[Item]] = resolved(_edges, "The items of the page, each with its cursor.")
    nodes: list[Item] = resolved(_nodes, "The items of the page, without their cursors.")
    page_info: PageInfo = resolved(_page_info, "The position of the page in the list.")
    page: strawberry.Private[Page[Any]]
    cursor: strawberry.Private[Callable[[Any], str]]
    scope: strawberry.Private[Any] = None  # Any: the filter or the parent's id that a total is counted with
    before: strawberry.Private[str | None] = None
    after: strawberry.Private[str | None] = None

    @property
    def total(self) -> int | None:
        """The length of the list, if it was read with the page."""
        return self.page.total

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Accept a page of any row: Strawberry would ask for a page of the GraphQL type."""
        return isinstance(value, Connection)


def window(
    order: Sequence[Term],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    default: int = 20,
) -> Window:
    """Return the part of the list that the arguments ask for; an argument of null counts as left out."""
    first = or_none(first)
    last = or_none(last)
    # GraphQL fills in the default of `first` even if the client gave only `last`.
    if last is not None and first == default:
        first = None
    if first is not None and last is not None:
        raise bad_input("`first` and `last` cannot be given together. Give one of them.")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
            raise bad_input(
                f"`{name}` is {size}; it must be from 1 to {MAX_PAGE_SIZE}. Use `after` or `before` to read "
                "more pages."
            )
    return Window(
        size=first or last or default,
        after=_decode_cursor(order, or_none(after), "after"),
        before=_decode_cursor(order, or_none(before), "before"),
        backward=last is not None,
    )


def to_connection(page: Page[Item], order: Sequence[Term], scope: Any) -> Connection[Item]:
    """Return the page as a connection; `scope` is the input of its total."""
    return Connection(page=page, cursor=partial(_encode_cursor, order), scope=scope)


@lru_cache(maxsize=1000)
def _order_fingerprint(order: tuple[Term, ...]) -> str:
    """Return a hash that differs for each order and does not reveal the columns."""
    return sha256(",".join(term.cursor_name() for term in order).encode()).hexdigest()[:8]


def _encode_cursor(order: Sequence[Term], key: Sequence[object]) -> str:
    values = [_encode_value(value) for value in key]
    text = json.dumps([_order_fingerprint(tuple(order)), values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _encode_value(value: object) -> list[object]:
    # isinstance, not the type itself: asyncpg returns a subclass of UUID, and a datetime is a date, too.
    for kind, value_type, encode in _ENCODERS:
        if isinstance(value, value_type):
            return [kind, encode(value)]
    return ["v", value]


def _decode_cursor(order: Sequence[Term], cursor: str | None, name: str) -> tuple[Any, ...] | None:
    if cursor is None:
        return None
    error = bad_input(
        f"`{name}` is not a cursor of this list in this order. Use `endCursor` or `startCursor` of one of "
        "its pages."
    )
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        fingerprint, encoded = json.loads(text)
        values = tuple(_DECODERS[kind](value) for kind, value in encoded)
    except (ValueError, binascii.Error, KeyError, TypeError, AttributeError, RecursionError, GraphQLError):
        raise error from None
    if fingerprint != _order_fingerprint(tuple(order)) or len(values) != len(order) + 1:
        raise error
    return values
