"""Parsing of requests: size, media type, JSON and shape of the body."""

import json
from typing import Any

import httpx
import pytest

from api.http.problems import JSON, RequestProblem
from api.http.requests import BODY_LIMIT, GraphQLRequest, parse_json, parse_request
from tests.support.answers import error_code

ROLE = "{ viewer { role } }"
CREATE = 'mutation { createAccount(input: { name: "Acme" }) { __typename } }'


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

    assert (answer.status_code, error_code(answer)) == (415, "BAD_USER_INPUT")


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json={"query": ROLE + " " * BODY_LIMIT})

    assert (answer.status_code, error_code(answer)) == (413, "BAD_USER_INPUT")


async def test_a_body_without_content_length_over_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    async def chunks() -> Any:
        for _ in range(30):
            yield b" " * 50_000

    answer = await client.post("/graphql", content=chunks(), headers={"Content-Type": JSON})

    assert (answer.status_code, error_code(answer)) == (413, "BAD_USER_INPUT")


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

    assert (answer.status_code, error_code(answer)) == (400, "BAD_USER_INPUT")


async def test_a_compressed_body_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"Content-Type": JSON, "Content-Encoding": "gzip"}

    answer = await client.post("/graphql", content=b"{}", headers=headers)

    assert (answer.status_code, error_code(answer)) == (415, "BAD_USER_INPUT")


async def test_a_malformed_parameter_of_a_get_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", params={"query": ROLE, "variables": "{"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"].startswith("`variables` is not JSON")


def test_blank_parameters_count_as_absent() -> None:
    assert parse_request({"query": " \n", "operationName": ""}) == GraphQLRequest(None, None, None)


@pytest.mark.parametrize(
    ("text", "is_nul"), [(r'"\u0000"', True), (r'"\\u0000"', False), (r'"\\\u0000"', True)]
)
def test_only_an_escape_of_nul_is_refused_not_a_backslash_before_the_same_letters(
    text: str, is_nul: bool
) -> None:
    if is_nul:
        with pytest.raises(RequestProblem, match="U\\+0000"):
            parse_json(text.encode(), "The body")
    else:
        assert parse_json(text.encode(), "The body") == r"\u0000"
