"""WebSockets: limits, origins, the end of the credentials, and clients that disconnect."""

import asyncio
import random
from contextlib import suppress
from uuid import UUID

import httpx
import pytest

import api.http.websocket
import api.http.websocket_view
from api.app import create_app
from api.config.settings import Settings
from tests.support.counts import count
from tests.support.fixtures import create_mutation_fixtures
from tests.support.organizations import TestOrganization
from tests.support.serving import Server, serving
from tests.support.subscription_clients import (
    CHANGED,
    RENAME,
    connect_socket,
    open_stream,
    serving_in_process,
)
from workflow.models import ApiKey
from workflow.operations.people.api_keys import revoke_api_key
from workflow.operations.people.members import update_member
from workflow.rules.enums import Role

ROLE = "{ viewer { role } }"


async def test_a_socket_without_connection_init_is_closed(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.http.websocket, "INIT_TIMEOUT", 0.05)

    async with (
        serving_in_process(create_app(Settings.read({"PURSUIT_DATABASE_URL": database}))) as server,
        connect_socket(server.base_url) as client,
    ):
        assert await client.close_code() == 4408


@pytest.mark.parametrize("ending", ["revoked", "deactivated"])
async def test_a_socket_ends_with_its_credentials(
    server: Server, organization: TestOrganization, ending: str
) -> None:
    ctx = await organization.ctx_of(Role.REP, "rita@example.com")
    assert ctx.viewer.key and ctx.viewer.member_id
    key = await organization.key(Role.REP, "rita@example.com")
    async with connect_socket(server.base_url) as client, connect_socket(server.base_url) as other:
        await client.authenticate(key)
        await other.authenticate(organization.api_key)

        if ending == "revoked":
            await revoke_api_key(organization.ctx, await _id_of(key))
        else:
            await update_member(organization.ctx, ctx.viewer.member_id, {"active": False})

        async with asyncio.timeout(5):
            assert await client.close_code() == 4403
        await other.send("ping")
        assert await other.receive() == {"type": "pong"}


async def test_clients_that_disconnect_mid_operation_block_nothing(own_database: str) -> None:
    async with serving(own_database) as server:
        fixtures = await create_mutation_fixtures(own_database, server)
        for _ in range(count(300) // 10):
            await asyncio.gather(
                *(_disconnect_early(server, fixtures.keys["admin"], fixtures.ids["lead"]) for _ in range(10))
            )

        answers = await asyncio.gather(
            *(_rename(server, fixtures.keys["admin"], fixtures.ids["lead"]) for _ in range(20))
        )

    assert answers == [200] * 20


async def _disconnect_early(server: Server, key: str, deal: str) -> None:
    """Subscribe, make changes, and disconnect without closing a little later."""
    async with connect_socket(server.base_url) as client:
        await client.authenticate(key)
        await client.subscribe("deal", CHANGED, id=deal)
        await client.subscribe("change", RENAME, id=deal, name=f"Said by {random.random()}")
        await asyncio.sleep(random.random() * 0.05)
        client.connection.transport.abort()


async def _rename(server: Server, key: str, deal: str) -> int:
    async with server.client(key) as client:
        answer = await client.post(
            "/graphql", json={"query": RENAME, "variables": {"id": deal, "name": "At last"}}
        )
    return answer.status_code


async def _id_of(api_key: str) -> UUID:
    [found] = await ApiKey.filter(public_id=api_key.split("_")[1]).values("id")
    id: UUID = found["id"]
    return id


async def test_a_message_over_the_limit_closes_the_socket(
    server: Server, organization: TestOrganization
) -> None:
    async with connect_socket(server.base_url) as client:
        await client.authenticate(organization.api_key)
        await client.subscribe("1", ROLE + " " * 1_000_000)

        assert await client.close_code() == 1009


async def test_a_server_that_stops_ends_its_sockets_and_streams(own_database: str) -> None:
    async with serving(own_database) as server:
        fixtures = await create_mutation_fixtures(own_database, server)
        key = fixtures.keys["admin"]
        deal = fixtures.ids["lead"]
        async with (
            server.client(key) as client,
            open_stream(client, CHANGED, id=deal) as events,
            connect_socket(server.base_url) as open_socket,
        ):
            await open_socket.authenticate(key)
            await open_socket.subscribe("1", CHANGED, id=deal)
            assert server.process is not None
            server.process.terminate()

            assert await open_socket.close_code() == 1012
            async with asyncio.timeout(10):
                with suppress(httpx.RemoteProtocolError):
                    assert [event async for event in events if event] == []
                await server.process.wait()
