"""A mutation repeated with its Idempotency-Key runs once, whatever fails, and is answered each time."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schema.core.ids import encode
from tests.support.answers import error_code
from tests.support.counts import count
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from workflow.models import Account, Event, IdempotencyRecord, Opportunity
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.operations.people.members import NewMember, create_member, update_member
from workflow.rules.enums import Role

CREATE = """mutation($name: String!) { createAccount(input: {name: $name}) {
  __typename ... on AccountChanged { account { id name } } } }"""
DRY = """mutation($id: ID!) { disqualifyOpportunity(input: {id: $id, reason: NO_PAIN, dryRun: true}) {
  __typename ... on TransitionSucceeded { target } } }"""
TWO = """mutation {
  a: createAccount(input: {name: "A"}) { __typename }
  b: createAccount(input: {name: "B"}) { __typename } }"""
AT_ONCE = count(500)


async def send(client: httpx.AsyncClient, key: str, query: str = CREATE, **variables: Any) -> httpx.Response:
    """Send a request with an idempotency key."""
    headers = {"Idempotency-Key": key}
    return await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


async def test_the_same_request_again_gets_the_same_answer(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex

    first = await send(client, key, name="Acme")
    second = await send(client, key, name="Acme")

    assert first.json()["data"] == second.json()["data"]
    assert [answer.headers.get("Idempotency-Replayed") for answer in (first, second)] == [None, "true"]
    assert await Account.filter(organization_id=organization.id).count() == 1


async def test_a_refusal_is_replayed_too(client: httpx.AsyncClient) -> None:
    key = uuid4().hex
    query = """mutation { createAccount(input: {name: " "}) {
      __typename ... on InvalidInput { fields { message } } } }"""

    first = await send(client, key, query)
    second = await send(client, key, query)

    assert first.json()["data"]["createAccount"]["__typename"] == "InvalidInput"
    assert first.json()["data"] == second.json()["data"]
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_an_invalid_request_has_the_same_status_again(client: httpx.AsyncClient) -> None:
    key = uuid4().hex
    client.headers["Accept"] = "application/graphql-response+json"

    first, second = [await send(client, key) for _ in range(2)]

    assert (first.status_code, second.status_code) == (400, 400)
    assert first.json()["errors"] == second.json()["errors"]


async def test_a_result_is_replayed_to_a_member_who_has_since_lost_the_permission(
    server: Server, organization: TestOrganization
) -> None:
    key = uuid4().hex
    member = await create_member(organization.ctx, NewMember("Bea", "bea@example.com", Role.ADMIN))
    async with server.client(await organization.key(Role.ADMIN, "bea@example.com")) as client:
        first = await send(client, key, name="Acme")
        await IdempotencyRecord.filter(organization_id=organization.id).update(answer=None)
        await update_member(organization.ctx, member, {"role": Role.OBSERVER})

        second = await send(client, key, name="Acme")
        another = await send(client, uuid4().hex, name="Other")

    assert second.json()["data"] == first.json()["data"]
    assert another.json()["data"]["createAccount"]["__typename"] == "PermissionDenied"


async def test_of_many_concurrent_requests_one_runs_and_all_get_its_answer(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex

    answers = await asyncio.gather(*(_until_answered(client, key) for _ in range(AT_ONCE)))

    assert [
        answer.text for answer in answers if answer.status_code != 200 or "data" not in answer.json()
    ] == []
    assert len({str(answer.json()["data"]) for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == [
        "",
        *["true"] * (AT_ONCE - 1),
    ]
    assert await Account.filter(organization_id=organization.id).count() == 1
    assert await Event.filter(organization_id=organization.id, type="account.created").count() == 1


async def _until_answered(client: httpx.AsyncClient, key: str) -> httpx.Response:
    """Repeat a request until it is no longer in progress."""
    while (answer := await send(client, key, name="Acme")).status_code == 409:
        assert (error_code(answer), answer.headers["Retry-After"]) == ("IDEMPOTENCY_CONFLICT", "1")
        await asyncio.sleep(0.05)
    return answer


async def test_another_request_under_the_key_is_refused(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex
    await send(client, key, name="Acme")

    other = await send(client, key, name="Another")

    assert (other.status_code, error_code(other)) == (422, "IDEMPOTENCY_CONFLICT")
    assert await Account.filter(organization_id=organization.id).count() == 1


async def test_another_members_key_is_a_different_key(
    server: Server, client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex
    await send(client, key, name="Acme")

    async with server.client(await organization.key(Role.ADMIN)) as other:
        answer = await send(other, key, name="Acme again")

    assert answer.json()["data"]["createAccount"]["account"]["name"] == "Acme again"


async def test_the_key_is_free_again_after_a_day(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex
    old = uuid4().hex
    for name in (key, old):
        await send(client, name, name=name)
    await IdempotencyRecord.filter(organization_id=organization.id).update(
        expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )

    answer = await send(client, key, name="Tomorrow")

    assert answer.json()["data"]["createAccount"]["account"]["name"] == "Tomorrow"
    assert await IdempotencyRecord.filter(organization_id=organization.id).count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_an_invalid_key_is_refused(client: httpx.AsyncClient, key: str) -> None:
    answer = await send(client, key, name="Acme")

    assert (answer.status_code, error_code(answer)) == (400, "BAD_USER_INPUT")


async def test_a_request_with_a_key_holds_one_mutation(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    answer = await send(client, uuid4().hex, TWO)

    assert (answer.status_code, error_code(answer)) == (400, "BAD_USER_INPUT")
    assert await Account.filter(organization_id=organization.id).count() == 0


async def test_a_query_ignores_the_key(client: httpx.AsyncClient) -> None:
    answers = [await send(client, "key", "{ viewer { role } }") for _ in range(2)]

    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, None]


@pytest.mark.parametrize("kept", ["nothing", "done"])
async def test_an_expired_idempotency_lease_is_taken_over(
    client: httpx.AsyncClient, organization: TestOrganization, kept: str
) -> None:
    key = uuid4().hex
    first = await send(client, key, name="Acme")
    mine = IdempotencyRecord.filter(organization_id=organization.id)
    lost: Mapping[str, Any] = (
        {"answer": None} if kept == "done" else {"answer": None, "done": False, "outcomes": {}}
    )
    await mine.update(claimed_until=datetime.now(UTC) + timedelta(seconds=20), **lost)

    running = await send(client, key, name="Acme")
    await mine.update(claimed_until=datetime.now(UTC) - timedelta(seconds=1))
    second = await send(client, key, name="Acme")

    if kept == "done":
        assert running.json()["data"] == second.json()["data"] == first.json()["data"]
        assert running.headers["Idempotency-Replayed"] == "true"
    else:
        assert (running.status_code, error_code(running)) == (409, "IDEMPOTENCY_CONFLICT")
        assert second.json()["data"]["createAccount"]["__typename"] == "AccountChanged"


async def test_a_secret_is_returned_once_and_never_stored(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex
    query = """mutation { createApiKey(input: {name: "CI", role: INTEGRATOR}) {
      ... on ApiKeyChanged { apiKey { id } secret } } }"""

    first, second = [(await send(client, key, query)).json()["data"]["createApiKey"] for _ in range(2)]

    assert first["secret"].startswith("pur_")
    assert second == {**first, "secret": None}
    [row] = await IdempotencyRecord.filter(organization_id=organization.id).values()
    assert first["secret"].split("_")[2] not in str(row)


async def test_a_dry_run_is_replayed(client: httpx.AsyncClient, organization: TestOrganization) -> None:
    account = await create_account(organization.ctx, {"name": "Cancity"})
    deal = await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"})
    key = uuid4().hex
    id = encode("Opportunity", deal)

    first, second = [await send(client, key, DRY, id=id) for _ in range(2)]

    assert first.json()["data"]["disqualifyOpportunity"] == {
        "__typename": "TransitionSucceeded",
        "target": "DISQUALIFIED",
    }
    assert first.json()["data"] == second.json()["data"]
    assert (await Opportunity.get(id=deal)).state == "LEAD"
