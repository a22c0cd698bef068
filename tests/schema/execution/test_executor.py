"""The executor answers as graphql-core's own does: the same data, keys in the same order, the same errors."""

import json
from typing import Any

from graphql import GraphQLError, execute, parse, validate
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema import schema
from schema.core.context import RequestContext
from schema.execution.executor import LevelExecutor
from tests.schema.core.complete_deals import create_complete_deals
from tests.support.counts import count
from tests.support.organizations import NOW, TestOrganization
from tests.support.random_queries import RandomQueries
from tests.support.schema_queries import node_query, node_types, select_all

Answer = tuple[str, list[str]]
GRAPHQL = schema._schema
CHANGING = frozenset({"lastUsedAt"})
"""Fields that another request may change between the two answers."""


async def answer(executor: type, query: str, variables: Any, organization: TestOrganization) -> Answer:
    """Return the data as JSON, and the errors in an order of their own: theirs is that in which tasks end."""
    context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="test")
    result: Any = execute(
        GRAPHQL, parse(query), context_value=context, variable_values=variables, executor_class=executor
    )
    if not hasattr(result, "errors"):
        result = await result
    return json.dumps(result.data, default=str), sorted(map(str_of, result.errors or ()))


def str_of(error: GraphQLError) -> str:
    """Return the message of an error with its path and its locations."""
    return json.dumps([error.path, [list(place) for place in error.locations or ()], error.message])


async def assert_equal_answers(query: str, organization: TestOrganization, variables: Any = None) -> Answer:
    """Compare the answers of both executors, and return them."""
    assert validate(GRAPHQL, parse(query)) == [], query
    own = await answer(LevelExecutor, query, variables, organization)
    stock = await answer(StrawberryGraphQLCoreExecutionContext, query, variables, organization)
    assert own == stock, query
    return own


async def known_ids(organization: TestOrganization) -> list[str]:
    """Return ids of every type that a page of deals leads to."""
    everything = " ".join(
        f"{name}(first: 3) {{ nodes {select_all(GRAPHQL.type_map[kind])} }}"
        for name, kind in (("opportunities", "Opportunity"), ("accounts", "Account"), ("contacts", "Contact"))
    )
    data, errors = await answer(LevelExecutor, f"{{ {everything} }}", None, organization)
    assert errors == []
    found: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            found.update([value["id"]] if "id" in value else [])
            list(map(collect, value.values()))
        elif isinstance(value, list):
            list(map(collect, value))

    collect(json.loads(data))
    return sorted(found)


async def test_random_queries_have_equal_answers(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 3)
    queries = RandomQueries(GRAPHQL, await known_ids(organization), CHANGING)
    with_errors = 0

    for seed in range(count(10_000, part=20)):
        query, variables = queries.query(seed)
        _, errors = await assert_equal_answers(query, organization, variables)
        with_errors += bool(errors)

    assert with_errors, "No query had an error, so errors were not compared."


async def test_every_field_of_every_record_has_an_equal_answer(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)
    ids = await known_ids(organization)

    for kind in node_types(GRAPHQL):
        for id in ids:
            await assert_equal_answers(node_query(kind), organization, {"id": id})
