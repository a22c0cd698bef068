"""The columns that a selection needs of each class of rows, so that statements read no others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLObjectType
from strawberry.types.base import StrawberryObjectDefinition

Columns = Mapping[type, frozenset[str]]
NEEDS = "needs"
"""The attribute of a resolver that holds its needs."""
ROWS = "rows"
"""The attribute of `is_type_of` that holds the classes of a type's rows."""


@dataclass(frozen=True)
class Needs:
    """The columns that a resolver reads of its own row, and of rows that it loads."""

    own: frozenset[str] = frozenset()
    others: Columns = field(default_factory=dict)


class ColumnCollector:
    """Collects the columns of a plan. A resolver that does not declare its needs may read every column."""

    def __init__(self) -> None:
        self._columns: dict[type, set[str]] = {}
        self._is_complete = True

    @property
    def columns(self) -> Columns | None:
        """The columns of each class of rows; None if every column may be read."""
        if not self._is_complete:
            return None
        return {kind: frozenset(names) for kind, names in self._columns.items()}

    def add(self, type_: GraphQLObjectType, needs: Needs | None) -> None:
        """Add what a field of a type needs; None for a field that does not say."""
        if needs is None:
            self._is_complete = False
            return
        for kind in row_classes(type_):
            self._columns.setdefault(kind, set()).update(needs.own)
        for kind, names in needs.others.items():
            self._columns.setdefault(kind, set()).update(names)


def row_classes(type_: GraphQLObjectType) -> Iterable[type]:
    """Return the classes of the rows of a type; none for a type without rows."""
    definition = type_.extensions.get("strawberry-definition")
    if not isinstance(definition, StrawberryObjectDefinition):
        return ()
    is_type_of: Any = definition.origin.__dict__.get("is_type_of")
    classes: Iterable[type] = getattr(getattr(is_type_of, "__func__", None), ROWS, ())
    return classes
