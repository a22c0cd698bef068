"""A table of forged and twisted tokens: each is the same 401, and nothing is written."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest

from tests.api.auth.invalid_claims import FORGED
from tests.support.database_dump import Dump, dump
from tests.support.databases import Databases
from tests.support.organizations import new_organization
from tests.support.serving import serving
from tests.support.tokens.forged import EMAIL, PUBLISHED
from tests.support.tokens.issuer import TestIssuer, issuing
from workflow.models.engine.database import open_database

QUESTION = {"query": "{ viewer { role member { email } } }"}


@dataclass(frozen=True)
class Stage:
    """A server that makes members of newcomers, its issuer, and all that its database held at first."""

    issuer: TestIssuer
    database: str
    before: Dump
    client: httpx.AsyncClient

    async def answer(self, token: str) -> httpx.Response:
        """What the server says to a bearer."""
        return await self.client.post("/graphql", json=QUESTION, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
async def stage(run_databases: Databases) -> AsyncIterator[Stage]:
    url = await run_databases.copy()
    async with open_database(url, all_contexts=False):
        await new_organization()
    async with issuing() as issuer:
        issuer.keys[:] = PUBLISHED
        async with serving(url, **issuer.settings(role_claim="role")) as server, server.client() as client:
            yield Stage(issuer, url, await dump(url), client)
    await run_databases.drop(url)


@pytest.mark.parametrize("name", FORGED)
async def test_a_token_that_is_not_good_is_the_same_401_and_writes_nothing(stage: Stage, name: str) -> None:
    nobody = await stage.answer("pur_nobody_nothing")

    answer = await stage.answer(FORGED[name](stage.issuer))

    assert answer.status_code == 401
    assert answer.content == nobody.content
    assert _told(answer) == _told(nobody)
    assert await dump(stage.database) == stage.before


async def test_the_same_server_takes_a_good_token(stage: Stage) -> None:
    answer = await stage.answer(stage.issuer.token("admin@example.com"))

    assert answer.json()["data"] == {"viewer": {"role": "ADMIN", "member": {"email": "admin@example.com"}}}
    assert await dump(stage.database) == stage.before


async def test_a_header_beyond_all_bounds_ends_neither_the_server_nor_its_patience(stage: Stage) -> None:
    with suppress(httpx.TransportError):
        assert 400 <= (await stage.answer("x" * 1_000_000)).status_code < 500

    assert (await stage.answer(stage.issuer.token("admin@example.com"))).status_code == 200


def test_the_forged_tokens_would_make_somebody_new_an_admin() -> None:
    assert EMAIL != "admin@example.com"
    assert len(FORGED) >= 50


def _told(answer: httpx.Response) -> dict[str, str]:
    """The headers without what is every answer's own."""
    return {name: text for name, text in answer.headers.items() if name not in {"date", "x-request-id"}}
