"""The endpoint /graphql: methods, media types, sizes, shapes, and the codes of errors."""

import asyncio
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.http.problems import GRAPHQL_JSON, JSON
from api.http.requests import BODY_LIMIT
from tests.support.serving import Server

ROLE = "{ viewer { role } }"
ANSWER = {"viewer": {"role": "ADMIN"}}
CREATE = 'mutation { createAccount(input: { name: "Acme" }) { __typename } }'


def code(answer: httpx.Response) -> str:
    """Return the code of the answer's only error."""
    [error] = answer.json()["errors"]
    return str(error["extensions"]["code"])


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

    assert (answer.status_code, answer.headers["Allow"], code(answer)) == (405, "POST", "BAD_USER_INPUT")


async def test_another_method_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.put("/graphql", json={"query": ROLE})

    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=latin-1",
    ],
)
async def test_a_body_that_is_not_declared_as_json_is_refused(
    client: httpx.AsyncClient, content_type: str
) -> None:
    body = json.dumps({"query": CREATE})

    answer = await client.post("/graphql", content=body, headers={"Content-Type": content_type})

    assert (answer.status_code, code(answer)) == (415, "BAD_USER_INPUT")


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    answer = await ask(client, ROLE + " " * BODY_LIMIT)

    assert (answer.status_code, code(answer)) == (413, "BAD_USER_INPUT")


async def test_a_body_without_content_length_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    async def chunks() -> Any:
        for _ in range(30):
            yield b" " * 50_000

    answer = await client.post("/graphql", content=chunks(), headers={"Content-Type": JSON})

    assert (answer.status_code, code(answer)) == (413, "BAD_USER_INPUT")


ODD = [
    *(
        b"",
        b"5",
        b"null",
        b"[1]",
        b'"x"',
        b"{",
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 5}',
        b"[" * 100_000,
    ),
    *(
        b"\xff\xfe",
        b'{"query": "\xff"}',
        b'{"query": "{ viewer { role } }", "variables": []}',
        b"\xef\xbb\xbf{}",
    ),
    *(
        b'{"query": "{ viewer { role } }", "operationName": 5}',
        b'{"query": "{ viewer { role } }", "extensions": []}',
    ),
    *(
        b'{"query": "{ viewer { role } }", "variables": {"a": NaN}}',
        b'{"query": "{ a\\ud800 }"}',
        b'{"query": "{ a\\u0000 }"}',
    ),
    b'{"query": "{ viewer { role } }", "variables": {"a": ' + b"1" * 5000 + b"}}",
    b'{"query": "{ viewer { role } }", "variables": {"a": "\\u0000"}}',
    b'[{"query": "{ viewer { role } }"}]',
]


@pytest.mark.parametrize("body", ODD, ids=range(len(ODD)))
async def test_malformed_json_is_a_client_error(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/graphql", content=body, headers={"Content-Type": JSON})

    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")


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

    assert (code(answer), answer.status_code, answer.headers["content-type"]) == (expected, status, accept)
    assert "data" not in answer.json()


async def test_of_several_operations_the_named_one_runs(client: httpx.AsyncClient) -> None:
    answer = await ask(
        client, "query A { viewer { role } } query B { a: viewer { role } }", operationName="B"
    )

    assert answer.json()["data"] == {"a": {"role": "ADMIN"}}


async def test_a_subscription_is_refused_as_a_single_response(client: httpx.AsyncClient) -> None:
    answer = await ask(client, 'subscription { opportunityChanged(id: "x") { id } }')

    assert (answer.status_code, code(answer)) == (406, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, {JSON};q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0, */*", JSON),
    ],
)
async def test_the_media_type_follows_the_accept_weights(
    client: httpx.AsyncClient, accept: str, media_type: str
) -> None:
    answer = await ask(client, ROLE, accept)

    assert answer.headers["content-type"] == media_type


async def test_a_client_that_accepts_neither_media_type_is_refused(client: httpx.AsyncClient) -> None:
    answer = await ask(client, ROLE, "image/png")

    assert (answer.status_code, code(answer)) == (406, "BAD_USER_INPUT")


async def test_an_unknown_path_has_the_same_error_shape(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")

    assert (answer.status_code, code(answer)) == (404, "BAD_USER_INPUT")


async def test_an_answer_carries_its_request_id_and_safety_headers(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": ROLE}, headers={"X-Request-Id": "abc-1"})

    assert answer.headers["X-Request-Id"] == "abc-1"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


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
