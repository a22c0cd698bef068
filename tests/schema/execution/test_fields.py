"""Readers of fields: a batch resolver is called once, an attribute once for each row, and arguments once."""

from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
from graphql import execute, parse

from schema.core.nodes import Root, Roots, batch
from schema.execution.executor import LevelExecutor
from schema.execution.fields import COLUMN
from tests.schema.execution.small_schema import answers
from workflow.rules.errors import UnavailableError

CALLS: list[list[int]] = []


@dataclass
class Numbered:
    """A row with a number, whose class reads a column of all rows at once."""

    number: int

    @classmethod
    def read_column(cls, name: str, rows: list["Numbered"]) -> list[Any]:
        """Return the column ten times as large, so that its use shows."""
        return [10 * getattr(row, name) for row in rows]


@batch
async def record_call(roots: Roots, info: strawberry.Info) -> list[int]:
    """Record the rows of the call."""
    CALLS.append([root.number for root in roots])
    return [root.number for root in roots]


@batch
async def without_database(roots: Roots, info: strawberry.Info) -> list[int]:
    """Record the rows of the call; fail as if the database could not be reached."""
    CALLS.append([root.number for root in roots])
    raise UnavailableError("The database cannot be reached.")


def double(root: Root) -> int:
    """Return the double number of a row."""
    raise AssertionError("The column is read at once.")


setattr(double, COLUMN, lambda rows: [2 * row.number for row in rows])


@strawberry.type
class NumberedItem:
    number: int
    double: int = strawberry.field(resolver=double)
    unavailable: int | None = strawberry.field(resolver=without_database)
    called: int = strawberry.field(resolver=record_call)

    @classmethod
    def is_type_of(cls, value: object, info: object) -> bool:
        """Accept the rows."""
        return isinstance(value, Numbered)


def numbered_items() -> Any:
    """Return three rows."""
    return [Numbered(1), Numbered(2), Numbered(3)]


Query = strawberry.type(
    type("Query", (), {"items": strawberry.field(resolver=numbered_items, graphql_type=list[NumberedItem])})
)
SCHEMA = strawberry.Schema(Query, execution_context_class=LevelExecutor)


async def test_a_batch_is_called_once_for_all_rows() -> None:
    CALLS.clear()

    result: Any = await SCHEMA.execute("{ items { called } }")

    assert (result.errors, CALLS) == (None, [[1, 2, 3]])


async def test_rows_of_one_class_may_read_a_column_at_once() -> None:
    result: Any = await SCHEMA.execute("{ items { number } }")

    assert result.data == {"items": [{"number": 10}, {"number": 20}, {"number": 30}]}


async def test_a_resolver_may_read_a_column_at_once() -> None:
    result: Any = await SCHEMA.execute("{ items { double } }")

    assert (result.errors, result.data) == (None, {"items": [{"double": 2}, {"double": 4}, {"double": 6}]})


async def test_without_a_database_rows_are_not_asked_for_one_by_one() -> None:
    CALLS.clear()

    result: Any = await SCHEMA.execute("{ items { unavailable } }")

    assert CALLS == [[1, 2, 3]]
    assert [error.path for error in result.errors] == [["items", index, "unavailable"] for index in range(3)]


async def test_after_an_error_each_row_is_read_for_itself() -> None:
    (data, errors), stock = await answers("{ requiredItems { batched } }")

    assert (data, errors) == stock
    assert data.count("row") == 2


@pytest.mark.parametrize("argument", ["1.5", '"two"', "null"])
async def test_a_bad_argument_is_an_error_of_the_field(argument: str) -> None:
    own, stock = await answers(f"{{ item(number: {argument}) {{ number }} }}")

    assert own == stock


async def test_awaitable_results_of_plain_resolvers_are_awaited() -> None:
    result: Any = execute(
        SCHEMA._schema, parse("{ __typename items { __typename } }"), executor_class=LevelExecutor
    )

    assert (await result).data["__typename"] == "Query"
