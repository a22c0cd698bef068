"""The endpoint for WebSockets: origins and the number of sockets."""

import pytest
from websockets.exceptions import InvalidStatus

import api.http.websocket
import api.http.websocket_view
from api.app import create_app
from api.config.settings import Settings
from tests.support.organizations import TestOrganization
from tests.support.serving import Server
from tests.support.subscription_clients import (
    connect_socket,
    serving_in_process,
)

ROLE = "{ viewer { role } }"


@pytest.mark.parametrize("origin", ["https://elsewhere.example.com", "null", "http://127.0.0.1:1"])
async def test_a_page_of_another_origin_opens_no_socket(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect_socket(server.base_url, Origin=origin):
            pass

    assert refused.value.response.status_code == 403


async def test_a_page_of_our_own_or_of_an_allowed_origin_opens_one(database: str) -> None:
    app = create_app(
        Settings.read({"PURSUIT_DATABASE_URL": database, "PURSUIT_CORS_ORIGINS": "https://app.example.com"})
    )

    async with serving_in_process(app) as server:
        for origin in (server.base_url, "https://app.example.com"):
            async with connect_socket(server.base_url, Origin=origin) as client:
                await client.send("ping")
                assert await client.receive() == {"type": "pong"}


async def test_the_number_of_sockets_is_limited(
    database: str, organization: TestOrganization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.http.websocket_view, "MAX_SOCKETS_PER_KEY", 2)
    monkeypatch.setattr(api.http.websocket_view, "MAX_SOCKETS", 3)
    monkeypatch.setattr(api.http.websocket, "MAX_OPERATIONS", 0)

    async with serving_in_process(create_app(Settings.read({"PURSUIT_DATABASE_URL": database}))) as server:
        async with (
            connect_socket(server.base_url) as first,
            connect_socket(server.base_url) as second,
            connect_socket(server.base_url) as third,
        ):
            await first.authenticate(organization.api_key)
            await second.authenticate(organization.api_key)
            await third.send("ping")
            await third.receive()  # it is open and counted
            async with connect_socket(server.base_url) as fourth:
                over_the_limit_of_the_process = await fourth.close_code()
            await third.send("connection_init", payload={"authorization": f"Bearer {organization.api_key}"})
            over_the_limit_of_the_key = await third.close_code()
            await first.subscribe("1", ROLE)
            refused = await first.receive()
        async with connect_socket(server.base_url) as later:
            await later.authenticate(organization.api_key)

    assert (over_the_limit_of_the_process, over_the_limit_of_the_key) == (1013, 1013)
    assert refused["payload"][0]["extensions"] == {"code": "RATE_LIMITED", "retryAfter": 1}
