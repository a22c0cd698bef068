"""Connections to PostgreSQL that end by themselves when the other machine is gone."""

import asyncio
import socket

import asyncpg
import pytest

from tests.support.network.tcp_proxy import proxied
from workflow.models.engine import timeouts
from workflow.models.engine.database import fetch, is_stuck, open_database
from workflow.models.engine.sockets import close_when_dead
from workflow.rules.errors import UnavailableError

PROCESS = "SELECT pg_backend_pid() AS id"


async def test_the_system_probes_a_connection_and_closes_it_without_an_acknowledgment(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        close_when_dead(connection)
        opened = connection._transport.get_extra_info("socket")

        assert opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 10_000
    finally:
        await connection.close()


async def test_a_statement_without_an_answer_costs_its_connection_and_all_that_are_idle(
    database: str,
) -> None:
    async with (
        proxied(database, command_timeout="1", minsize="3") as (proxy, url),
        open_database(url, all_contexts=False, serving=True),
    ):
        await asyncio.gather(*(fetch(PROCESS) for _ in range(3)))
        opened = proxy.opened
        proxy.darken()
        with pytest.raises(UnavailableError):
            await fetch(PROCESS)

        await asyncio.gather(*(fetch(PROCESS) for _ in range(3)))

        assert proxy.opened - opened >= 3


async def test_a_pool_that_gives_no_connection_for_long_is_stuck_until_it_gives_one(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeouts, "WAIT_SECONDS", 0.2)
    monkeypatch.setattr(timeouts, "STUCK_SECONDS", 0.0)
    async with (
        proxied(database, command_timeout="0.5") as (proxy, url),
        open_database(url, all_contexts=False, serving=True),
    ):
        before = is_stuck()
        proxy.suspend()
        for _ in range(2):
            with pytest.raises(UnavailableError):
                await fetch(PROCESS)
        during = is_stuck()
        proxy.resume()
        monkeypatch.setattr(timeouts, "WAIT_SECONDS", 5.0)
        await fetch(PROCESS)

        assert (before, during, is_stuck()) == (False, True, False)
