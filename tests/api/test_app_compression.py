"""Large answers and static files are compressed as the client accepts; small answers and streams are not."""

import json

import httpx
import pytest

from api.app import MIN_COMPRESSED_BYTES
from tests.support.answers import decompress
from tests.support.organizations import TestOrganization
from tests.support.serving import Server

LARGE = "{ __schema { types { name fields { name } } } }"
SMALL = "{ viewer { role } }"


async def raw(client: httpx.AsyncClient, query: str, accepted: str) -> tuple[httpx.Headers, bytes]:
    """Send a query with an Accept-Encoding, and return the headers and the body as sent."""
    headers = {"Accept-Encoding": accepted}
    async with client.stream("POST", "/graphql", json={"query": query}, headers=headers) as answer:
        return answer.headers, b"".join([chunk async for chunk in answer.aiter_raw()])


@pytest.mark.parametrize(
    ("accepted", "chosen"), [("gzip", "gzip"), ("gzip, br", "br"), ("gzip, deflate, br, zstd", "zstd")]
)
async def test_a_large_answer_is_compressed_by_the_best_method_accepted(
    accepted: str, chosen: str, client: httpx.AsyncClient
) -> None:
    plain_headers, plain = await raw(client, LARGE, "identity")
    headers, body = await raw(client, LARGE, accepted)

    assert "content-encoding" not in plain_headers
    assert (headers["content-encoding"], headers["content-length"]) == (chosen, str(len(body)))
    assert json.loads(decompress(chosen, body))["data"] == json.loads(plain)["data"]
    assert len(body) < len(plain) / 3


async def test_caches_keep_one_answer_for_each_encoding_and_media_type(client: httpx.AsyncClient) -> None:
    headers, _ = await raw(client, LARGE, "gzip")

    vary = {name.strip() for name in ",".join(headers.get_list("vary")).split(",")}
    assert vary == {"Accept", "Accept-Encoding"}


async def test_a_small_answer_is_sent_as_it_is(client: httpx.AsyncClient) -> None:
    headers, body = await raw(client, SMALL, "gzip, br, zstd")

    assert len(body) < MIN_COMPRESSED_BYTES
    assert "content-encoding" not in headers


async def test_a_stream_is_not_compressed(server: Server, organization: TestOrganization) -> None:
    accept = {"Accept": "text/event-stream", "Accept-Encoding": "gzip, br, zstd"}
    async with server.client(organization.api_key, **accept) as client:
        answer = await client.post("/graphql", json={"query": LARGE})

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-encoding" not in answer.headers
