"""WebSockets as graphql-transport-ws has them: answers under their ids, and the codes that a socket is closed with."""

from collections.abc import AsyncIterator

import pytest

from schema.core.ids import encode
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from tests.support.subscription_clients import CHANGED, RENAME, SocketClient, socket
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity

ROLE = "{ viewer { role } }"


@pytest.fixture
async def deal(organization: TestOrganization) -> str:
    """A lead's id."""
    account = await create_account(organization.ctx, {"name": "Cancity"})
    return encode(
        "Opportunity", await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"})
    )


@pytest.fixture
async def open_socket(server: Server, organization: TestOrganization) -> AsyncIterator[SocketClient]:
    """A socket that the admin was let in by."""
    async with socket(server.base_url) as client:
        await client.let_in(organization.api_key)
        yield client


def without_cost(message: dict[str, object]) -> dict[str, object]:
    """A `next` message with the data and errors of its answer alone."""
    payload = message["payload"]
    assert isinstance(payload, dict)
    assert set(payload.pop("extensions")) == {"cost"}
    return message


async def test_a_query_is_answered_and_complete(open_socket: SocketClient) -> None:
    await open_socket.ask("1", ROLE)

    told = [await open_socket.heard(), await open_socket.heard()]

    assert without_cost(told[0]) == {"id": "1", "type": "next", "payload": {"data": {"viewer": {"role": "ADMIN"}}}}
    assert told[1] == {"id": "1", "type": "complete"}


async def test_a_change_is_told_to_its_subscriber(open_socket: SocketClient, deal: str) -> None:
    await open_socket.ask("deal", CHANGED, id=deal)
    await open_socket.ask("change", RENAME, id=deal, name="GTX Pro")

    told = {
        message["id"]: message["payload"]["data"]
        for message in [await open_socket.heard() for _ in range(3)]
        if "payload" in message
    }

    assert told["change"] == {"updateOpportunity": {"__typename": "OpportunityChanged"}}
    assert told["deal"]["opportunityChanged"]["name"] == "GTX Pro"


async def test_what_cannot_run_is_an_error_and_its_id_is_free_again(open_socket: SocketClient) -> None:
    await open_socket.ask("1", "{ nothing }")
    first = await open_socket.heard()
    await open_socket.ask("1", ROLE)

    assert (first["id"], first["type"]) == ("1", "error")
    assert [error["extensions"]["code"] for error in first["payload"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert (await open_socket.heard())["type"] == "next"


async def test_a_ping_is_answered(open_socket: SocketClient) -> None:
    await open_socket.say("ping")

    assert await open_socket.heard() == {"type": "pong"}


async def test_a_subscription_that_its_client_completes_is_told_no_more(open_socket: SocketClient, deal: str) -> None:
    await open_socket.ask("deal", CHANGED, id=deal)
    await open_socket.say("complete", id="deal")
    await open_socket.ask("change", RENAME, id=deal, name="GTX Pro")
    await open_socket.say("ping")

    told = [await open_socket.heard() for _ in range(3)]

    assert sorted(message.get("id", "") for message in told) == ["", "change", "change"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", 4400),
        ("[1]", 4400),
        ("null", 4400),
        ("{}", 4400),
        ('{"type": 5}', 4400),
        ('{"type": "start"}', 4400),
        (b"{}", 4400),
        ('{"type": "connection_init"}', 4429),
        ('{"type": "subscribe", "payload": {"query": "{ viewer { role } }"}}', 4400),
        ('{"type": "subscribe", "id": "", "payload": {"query": "{ viewer { role } }"}}', 4400),
        ('{"type": "subscribe", "id": 7, "payload": {"query": "{ viewer { role } }"}}', 4400),
    ],
)
async def test_who_breaks_the_protocol_is_closed(open_socket: SocketClient, message: str | bytes, code: int) -> None:
    await open_socket.connection.send(message)

    assert await open_socket.end() == code


@pytest.mark.parametrize("payload", ["null", "5", "[]", "{}", '{"query": 5}', '{"query": "{ a }", "variables": []}'])
async def test_a_payload_that_is_no_request_is_an_error(open_socket: SocketClient, payload: str) -> None:
    await open_socket.connection.send(f'{{"type": "subscribe", "id": "1", "payload": {payload}}}')

    told = await open_socket.heard()
    assert (told["type"], told["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")


async def test_an_id_that_is_under_way_is_taken(open_socket: SocketClient, deal: str) -> None:
    await open_socket.ask("1", CHANGED, id=deal)
    await open_socket.ask("1", ROLE)

    assert await open_socket.end() == 4409


async def test_who_asks_before_they_are_let_in_is_closed(server: Server) -> None:
    async with socket(server.base_url) as client:
        await client.ask("1", ROLE)

        assert await client.end() == 4401


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        [],
        {"authorization": None},
        {"authorization": 5},
        {"authorization": "Bearer pur_a_b"},
        {"authorization": "Basic x"},
    ],
)
async def test_who_is_not_known_is_closed(server: Server, payload: object) -> None:
    async with socket(server.base_url) as client:
        await client.say("connection_init", **({} if payload is None else {"payload": payload}))

        assert await client.end() == 4403


async def test_another_protocol_is_not_spoken(server: Server) -> None:
    async with socket(server.base_url, protocol="graphql-ws") as client:
        assert await client.end() == 4406
