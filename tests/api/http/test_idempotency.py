"""The same mutation with the same Idempotency-Key is done once, whoever dies in between, and is answered each time."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from schema.core.ids import encode
from tests.support.counts import count
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from workflow.models import Account, Event, Idempotency, Opportunity
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.operations.people.members import NewMember, create_member, update_member
from workflow.rules.enums import Role

CREATE = "mutation($name: String!) { createAccount(input: {name: $name}) { __typename ... on AccountChanged { account { id name } } } }"
DRY = """mutation($id: ID!) { disqualifyOpportunity(input: {id: $id, reason: NO_PAIN, dryRun: true}) {
  __typename ... on TransitionSucceeded { target } } }"""
TWO = """mutation { a: createAccount(input: {name: "A"}) { __typename } b: createAccount(input: {name: "B"}) { __typename } }"""
AT_ONCE = count(500)


async def sent(client: httpx.AsyncClient, key: str, query: str = CREATE, **variables: Any) -> httpx.Response:
    """Send a request under the key."""
    headers = {"Idempotency-Key": key}
    return await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


def code(answer: httpx.Response) -> str:
    """The code of the answer's only error."""
    [error] = answer.json()["errors"]
    return str(error["extensions"]["code"])


async def test_the_same_request_again_gets_the_same_answer(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex

    first, second = await sent(client, key, name="Acme"), await sent(client, key, name="Acme")

    assert first.json()["data"] == second.json()["data"]
    assert [answer.headers.get("Idempotency-Replayed") for answer in (first, second)] == [None, "true"]
    assert await Account.filter(organization_id=organization.id).count() == 1


async def test_a_refusal_is_answered_again_too(client: httpx.AsyncClient) -> None:
    key, query = (
        uuid4().hex,
        'mutation { createAccount(input: {name: " "}) { __typename ... on InvalidInput { fields { message } } } }',
    )

    first, second = await sent(client, key, query), await sent(client, key, query)

    assert first.json()["data"]["createAccount"]["__typename"] == "InvalidInput"
    assert first.json()["data"] == second.json()["data"]
    assert second.headers["Idempotency-Replayed"] == "true"


async def test_a_request_that_cannot_run_has_the_same_status_again(client: httpx.AsyncClient) -> None:
    key = uuid4().hex
    client.headers["Accept"] = "application/graphql-response+json"

    first, second = [await sent(client, key) for _ in range(2)]

    assert (first.status_code, second.status_code) == (400, 400)
    assert first.json()["errors"] == second.json()["errors"]


async def test_what_was_done_is_told_to_whoever_did_it_though_they_may_not_do_it_any_more(
    server: Server, organization: TestOrganization
) -> None:
    key = uuid4().hex
    member = await create_member(organization.ctx, NewMember("Bea", "bea@example.com", Role.ADMIN))
    async with server.client(await organization.key(Role.ADMIN, "bea@example.com")) as client:
        first = await sent(client, key, name="Acme")
        await Idempotency.filter(organization_id=organization.id).update(answer=None)
        await update_member(organization.ctx, member, {"role": Role.OBSERVER})

        second, another = await sent(client, key, name="Acme"), await sent(client, uuid4().hex, name="Other")

    assert second.json()["data"] == first.json()["data"]
    assert another.json()["data"]["createAccount"]["__typename"] == "PermissionDenied"


async def test_of_many_at_once_one_is_done_and_all_get_its_answer(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex

    answers = await asyncio.gather(*(_until_answered(client, key) for _ in range(AT_ONCE)))

    assert [answer.text for answer in answers if answer.status_code != 200 or "data" not in answer.json()] == []
    assert len({str(answer.json()["data"]) for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotency-Replayed", "") for answer in answers) == [
        "",
        *["true"] * (AT_ONCE - 1),
    ]
    assert await Account.filter(organization_id=organization.id).count() == 1
    assert await Event.filter(organization_id=organization.id, type="account.created").count() == 1


async def _until_answered(client: httpx.AsyncClient, key: str) -> httpx.Response:
    """Send the request until it is no longer under way."""
    while (answer := await sent(client, key, name="Acme")).status_code == 409:
        assert (code(answer), answer.headers["Retry-After"]) == ("IDEMPOTENCY_CONFLICT", "1")
        await asyncio.sleep(0.05)
    return answer


async def test_another_request_under_the_key_is_refused(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex
    await sent(client, key, name="Acme")

    other = await sent(client, key, name="Another")

    assert (other.status_code, code(other)) == (422, "IDEMPOTENCY_CONFLICT")
    assert await Account.filter(organization_id=organization.id).count() == 1


async def test_a_key_of_somebody_else_is_another_key(
    server: Server, client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex
    await sent(client, key, name="Acme")

    async with server.client(await organization.key(Role.ADMIN)) as other:
        answer = await sent(other, key, name="Acme again")

    assert answer.json()["data"]["createAccount"]["account"]["name"] == "Acme again"


async def test_the_key_is_free_again_after_a_day(client: httpx.AsyncClient, organization: TestOrganization) -> None:
    key, old = uuid4().hex, uuid4().hex
    for name in (key, old):
        await sent(client, name, name=name)
    await Idempotency.filter(organization_id=organization.id).update(
        expires_at=datetime.now(UTC) - timedelta(seconds=1)
    )

    answer = await sent(client, key, name="Tomorrow")

    assert answer.json()["data"]["createAccount"]["account"]["name"] == "Tomorrow"
    assert await Idempotency.filter(organization_id=organization.id).count() == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_what_is_no_key_is_refused(client: httpx.AsyncClient, key: str) -> None:
    answer = await sent(client, key, name="Acme")

    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")


async def test_a_request_with_a_key_holds_one_mutation(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    answer = await sent(client, uuid4().hex, TWO)

    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")
    assert await Account.filter(organization_id=organization.id).count() == 0


async def test_on_a_query_the_key_is_nothing(client: httpx.AsyncClient) -> None:
    answers = [await sent(client, "key", "{ viewer { role } }") for _ in range(2)]

    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, None]


@pytest.mark.parametrize("kept", ["nothing", "done"])
async def test_a_claim_that_nobody_holds_any_more_is_taken_over(
    client: httpx.AsyncClient, organization: TestOrganization, kept: str
) -> None:
    key = uuid4().hex
    first = await sent(client, key, name="Acme")
    mine = Idempotency.filter(organization_id=organization.id)
    lost: Mapping[str, Any] = {"answer": None} if kept == "done" else {"answer": None, "done": False, "outcomes": {}}
    await mine.update(claimed_until=datetime.now(UTC) + timedelta(seconds=20), **lost)

    running = await sent(client, key, name="Acme")
    await mine.update(claimed_until=datetime.now(UTC) - timedelta(seconds=1))
    second = await sent(client, key, name="Acme")

    if kept == "done":
        assert running.json()["data"] == second.json()["data"] == first.json()["data"]
        assert running.headers["Idempotency-Replayed"] == "true"
    else:
        assert (running.status_code, code(running)) == (409, "IDEMPOTENCY_CONFLICT")
        assert second.json()["data"]["createAccount"]["__typename"] == "AccountChanged"


async def test_a_secret_is_told_once_and_kept_nowhere(
    client: httpx.AsyncClient, organization: TestOrganization
) -> None:
    key = uuid4().hex
    query = 'mutation { createApiKey(input: {name: "CI", role: INTEGRATOR}) { ... on ApiKeyChanged { apiKey { id } secret } } }'

    first, second = [(await sent(client, key, query)).json()["data"]["createApiKey"] for _ in range(2)]

    assert first["secret"].startswith("pur_")
    assert second == {**first, "secret": None}
    [row] = await Idempotency.filter(organization_id=organization.id).values()
    assert first["secret"].split("_")[2] not in str(row)


async def test_a_dry_run_keeps_its_answer(client: httpx.AsyncClient, organization: TestOrganization) -> None:
    account = await create_account(organization.ctx, {"name": "Cancity"})
    deal = await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"})
    key, id = uuid4().hex, encode("Opportunity", deal)

    first, second = [await sent(client, key, DRY, id=id) for _ in range(2)]

    assert first.json()["data"]["disqualifyOpportunity"] == {
        "__typename": "TransitionSucceeded",
        "target": "DISQUALIFIED",
    }
    assert first.json()["data"] == second.json()["data"]
    assert (await Opportunity.get(id=deal)).state == "LEAD"
