"""The rate limit: every answer has its cost, and the refusal of a key without points says when to retry."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.app import create_app
from api.config.settings import Settings
from tests.support.organizations import TestOrganization
from tests.support.serving import NO_TLS
from workflow.rules.enums import Role

ROLE = {"query": "{ viewer { role } }"}
POINTS = 5


@pytest.fixture
async def limited_client(database: str, organization: TestOrganization) -> httpx.AsyncClient:
    """Yield an admin's client of an application that allows five points a minute."""
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": database, "PURSUIT_RATE_LIMIT": str(POINTS)}))
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    transport = httpx.ASGITransport(app)
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
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert refused.json()["extensions"]["cost"]["remaining"] == 0
    assert answer.json()["data"] == {"viewer": {"role": "OBSERVER"}}
