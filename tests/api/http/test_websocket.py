"""WebSockets with graphql-transport-ws: responses by operation id, and the close codes."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from tests.support.subscription_clients import CHANGED, RENAME, SocketClient, connect_socket
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity

ROLE = "{ viewer { role } }"


@pytest.fixture
async def deal(organization: TestOrganization) -> str:
    """Create a lead, and return its id."""
    account = await create_account(organization.ctx, {"name": "Cancity"})
    return encode(
        "Opportunity",
        await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"}),
    )


@pytest.fixture
async def open_socket(server: Server, organization: TestOrganization) -> AsyncIterator[SocketClient]:
    """Yield a socket that is authenticated by the admin's key."""
    async with connect_socket(server.base_url) as client:
        await client.authenticate(organization.api_key)
        yield client


def without_cost(message: dict[str, object]) -> dict[str, object]:
    """Return a `next` message with only the data and the errors of its response."""
    payload = message["payload"]
    assert isinstance(payload, dict)
    assert set(payload.pop("extensions")) == {"cost"}
    return message


async def test_a_query_is_answered_and_complete(open_socket: SocketClient) -> None:
    await open_socket.subscribe("1", ROLE)

    messages = [await open_socket.receive(), await open_socket.receive()]

    assert without_cost(messages[0]) == {
        "id": "1",
        "type": "next",
        "payload": {"data": {"viewer": {"role": "ADMIN"}}},
    }
    assert messages[1] == {"id": "1", "type": "complete"}


async def test_a_subscriber_receives_a_change(open_socket: SocketClient, deal: str) -> None:
    await open_socket.subscribe("deal", CHANGED, id=deal)
    await open_socket.subscribe("change", RENAME, id=deal, name="GTX Pro")

    answers: list[Any] = []
    names: list[str] = []
    # The news of the deal's creation may arrive after the subscription began, and before that of the change.
    while not answers or "GTX Pro" not in names:
        message = await open_socket.receive()
        if message["type"] == "next" and message["id"] == "change":
            answers.append(message["payload"]["data"])
        elif message["type"] == "next":
            names.append(message["payload"]["data"]["opportunityChanged"]["name"])

    assert answers == [{"updateOpportunity": {"__typename": "OpportunityChanged"}}]
    assert names[-1] == "GTX Pro"


async def test_an_invalid_operation_is_an_error_and_its_id_can_be_reused(open_socket: SocketClient) -> None:
    await open_socket.subscribe("1", "{ nothing }")
    first = await open_socket.receive()
    await open_socket.subscribe("1", ROLE)

    assert (first["id"], first["type"]) == ("1", "error")
    assert [error["extensions"]["code"] for error in first["payload"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert (await open_socket.receive())["type"] == "next"


async def test_a_ping_is_answered(open_socket: SocketClient) -> None:
    await open_socket.send("ping")

    assert await open_socket.receive() == {"type": "pong"}


async def test_a_completed_subscription_receives_nothing_more(open_socket: SocketClient, deal: str) -> None:
    await open_socket.subscribe("deal", CHANGED, id=deal)
    await open_socket.send("complete", id="deal")
    await open_socket.subscribe("change", RENAME, id=deal, name="GTX Pro")
    await open_socket.send("ping")

    messages = [await open_socket.receive() for _ in range(3)]

    assert sorted(message.get("id", "") for message in messages) == ["", "change", "change"]


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
async def test_a_protocol_violation_closes_the_socket(
    open_socket: SocketClient, message: str | bytes, code: int
) -> None:
    await open_socket.connection.send(message)

    assert await open_socket.close_code() == code


@pytest.mark.parametrize(
    "payload", ["null", "5", "[]", "{}", '{"query": 5}', '{"query": "{ a }", "variables": []}']
)
async def test_a_payload_that_is_not_a_request_is_an_error(open_socket: SocketClient, payload: str) -> None:
    await open_socket.connection.send(f'{{"type": "subscribe", "id": "1", "payload": {payload}}}')

    message = await open_socket.receive()
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")


async def test_an_id_in_use_is_refused(open_socket: SocketClient, deal: str) -> None:
    await open_socket.subscribe("1", CHANGED, id=deal)
    await open_socket.subscribe("1", ROLE)

    assert await open_socket.close_code() == 4409


async def test_subscribing_before_authentication_closes_the_socket(server: Server) -> None:
    async with connect_socket(server.base_url) as client:
        await client.subscribe("1", ROLE)

        assert await client.close_code() == 4401


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
async def test_unknown_credentials_close_the_socket(server: Server, payload: object) -> None:
    async with connect_socket(server.base_url) as client:
        await client.send("connection_init", **({} if payload is None else {"payload": payload}))

        assert await client.close_code() == 4403


async def test_another_subprotocol_is_refused(server: Server) -> None:
    async with connect_socket(server.base_url, protocol="graphql-ws") as client:
        assert await client.close_code() == 4406
