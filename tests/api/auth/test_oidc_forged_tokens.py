"""Forged and manipulated tokens: each gets the same 401, and nothing is written."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import httpx
import pytest

from tests.api.auth.invalid_claims import FORGED_TOKENS
from tests.support.database_dump import Dump, dump
from tests.support.databases import Databases
from tests.support.organizations import new_organization
from tests.support.serving import serving
from tests.support.tokens.forged import EMAIL, PUBLISHED_KEYS
from tests.support.tokens.issuer import TestIssuer, running_issuer
from workflow.models.engine.database import open_database

QUESTION = {"query": "{ viewer { role member { email } } }"}


@dataclass(frozen=True)
class ForgedTokenServer:
    """A server that creates members from tokens, its issuer, and the first contents of its database."""

    issuer: TestIssuer
    database: str
    before: Dump
    client: httpx.AsyncClient

    async def send(self, token: str) -> httpx.Response:
        """Return the answer to a request with this credential."""
        return await self.client.post("/graphql", json=QUESTION, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
async def token_server(run_databases: Databases) -> AsyncIterator[ForgedTokenServer]:
    url = await run_databases.copy()
    async with open_database(url, all_contexts=False):
        await new_organization()
    async with running_issuer() as issuer:
        issuer.keys[:] = PUBLISHED_KEYS
        async with (
            serving(url, **issuer.server_settings(role_claim="role")) as server,
            server.client() as client,
        ):
            yield ForgedTokenServer(issuer, url, await dump(url), client)
    await run_databases.drop(url)


@pytest.mark.parametrize("name", FORGED_TOKENS)
async def test_every_invalid_token_gets_the_same_401_and_writes_nothing(
    token_server: ForgedTokenServer, name: str
) -> None:
    nobody = await token_server.send("pur_nobody_nothing")

    answer = await token_server.send(FORGED_TOKENS[name](token_server.issuer))

    assert answer.status_code == 401
    assert answer.content == nobody.content
    assert _comparable_headers(answer) == _comparable_headers(nobody)
    assert await dump(token_server.database) == token_server.before


async def test_the_same_server_accepts_a_valid_token(token_server: ForgedTokenServer) -> None:
    answer = await token_server.send(token_server.issuer.token("admin@example.com"))

    assert answer.json()["data"] == {"viewer": {"role": "ADMIN", "member": {"email": "admin@example.com"}}}
    assert await dump(token_server.database) == token_server.before


async def test_an_oversized_header_is_refused_and_the_server_keeps_serving(
    token_server: ForgedTokenServer,
) -> None:
    with suppress(httpx.TransportError):
        assert 400 <= (await token_server.send("x" * 1_000_000)).status_code < 500

    assert (await token_server.send(token_server.issuer.token("admin@example.com"))).status_code == 200


def test_the_forged_tokens_claim_a_new_admin() -> None:
    assert EMAIL != "admin@example.com"
    assert len(FORGED_TOKENS) >= 50


def _comparable_headers(answer: httpx.Response) -> dict[str, str]:
    """Return the headers of an answer, except those that differ in every answer."""
    return {name: text for name, text in answer.headers.items() if name not in {"date", "x-request-id"}}
