"""Lists that grow: pages by keyset, cursors that are checked, sizes from 1 to 100."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar
from uuid import UUID

from graphql import GraphQLError

from schema.core.inputs import bad_input, or_none
from schema.core.nodes import PageInfo
from schema.core.scalars import parse_instant
from workflow.queries.paging import Page, Term, Window

Row = TypeVar("Row")
MAX_PAGE_SIZE = 100

_ENCODERS: tuple[tuple[str, type, Any], ...] = (
    ("t", datetime, datetime.isoformat),
    ("d", date, date.isoformat),
    ("u", UUID, str),
)
_DECODERS: dict[str, Any] = {"t": parse_instant, "d": date.fromisoformat, "u": UUID, "v": lambda value: value}


@dataclass(frozen=True)
class Edge(Generic[Row]):
    """A row and the cursor to go on from."""

    cursor: str
    node: Row


@dataclass(frozen=True)
class Connection(Generic[Row]):
    """A page of rows; `scope` is what the totals are asked with, where the page did not bring `total`."""

    edges: list[Edge[Row]]
    nodes: list[Row]
    page_info: PageInfo
    scope: Any
    total: int | None = None


def window(
    order: Sequence[Term],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    default: int = 20,
) -> Window:
    """The part of the list that the arguments ask for; null and left out are the same, and with `last` the default of `first` is none."""
    first, after, last, before = or_none(first), or_none(after), or_none(last), or_none(before)
    if last is not None and first == default:
        first = None
    if first is not None and last is not None:
        raise bad_input("Give `first` or `last`, not both.")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE_SIZE:
            raise bad_input(f"`{name}` is {size}; it goes from 1 to {MAX_PAGE_SIZE}. Page on with `after` or `before`.")
    return Window(
        size=first or last or default,
        after=None if after is None else _decode_cursor(order, after, "after"),
        before=None if before is None else _decode_cursor(order, before, "before"),
        backward=last is not None,
    )


def to_connection(page: Page[Row], order: Sequence[Term], scope: Any) -> Connection[Row]:
    """The page as clients read it."""
    edges = [Edge(cursor=_encode_cursor(order, key), node=row) for key, row in zip(page.keys, page.rows, strict=True)]
    info = PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, nodes=list(page.rows), page_info=info, scope=scope, total=page.total)


def _order_fingerprint(order: Sequence[Term]) -> str:
    """What tells the cursors of one order from those of another, and tells nobody its columns."""
    return sha256(",".join(term.cursor_name() for term in order).encode()).hexdigest()[:8]


def _encode_cursor(order: Sequence[Term], key: Sequence[object]) -> str:
    values = [_encode_value(value) for value in key]
    return (
        base64.urlsafe_b64encode(json.dumps([_order_fingerprint(order), values], separators=(",", ":")).encode())
        .decode()
        .rstrip("=")
    )


def _encode_value(value: object) -> list[object]:
    """A value and its kind; asyncpg's ids are of a subclass, and an instant is a day too."""
    for kind, value_type, encode in _ENCODERS:
        if isinstance(value, value_type):
            return [kind, encode(value)]
    return ["v", value]


def _decode_cursor(order: Sequence[Term], cursor: str, name: str) -> tuple[Any, ...]:
    error = bad_input(
        f"`{name}` is no cursor of this list in this order. Take `endCursor` or `startCursor` from its own pages."
    )
    try:
        fingerprint, encoded = json.loads(
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        )
        values = tuple(_DECODERS[kind](value) for kind, value in encoded)
    except (ValueError, binascii.Error, KeyError, TypeError, AttributeError, RecursionError, GraphQLError):
        raise error from None
    if fingerprint != _order_fingerprint(order) or len(values) != len(order) + 1:
        raise error
    return values
