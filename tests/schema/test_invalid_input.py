"""Hostile values in every input and argument: the answer is a client error or data, never a server error."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from graphql import GraphQLField, GraphQLInputObjectType, build_schema, get_named_type, is_required_argument

from schema import schema
from tests.schema.invalid_values import invalid_values
from tests.support.counts import sample
from tests.support.fixtures import create_mutation_fixtures, replace_names
from tests.support.mutation_cases.all_cases import MUTATION_CASES
from tests.support.mutation_cases.case import DOCUMENT
from tests.support.organizations import TestOrganization
from tests.support.schema_queries import root_query
from tests.support.serving import Server

SCHEMA = build_schema(schema.as_str())
assert SCHEMA.query_type is not None
assert SCHEMA.mutation_type is not None
QUERIES = SCHEMA.query_type.fields
MUTATIONS = SCHEMA.mutation_type.fields
UNKNOWN = "QWNjb3VudDp4"
REQUIRED_ARGUMENTS: Mapping[str, Any] = {
    "id": UNKNOWN,
    "ids": [UNKNOWN],
    "key": "default",
    "document": DOCUMENT,
}
CLIENTS_FAULTS = {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}


def test_every_mutation_is_tried() -> None:
    assert MUTATION_CASES.keys() == MUTATIONS.keys()


@pytest.mark.parametrize("name", sample(MUTATIONS, every=6))
async def test_a_hostile_input_is_a_client_error_or_an_answer(
    name: str, server: Server, database: str
) -> None:
    fixtures = await create_mutation_fixtures(database, server)
    done = replace_names(MUTATION_CASES[name].valid, fixtures.ids)
    query = root_query("mutation", name, MUTATIONS[name], {"input": done})

    async with server.client(fixtures.keys["admin"]) as client:
        faults = [
            fault
            for input in sample(_inputs(name, done), every=16)
            if (fault := await _problem_of(client, query, {"input": input}))
        ]

    assert faults == []


@pytest.mark.parametrize("name", sample((name for name, spec in QUERIES.items() if spec.args), every=6))
async def test_a_hostile_argument_is_a_client_error_or_an_answer(
    name: str, server: Server, organization: TestOrganization
) -> None:
    async with server.client(organization.api_key) as client:
        asked = [
            (root_query("query", name, QUERIES[name], one), one)
            for one in sample(_arguments(QUERIES[name]), every=16)
        ]
        faults = [fault for query, one in asked if (fault := await _problem_of(client, query, one))]

    assert faults == []


def _inputs(name: str, done: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the valid input with each of its fields in turn replaced by a hostile value."""
    kind = get_named_type(MUTATIONS[name].args["input"].type)
    assert isinstance(kind, GraphQLInputObjectType)
    yield from (
        {**done, key: value} for key, field in kind.fields.items() for value in invalid_values(field.type)
    )


def _arguments(spec: GraphQLField) -> Iterator[dict[str, Any]]:
    needed = {
        key: REQUIRED_ARGUMENTS[key] for key, argument in spec.args.items() if is_required_argument(argument)
    }
    yield from (
        {**needed, key: value}
        for key, argument in spec.args.items()
        for value in invalid_values(argument.type)
    )


async def _problem_of(client: httpx.AsyncClient, query: str, variables: Mapping[str, Any]) -> str | None:
    """Return the fault of an answer; None if it is data or a client error with a code."""
    body = json.dumps({"query": query, "variables": variables}).replace("Infinity", "1e400")
    answer = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
    sound = answer.status_code in (200, 400) and codes <= CLIENTS_FAULTS
    return None if sound else f"{answer.status_code} {codes} {body[:100]} … {body[-200:]}"


def _cursor(*parts: Any, marks: str = "number") -> str:
    return base64.urlsafe_b64encode(json.dumps([marks, parts]).encode()).decode().rstrip("=")


ID = ["u", "01a20f40-53a6-773d-aacd-9de01f03bea6"]
CURSORS = [
    _cursor(["v", 10**30], ID),
    _cursor(["v", "one"], ID),
    _cursor(["v", None], ID),
    _cursor(["v", True], ID),
    _cursor(["v", [1]], ID),
    _cursor(["v", 1], ["v", 1]),
    _cursor(["v", 1]),
    _cursor(["v", 1], ID, ID),
    _cursor(["x", 1], ID),
    _cursor(1, 2),
    base64.urlsafe_b64encode(b"1.99999999999999999999.1").decode(),
    base64.urlsafe_b64encode(b"-1.-1.-1").decode(),
    base64.urlsafe_b64encode(b"[" * 2_000).decode(),
]
PAGES = [
    "query($x: String) { opportunities(after: $x) { totalCount } }",
    "query($x: String) { opportunities(last: 1, before: $x) { totalCount } }",
    "query($x: String) { events(after: $x) { nodes { id } } }",
]


@pytest.mark.parametrize("query", PAGES, ids=["after", "before", "events"])
async def test_a_forged_cursor_is_refused(query: str, client: httpx.AsyncClient) -> None:
    for cursor in CURSORS:
        answer = await client.post("/graphql", json={"query": query, "variables": {"x": cursor}})

        assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["BAD_USER_INPUT"], (
            cursor
        )


def _deep(depth: int) -> Any:
    return {"open": True} if depth == 1 else {"not": _deep(depth - 1)}


FILTERS = [
    (_deep(5), None),
    (_deep(6), "Filters can be nested at most 5 deep."),
    (_deep(120), "Filters can be nested at most 5 deep."),
    ({"anyOf": [{"source": ["x"], "missing": ["COMPETITORS"]}] * 49}, None),
    ({"anyOf": [{}] * 50}, "The filter contains 51 filters; at most 50 are allowed."),
    ({"anyOf": [{"anyOf": [{"anyOf": [{"anyOf": [{"open": True}] * 46}]}]}]}, None),
    ({"numbers": [1] * 1_000}, None),
    ({"numbers": [1] * 400_000}, "`numbers` of the filter has 400,000 values; at most 1,000 are allowed."),
]
COUNT = (
    "query($x: OpportunityFilter) "
    "{ opportunities(filter: $x) { totalCount totalValue { amount } nodes { id } } }"
)


@pytest.mark.parametrize(("filter", "message"), FILTERS, ids=range(len(FILTERS)))
async def test_a_filter_has_its_bounds(filter: Any, message: str | None, client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": COUNT, "variables": {"x": filter}})

    errors = [(error["message"], error["extensions"]["code"]) for error in answer.json().get("errors", [])]
    assert errors == ([] if message is None else [(message, "BAD_USER_INPUT")])


async def test_attributes_are_stored_unchanged(client: httpx.AsyncClient) -> None:
    attributes = {
        "a": [1, 2.5, {"ß": None}],
        "big": 10**60,
        "text": '"\\u0000"\\',
        "deep": {"a": {"b": {"c": []}}},
    }
    create = (
        "mutation($x: JSON) "
        '{ createAccount(input: { name: "A", attributes: $x }) { '
        "... on AccountChanged { account { attributes } } } }"
    )

    answer = await client.post("/graphql", json={"query": create, "variables": {"x": attributes}})

    assert answer.json()["data"]["createAccount"]["account"]["attributes"] == attributes
