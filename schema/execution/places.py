"""The places of rows in a response. A path is built only for an error, so a place knows how to find it."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from graphql.pyutils import Path


class Place(Protocol):
    """The places of the values of one column."""

    def path(self, index: int) -> Path | None:
        """Return the path of the value with this index."""
        ...


class Start:
    """The one place at which a read starts."""

    __slots__ = ("_path",)

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def path(self, index: int) -> Path | None:
        """Return the path at which the read starts."""
        return self._path


class FieldPlace:
    """The places of a field of each row."""

    __slots__ = ("_key", "_rows", "_type_name")

    def __init__(self, rows: Place, key: str, type_name: str) -> None:
        self._rows = rows
        self._key = key
        self._type_name = type_name

    def path(self, index: int) -> Path:
        """Return the path of the row, and the key of the field."""
        return Path(self._rows.path(index), self._key, self._type_name)


class ItemPlace:
    """The places of the items of several lists, one list after the other."""

    __slots__ = ("_lengths", "_lists")

    def __init__(self, lists: Place, lengths: Sequence[int]) -> None:
        self._lists = lists
        self._lengths = lengths

    def path(self, index: int) -> Path:
        """Return the path of the list, and the index within it."""
        ends = list(accumulate(self._lengths))
        which = bisect_right(ends, index)
        return Path(self._lists.path(which), index - (ends[which] - self._lengths[which]), None)


class SomePlaces:
    """The places of some values of a column."""

    __slots__ = ("_indexes", "_places")

    def __init__(self, places: Place, indexes: Sequence[int]) -> None:
        self._places = places
        self._indexes = indexes

    def path(self, index: int) -> Path | None:
        """Return the path of the value that is at this index among the chosen ones."""
        return self._places.path(self._indexes[index])
