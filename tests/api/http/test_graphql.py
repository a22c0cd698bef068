"""The endpoint /graphql: methods, media types, sizes, shapes, and the codes of errors."""

import asyncio
import http.client
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.http.problems import GRAPHQL_JSON, JSON
from tests.support.answers import error_code
from tests.support.serving import Server

ROLE = "{ viewer { role } }"
ANSWER = {"viewer": {"role": "ADMIN"}}
CREATE = 'mutation { createAccount(input: { name: "Acme" }) { __typename } }'


async def ask(client: httpx.AsyncClient, query: str, accept: str = JSON, **rest: Any) -> httpx.Response:
    """Send one request by POST."""
    return await client.post("/graphql", json={"query": query, **rest}, headers={"Accept": accept})


async def test_a_query_by_post_is_answered(client: httpx.AsyncClient) -> None:
    answer = await ask(client, ROLE)

    assert (answer.status_code, answer.json()["data"], answer.headers["content-type"]) == (200, ANSWER, JSON)


async def test_a_query_by_get_is_answered(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": ROLE, "variables": "{}"}, headers={"Accept": JSON})

    assert (answer.status_code, answer.json()["data"]) == (200, ANSWER)


async def test_a_mutation_by_get_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": CREATE}, headers={"Accept": JSON})

    assert (answer.status_code, answer.headers["Allow"], error_code(answer)) == (
        405,
        "POST",
        "BAD_USER_INPUT",
    )


async def test_another_method_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.put("/graphql", json={"query": ROLE})

    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


FAULTS = [
    ("{ viewer {", {}, "GRAPHQL_PARSE_FAILED"),
    ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ("{" + "a{" * 20_000, {}, "QUERY_TOO_COMPLEX"),
    ("query Q($id: ID!) { node(id: $id) { id } }", {}, "BAD_USER_INPUT"),
    ("query A { viewer { role } } query B { viewer { role } }", {}, "OPERATION_RESOLUTION_FAILURE"),
    ("query A { viewer { role } }", {"operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
    ("fragment F on Viewer { role }", {}, "OPERATION_RESOLUTION_FAILURE"),
]


@pytest.mark.parametrize(("accept", "status"), [(JSON, 200), (GRAPHQL_JSON, 400)])
@pytest.mark.parametrize(("query", "rest", "expected"), FAULTS, ids=range(len(FAULTS)))
async def test_an_invalid_request_has_an_error_code(
    client: httpx.AsyncClient, query: str, rest: dict[str, Any], expected: str, accept: str, status: int
) -> None:
    answer = await ask(client, query, accept, **rest)

    assert (error_code(answer), answer.status_code, answer.headers["content-type"]) == (
        expected,
        status,
        accept,
    )
    assert "data" not in answer.json()


async def test_of_several_operations_the_named_one_runs(client: httpx.AsyncClient) -> None:
    answer = await ask(
        client, "query A { viewer { role } } query B { a: viewer { role } }", operationName="B"
    )

    assert answer.json()["data"] == {"a": {"role": "ADMIN"}}


async def test_a_subscription_is_refused_as_a_single_response(client: httpx.AsyncClient) -> None:
    answer = await ask(client, 'subscription { opportunityChanged(id: "x") { id } }')

    assert (answer.status_code, error_code(answer)) == (406, "BAD_USER_INPUT")


async def test_an_idle_keep_alive_connection_is_still_answered(server: Server) -> None:
    where = urlsplit(server.base_url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port)

    def asked() -> int:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        answer.read()
        return answer.status

    first = await asyncio.to_thread(asked)
    first_socket = connection.sock
    await asyncio.sleep(6)

    assert (first, await asyncio.to_thread(asked)) == (200, 200)
    assert connection.sock is first_socket is not None
    connection.close()
