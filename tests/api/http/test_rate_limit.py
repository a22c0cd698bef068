"""The rate limit: every answer has its cost, and the refusal of a key without points says when to retry."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from api.app import create_app
from api.config.settings import Settings
from tests.support.organizations import TestOrganization
from tests.support.serving import NO_TLS, Server
from tests.support.subscription_clients import connect_socket, serving_in_process
from workflow.rules.enums import Role

ROLE = {"query": "{ viewer { role } }"}
POINTS = 5


@pytest.fixture
def limited_app(database: str) -> Starlette:
    """Return an application that allows five points a minute."""
    return create_app(Settings.read({"PURSUIT_DATABASE_URL": database, "PURSUIT_RATE_LIMIT": str(POINTS)}))


@pytest.fixture
async def limited_server(limited_app: Starlette) -> AsyncIterator[Server]:
    """Yield a server of that application."""
    async with serving_in_process(limited_app) as server:
        yield server


@pytest.fixture
async def limited_client(limited_app: Starlette, organization: TestOrganization) -> httpx.AsyncClient:
    """Return an admin's client of that application."""
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    transport = httpx.ASGITransport(limited_app)
    return httpx.AsyncClient(transport=transport, base_url="http://inside", headers=headers, verify=NO_TLS)


async def test_an_answer_says_what_it_cost_and_what_is_left(limited_client: httpx.AsyncClient) -> None:
    before = datetime.now(UTC)

    costs = [
        (await limited_client.post("/graphql", json=ROLE)).json()["extensions"]["cost"] for _ in range(3)
    ]

    assert [(cost["requested"], cost["limit"], cost["remaining"]) for cost in costs] == [
        (1, 5, 4),
        (1, 5, 3),
        (1, 5, 2),
    ]
    [reset] = {datetime.fromisoformat(cost["resetAt"]) for cost in costs}
    assert timedelta(seconds=58) <= reset - before <= timedelta(seconds=61)


async def test_an_invalid_request_costs_points_too(limited_client: httpx.AsyncClient) -> None:
    faulty = [
        {"query": "{ viewer {"},
        {"query": "{ nothing }"},
        {"extensions": {"persistedQuery": {"version": 1}}},
    ]

    answers = [(await limited_client.post("/graphql", json=request)).json() for request in faulty]

    assert [answer["extensions"]["cost"]["remaining"] for answer in answers] == [4, 3, 2]
    assert all("errors" in answer for answer in answers)


async def test_a_rate_limited_key_gets_a_retry_after(
    limited_client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    for _ in range(POINTS):
        assert (await limited_client.post("/graphql", json=ROLE)).status_code == 200

    refused = await limited_client.post("/graphql", json=ROLE)
    other = await organization.key(Role.OBSERVER)
    answer = await limited_client.post("/graphql", json=ROLE, headers={"Authorization": f"Bearer {other}"})

    [error] = refused.json()["errors"]
    assert (refused.status_code, error["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert 1 <= error["extensions"]["retryAfter"] <= 61
    assert refused.headers["Retry-After"] == str(error["extensions"]["retryAfter"])
    assert f"Try again in {error['extensions']['retryAfter']} seconds" in error["message"]
    assert refused.json()["extensions"]["cost"]["remaining"] == 0
    assert answer.json()["data"] == {"viewer": {"role": "OBSERVER"}}


async def test_a_stream_and_a_socket_get_the_retry_after_too(
    limited_server: Server, organization: TestOrganization
) -> None:
    async with limited_server.client(organization.api_key, Accept="text/event-stream") as client:
        for _ in range(POINTS):
            assert (await client.post("/graphql", json=ROLE)).status_code == 200

        streamed = await client.post("/graphql", json=ROLE)
    async with connect_socket(limited_server.base_url) as socket:
        await socket.authenticate(organization.api_key)
        await socket.subscribe("1", ROLE["query"])
        message = await socket.receive()

    [in_stream] = streamed.json()["errors"]
    [in_socket] = message["payload"]
    assert (streamed.status_code, message["type"]) == (429, "error")
    assert streamed.headers["Retry-After"] == str(in_stream["extensions"]["retryAfter"])
    for error in (in_stream, in_socket):
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert 1 <= error["extensions"]["retryAfter"] <= 61
