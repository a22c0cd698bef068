"""Content negotiation: the media type that the Accept header prefers."""

import httpx
import pytest

from api.http.negotiation import AcceptedTypes, parse_accept, preferred_type
from api.http.problems import GRAPHQL_JSON, JSON
from tests.support.answers import error_code

ROLE = "{ viewer { role } }"


async def ask(client: httpx.AsyncClient, query: str, accept: str = JSON) -> httpx.Response:
    """Send one request by POST."""
    return await client.post("/graphql", json={"query": query}, headers={"Accept": accept})


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

    assert (answer.status_code, error_code(answer)) == (406, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    ("accept", "json", "stream"),
    [
        ("", JSON, False),
        ("*/*", JSON, False),
        ("text/event-stream", None, True),
        ("text/event-stream;q=0, application/json", JSON, False),
        (f"{JSON}, text/event-stream;q=0.1", JSON, True),
        ("APPLICATION/JSON ; Q=1", JSON, False),
    ],
)
def test_a_stream_is_sent_only_to_a_client_that_names_it(accept: str, json: str | None, stream: bool) -> None:
    assert parse_accept(accept) == AcceptedTypes(json, stream)


@pytest.mark.parametrize(
    ("accept", "preferred"),
    [
        (f"application/*, {JSON};q=0", GRAPHQL_JSON),
        (f"*/*, application/*;q=0, {JSON};q=0.1", JSON),
        (f"{JSON};q=high, {GRAPHQL_JSON};q=0.1", GRAPHQL_JSON),
        (f"{JSON};q=2", None),
        ("text/html", None),
    ],
)
def test_the_most_specific_range_decides_and_an_invalid_weight_is_zero(
    accept: str, preferred: str | None
) -> None:
    assert preferred_type(accept, (JSON, GRAPHQL_JSON)) == preferred
