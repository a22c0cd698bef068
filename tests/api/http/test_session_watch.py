"""A revoked key or a deactivated member ends the requests in progress and refuses later ones."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

import api.http.graphql
import api.http.session_watch
from api.app import create_app
from api.config.settings import Settings
from tests.support.mutation_cases.case import DOCUMENT
from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import create_deals_with_people
from tests.support.serving import NO_TLS
from workflow.models import ApiKey
from workflow.operations.people.api_keys import revoke_api_key
from workflow.operations.people.members import update_member
from workflow.queries.process import impact
from workflow.rules.enums import Role

IMPACT = """query($x: SalesProcessInput!) { processImpact(document: $x) {
  ... on ProcessImpact { openOpportunities } } }"""
Ending = Callable[[TestOrganization, str], Awaitable[object]]


async def revoke(organization: TestOrganization, key: str) -> object:
    """Revoke the key as an admin."""
    [found] = await ApiKey.filter(public_id=key.split("_")[1]).values("id")
    return await revoke_api_key(organization.ctx, found["id"])


async def deactivate(organization: TestOrganization, key: str) -> object:
    """Deactivate the member of the key as an admin."""
    [found] = await ApiKey.filter(public_id=key.split("_")[1]).values("member_id")
    return await update_member(organization.ctx, found["member_id"], {"active": False})


async def expire(organization: TestOrganization, key: str) -> object:
    """Let the key expire."""
    return await ApiKey.filter(public_id=key.split("_")[1]).update(expires_at=NOW)


@pytest.fixture
async def key(organization: TestOrganization) -> str:
    """Create a key of a second admin, in an organization whose process impact takes several batches."""
    await create_deals_with_people(organization, 4 * impact.BATCH_SIZE, people=0)
    return await organization.key(Role.ADMIN, "otto@example.com")


@pytest.fixture
async def in_process_client(
    database: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield the application in this process, with constant rechecks of running requests."""
    monkeypatch.setattr(api.http.graphql, "RECHECK_INTERVAL", 0.001)
    monkeypatch.setattr(api.http.session_watch, "RECHECK_INTERVAL", 0.001)
    transport = httpx.ASGITransport(create_app(Settings.read({"PURSUIT_DATABASE_URL": database})))
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://inside", headers=headers, verify=NO_TLS
    ) as client:
        yield client


async def ask_slow_query(client: httpx.AsyncClient) -> httpx.Response:
    """Send a query that takes a while."""
    return await client.post("/graphql", json={"query": IMPACT, "variables": {"x": DOCUMENT}})


@pytest.mark.parametrize("end", [revoke, deactivate, expire])
async def test_a_request_ends_with_its_credentials(
    end: Ending, in_process_client: httpx.AsyncClient, key: str, organization: TestOrganization
) -> None:
    complete = await ask_slow_query(in_process_client)
    running = asyncio.create_task(ask_slow_query(in_process_client))
    await asyncio.sleep(0)
    await end(organization, key)

    answer = await running
    later = await ask_slow_query(in_process_client)

    assert complete.json()["data"]["processImpact"]["openOpportunities"] == 4 * impact.BATCH_SIZE
    assert [one.status_code for one in (answer, later)] == [401, 401]
    assert [set(one.json()) for one in (answer, later)] == [{"errors"}, {"errors"}]


async def test_a_long_request_with_valid_credentials_is_answered(
    in_process_client: httpx.AsyncClient,
) -> None:
    answers = await asyncio.gather(*(ask_slow_query(in_process_client) for _ in range(4)))

    assert {answer.json()["data"]["processImpact"]["openOpportunities"] for answer in answers} == {
        4 * impact.BATCH_SIZE
    }
