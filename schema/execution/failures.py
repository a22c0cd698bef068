"""Failures: errors at the places of values, until a nullable place absorbs them as the specification says."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from graphql import FieldNode, GraphQLError, located_error

from schema.execution.places import Place

if TYPE_CHECKING:
    from schema.execution.executor import LevelExecutor


class Failure:
    """The error of one value. It stands in the column of values until it is absorbed."""

    __slots__ = ("error",)

    def __init__(self, error: GraphQLError) -> None:
        self.error = error


def failure(
    executor: "LevelExecutor", error: Exception, nodes: Sequence[FieldNode], place: Place, index: int
) -> Failure:
    """Return the failure of a value, located at its place."""
    executor.has_failures = True
    path = place.path(index)
    return Failure(located_error(error, nodes, path.as_list() if path else None))


def absorb(executor: "LevelExecutor", values: list[Any], place: Place) -> list[Any]:
    """Record the failures of a nullable column, and put null in their places."""
    if not executor.has_failures:
        return values
    for index, value in enumerate(values):
        if type(value) is Failure:
            executor.collected_errors.add(value.error, place.path(index))
            values[index] = None
    return values


def first_failure(values: Sequence[Any]) -> Failure | None:
    """Return the first failure among these values."""
    return next((value for value in values if type(value) is Failure), None)
