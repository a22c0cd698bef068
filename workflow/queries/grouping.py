"""Grouping of rows by the deal, or another parent, that they belong to."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

Part = TypeVar("Part")


def group_by_parent(
    records: Iterable[Mapping[str, Any]],
    make: Callable[[Mapping[str, Any]], Part],
    *,
    by: str = "opportunity_id",
) -> dict[UUID, tuple[Part, ...]]:
    """Return the parts of each parent in the order of the records; a parent without parts is absent."""
    groups: defaultdict[UUID, list[Part]] = defaultdict(list)
    for record in records:
        groups[record[by]].append(make(record))
    return {parent: tuple(parts) for parent, parts in groups.items()}
