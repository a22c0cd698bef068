"""Liveness and readiness."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from api.app import create_app
from api.config.settings import Settings
from api.http.health import healthz
from tests.support.serving import Server
from workflow.models.engine import readiness
from workflow.rules.errors import UnavailableError


async def test_a_serving_process_is_alive_and_ready(server: Server) -> None:
    async with server.client() as client:
        alive = await client.get("/healthz")
        ready = await client.get("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})


async def test_a_process_whose_pool_has_given_no_connection_for_long_is_not_alive() -> None:
    stuck = False
    app = Starlette(routes=[Route("/healthz", healthz(lambda: stuck))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://pursuit") as client:
        before = await client.get("/healthz")
        stuck = True
        answer = await client.get("/healthz")

    assert before.status_code == 200
    assert (answer.status_code, answer.json()["status"]) == (503, "stuck")


async def test_a_database_behind_the_newest_schema_is_not_ready(empty_database: str) -> None:
    transport = httpx.ASGITransport(app=create_app(Settings(database_url=empty_database)))

    async with httpx.AsyncClient(transport=transport, base_url="http://pursuit") as client:
        answer = await client.get("/readyz")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert "pursuit migrate" in answer.json()["reason"]


async def test_an_unreachable_database_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: object) -> None:
        raise UnavailableError("secret place")

    monkeypatch.setattr(readiness, "transaction", away)

    assert await readiness.readiness_problem("sqlite://anywhere.db") == "The database does not answer."
