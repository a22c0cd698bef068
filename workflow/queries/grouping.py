"""How the rows that hang on deals are given back: in order, under the deal they hang on."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar
from uuid import UUID

Part = TypeVar("Part")


def group_by_parent(
    records: Iterable[Mapping[str, Any]], make: Callable[[Mapping[str, Any]], Part], *, by: str = "opportunity_id"
) -> dict[UUID, tuple[Part, ...]]:
    """The parts of each parent, in the order of the records; a parent without any is absent."""
    groups: defaultdict[UUID, list[Part]] = defaultdict(list)
    for record in records:
        groups[record[by]].append(make(record))
    return {parent: tuple(parts) for parent, parts in groups.items()}
