"""A small schema in which resolvers of every kind fail for some rows, and both executors of it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import execute, parse
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.core.nodes import Root, Roots, backed_by, batch
from schema.execution.executor import LevelExecutor
from schema.execution.fields import COLUMN

BAD = 2
"""The number of the row for which resolvers fail."""


@dataclass
class SmallRow:
    """A row with a number; `attribute` is missing in the bad one."""

    number: int

    def __getattr__(self, name: str) -> Any:
        if name == "attribute" and self.number != BAD:
            return f"attribute {self.number}"
        raise AttributeError(name)


def fail_for_bad(root: Root) -> str:
    """Return a text for a row; raise for the bad one."""
    if root.number == BAD:
        raise ValueError(f"Row {root.number} is bad.")
    return f"row {root.number}"


def read_plain(root: Root) -> str:
    """Return a text for a row."""
    return fail_for_bad(root)


def read_plain_column(rows: Sequence[SmallRow]) -> list[str]:
    """Return the text for each row; fail as a whole."""
    return [fail_for_bad(row) for row in rows]


setattr(read_plain, COLUMN, read_plain_column)


def read_attribute(root: Root) -> str:
    """Return an attribute that the bad row lacks."""
    text: str = root.attribute
    return text


async def read_later(root: Root) -> str:
    """Read one row."""
    return fail_for_bad(root)


@batch
async def read_batch(roots: Roots, info: strawberry.Info, prefix: str = "") -> list[str]:
    """Read all rows; fail as a whole."""
    return [prefix + fail_for_bad(root) for root in roots]


@batch
async def read_values(roots: Roots, info: strawberry.Info) -> list[Any]:
    """Read all rows; the value of the bad one is an exception."""
    return [ValueError("A value is bad.") if root.number == BAD else str(root.number) for root in roots]


@batch
async def read_children(roots: Roots, info: strawberry.Info) -> Any:
    """Return three rows below each row: one is bad, one is null."""
    return [[SmallRow(1), None, SmallRow(BAD)] if root.number == 1 else [SmallRow(3)] for root in roots]


@strawberry.type
class Item:
    is_type_of = backed_by(SmallRow)
    number: int
    attribute: str | None
    required_attribute: str = strawberry.field(resolver=read_attribute)
    plain: str | None = strawberry.field(resolver=fail_for_bad)
    plain_column: str | None = strawberry.field(resolver=read_plain)
    later: str | None = strawberry.field(resolver=read_later)
    required_later: str = strawberry.field(resolver=read_later)
    batched: str | None = strawberry.field(resolver=read_batch)
    required_batched: str = strawberry.field(resolver=read_batch)
    values: str | None = strawberry.field(resolver=read_values)
    children: "list[Item | None]" = strawberry.field(resolver=read_children)
    required_children: "list[Item] | None" = strawberry.field(resolver=read_children)

    @strawberry.field(graphql_type="Item | None")
    def same(self, root: Root) -> Any:
        return root

    @strawberry.field(graphql_type="Item")
    def required_same(self, root: Root) -> Any:
        return root

    @strawberry.field(graphql_type=int)
    def too_large(self, root: Root) -> Any:
        return 2**40 if root.number == BAD else root.number

    @strawberry.field(graphql_type=float | None)
    def not_finite(self, root: Root) -> Any:
        return float("nan") if root.number == BAD else 0.5

    @strawberry.field(graphql_type=list[str] | None)
    def not_a_list(self, root: Root) -> Any:
        return 5 if root.number == BAD else (str(root.number),)

    @strawberry.field(graphql_type="Item | None")
    def wrong_type(self, root: Root) -> Any:
        return "not an item" if root.number == BAD else root


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Item | None])
    def items(self) -> Any:
        return [SmallRow(1), SmallRow(BAD), None, SmallRow(3)]

    @strawberry.field(graphql_type=list[Item])
    async def required_items(self) -> Any:
        return (SmallRow(1), SmallRow(BAD), SmallRow(3))

    @strawberry.field(graphql_type=Item | None)
    async def item(self, number: int) -> Any:
        return SmallRow(number)


small_schema = strawberry.Schema(Query, execution_context_class=LevelExecutor)
GRAPHQL = small_schema._schema


async def answers(query: str, variables: Any = None) -> Sequence[tuple[str, list[str]]]:
    """Return the data and the errors of the project's executor and of graphql-core's."""
    found = []
    for executor in (LevelExecutor, StrawberryGraphQLCoreExecutionContext):
        result: Any = execute(GRAPHQL, parse(query), variable_values=variables, executor_class=executor)
        if not hasattr(result, "errors"):
            result = await result
        errors = [json.dumps([error.path, error.message]) for error in result.errors or ()]
        found.append((json.dumps(result.data), sorted(errors)))
    return found
