"""WebSockets are bounded, opened by nobody's page, ended with their credentials, and leave nothing when a client goes."""

import asyncio
import random
from contextlib import suppress
from uuid import UUID

import httpx
import pytest
from websockets.exceptions import InvalidStatus

import api.http.websocket
import api.http.websocket_view
from api.app import create_app
from api.config.settings import Settings
from tests.support.counts import count
from tests.support.fixtures import new_stage
from tests.support.organizations import TestOrganization
from tests.support.serving import Server, serving
from tests.support.subscription_clients import CHANGED, RENAME, serving_here, socket, stream
from workflow.models import ApiKey
from workflow.operations.people.api_keys import revoke_api_key
from workflow.operations.people.members import update_member
from workflow.rules.enums import Role

ROLE = "{ viewer { role } }"


@pytest.mark.parametrize("origin", ["https://elsewhere.example.com", "null", "http://127.0.0.1:1"])
async def test_a_page_of_another_origin_opens_no_socket(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(server.base_url, Origin=origin):
            pass

    assert refused.value.response.status_code == 403


async def test_a_page_of_our_own_or_of_an_allowed_origin_opens_one(database: str) -> None:
    app = create_app(
        Settings.read({"PURSUIT_DATABASE_URL": database, "PURSUIT_CORS_ORIGINS": "https://app.example.com"})
    )

    async with serving_here(app) as server:
        for origin in (server.base_url, "https://app.example.com"):
            async with socket(server.base_url, Origin=origin) as client:
                await client.say("ping")
                assert await client.heard() == {"type": "pong"}


async def test_sockets_are_bounded(
    database: str, organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.http.websocket_view, "MAX_SOCKETS_PER_KEY", 2)
    monkeypatch.setattr(api.http.websocket_view, "MAX_SOCKETS", 3)
    monkeypatch.setattr(api.http.websocket, "MAX_OPERATIONS", 0)

    async with serving_here(create_app(Settings.read({"PURSUIT_DATABASE_URL": database}))) as server:
        async with (
            socket(server.base_url) as first,
            socket(server.base_url) as second,
            socket(server.base_url) as third,
        ):
            await first.let_in(organization.api_key)
            await second.let_in(organization.api_key)
            await third.say("connection_init", payload={"authorization": f"Bearer {organization.api_key}"})
            async with socket(server.base_url) as fourth:
                ends = [await fourth.end(), await third.end()]
            await first.ask("1", ROLE)
            refused = await first.heard()
        async with socket(server.base_url) as later:
            await later.let_in(organization.api_key)

    assert ends == [1013, 1013]
    assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_who_never_says_who_they_are_is_closed(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.http.websocket, "INIT_TIMEOUT", 0.05)

    async with (
        serving_here(create_app(Settings.read({"PURSUIT_DATABASE_URL": database}))) as server,
        socket(server.base_url) as client,
    ):
        assert await client.end() == 4408


@pytest.mark.parametrize("ending", ["revoked", "deactivated"])
async def test_a_socket_ends_with_its_credentials(server: Server, organization: TestOrganization, ending: str) -> None:
    ctx = await organization.ctx_of(Role.REP, "rita@example.com")
    assert ctx.viewer.key and ctx.viewer.member_id
    key = await organization.key(Role.REP, "rita@example.com")
    async with socket(server.base_url) as client, socket(server.base_url) as other:
        await client.let_in(key)
        await other.let_in(organization.api_key)

        if ending == "revoked":
            await revoke_api_key(organization.ctx, await _id_of(key))
        else:
            await update_member(organization.ctx, ctx.viewer.member_id, {"active": False})

        async with asyncio.timeout(5):
            assert await client.end() == 4403
        await other.say("ping")
        assert await other.heard() == {"type": "pong"}


async def test_clients_that_hang_up_in_the_middle_wedge_nothing(own_database: str) -> None:
    async with serving(own_database) as server:
        stage = await new_stage(own_database, server)
        for _ in range(count(300) // 10):
            await asyncio.gather(*(_hung_up(server, stage.keys["admin"], stage.ids["lead"]) for _ in range(10)))

        answers = await asyncio.gather(*(_renamed(server, stage.keys["admin"], stage.ids["lead"]) for _ in range(20)))

    assert answers == [200] * 20


async def _hung_up(server: Server, key: str, deal: str) -> None:
    """Subscribe and change, and hang up a little later without a word."""
    async with socket(server.base_url) as client:
        await client.let_in(key)
        await client.ask("deal", CHANGED, id=deal)
        await client.ask("change", RENAME, id=deal, name=f"Said by {random.random()}")
        await asyncio.sleep(random.random() * 0.05)
        client.connection.transport.abort()


async def _renamed(server: Server, key: str, deal: str) -> int:
    async with server.client(key) as client:
        answer = await client.post("/graphql", json={"query": RENAME, "variables": {"id": deal, "name": "At last"}})
    return answer.status_code


async def _id_of(api_key: str) -> UUID:
    [found] = await ApiKey.filter(public_id=api_key.split("_")[1]).values("id")
    id: UUID = found["id"]
    return id


async def test_a_message_over_the_limit_closes_the_socket(server: Server, organization: TestOrganization) -> None:
    async with socket(server.base_url) as client:
        await client.let_in(organization.api_key)
        await client.ask("1", ROLE + " " * 1_000_000)

        assert await client.end() == 1009


async def test_a_server_that_stops_ends_its_sockets_and_streams(own_database: str) -> None:
    async with serving(own_database) as server:
        stage = await new_stage(own_database, server)
        key, deal = stage.keys["admin"], stage.ids["lead"]
        async with (
            server.client(key) as client,
            stream(client, CHANGED, id=deal) as events,
            socket(server.base_url) as open_socket,
        ):
            await open_socket.let_in(key)
            await open_socket.ask("1", CHANGED, id=deal)
            assert server.process is not None
            server.process.terminate()

            assert await open_socket.end() == 1012
            async with asyncio.timeout(10):
                with suppress(httpx.RemoteProtocolError):
                    assert [event async for event in events if event] == []
                await server.process.wait()
