"""Tokens of an issuer: who is authenticated, for how long, and the answer to everyone else."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import RSAKey

from api.app import create_app
from api.auth.issuer import MAX_KEY_AGE, MIN_FETCH_INTERVAL
from api.config.settings import Settings
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import NO_TLS, serving
from tests.support.statements import statements
from tests.support.tokens.issuer import (
    AUDIENCE,
    Json,
    Key,
    TestIssuer,
    new_key,
    running_issuer,
    serve_issuer,
    sign_token,
)
from workflow.models import Member
from workflow.models.engine.database import open_database
from workflow.rules.enums import Role

QUESTION = {"query": "{ viewer { role member { email } } }"}
EXPLAINED = "or `Authorization: Bearer <token>`."


@dataclass
class TokenClient:
    """Pursuit in this process, a trusted issuer, a member whom both know, and the clock of the keys."""

    issuer: TestIssuer
    email: str
    seconds: list[float] = field(default_factory=lambda: [0.0])

    def __post_init__(self) -> None:
        self.app = create_app(Settings.read(self.issuer.server_settings()), clock=lambda: self.seconds[0])

    async def ask(self, bearer: str) -> httpx.Response:
        """Return the answer to a request with this credential."""
        transport = httpx.ASGITransport(self.app)
        headers = {"Authorization": f"Bearer {bearer}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://pursuit", headers=headers, verify=NO_TLS
        ) as client:
            return await client.post("/graphql", json=QUESTION)

    async def is_accepted(self, bearer: str) -> bool:
        """Return whether the credential is accepted as the member's; otherwise check that it gets the 401."""
        answer = await self.ask(bearer)
        if answer.status_code == 200:
            assert answer.json()["data"] == {"viewer": {"role": "REP", "member": {"email": self.email}}}
            return True
        assert (answer.status_code, answer.json()["errors"][0]["message"].endswith(EXPLAINED)) == (401, True)
        return False

    def token(self, head: Json | None = None, **changes: Any) -> str:
        """Return a valid token of the member, with changes."""
        key = self.issuer.keys[-1]
        return sign_token(
            key, {**self.issuer.header(), **(head or {})}, self.issuer.claims(self.email, **changes)
        )


@pytest.fixture
async def client(organization: TestOrganization) -> AsyncIterator[TokenClient]:
    async with running_issuer() as issuer:
        yield TokenClient(issuer, await new_member_email(organization))


async def new_member_email(organization: TestOrganization) -> str:
    """Create a member, and return the e-mail."""
    email = f"{uuid4().hex}@example.com"
    await organization.key(Role.REP, email)
    return email


ALGORITHMS = [
    *((f"{family}{bits}", "RSA") for family in ("RS", "PS") for bits in (256, 384, 512)),
    *(
        ("ES256", "P-256"),
        ("ES384", "P-384"),
        ("ES512", "P-521"),
        ("EdDSA", "Ed25519"),
        ("Ed25519", "Ed25519"),
    ),
]


@pytest.mark.parametrize(("algorithm", "kind"), ALGORITHMS)
async def test_every_supported_algorithm_is_accepted(client: TokenClient, algorithm: str, kind: str) -> None:
    key = new_key(kind)
    client.issuer.keys.append(key)

    token = sign_token(
        key, {"alg": algorithm, "kid": key.kid}, client.issuer.claims(client.email), algorithm=algorithm
    )

    assert await client.is_accepted(token)


async def test_a_valid_token_may_have_extra_claims(client: TokenClient) -> None:
    now = client.issuer.claims("")["iat"]
    for changes in (
        {"aud": ["else", AUDIENCE]},
        {"exp": now - 20},
        {"nbf": now + 20.5, "iat": now + 20},
        {"nonce": "n"},
    ):
        assert await client.is_accepted(client.token(**changes))
    for head in ({"typ": "at+jwt"}, {"typ": "jwt"}, {"x5t": "a"}, {"nonce": "n"}, {"cty": "JWT"}):
        assert await client.is_accepted(client.token(head))


async def test_an_api_key_is_accepted_beside_tokens(
    client: TokenClient, organization: TestOrganization
) -> None:
    answer = await client.ask(organization.api_key)

    assert answer.json()["data"]["viewer"]["role"] == "ADMIN"
    assert client.issuer.requests == []


async def test_a_rotated_key_is_accepted_after_the_minimum_fetch_interval_and_the_old_one_refused(
    client: TokenClient,
) -> None:
    before = client.token()
    assert await client.is_accepted(before)
    client.issuer.keys[:] = [new_key()]
    after = client.token()

    client.seconds[0] = MIN_FETCH_INTERVAL - 1
    assert [await client.is_accepted(token) for token in (after, before, after)] == [False, True, False]
    client.seconds[0] = MIN_FETCH_INTERVAL
    assert [await client.is_accepted(token) for token in (after, before)] == [True, False]
    assert client.issuer.requests == ["discovery", "keys"] * 2


async def test_a_key_replaced_under_the_same_id_is_not_mistaken_for_the_old_one(client: TokenClient) -> None:
    before = client.token()
    assert await client.is_accepted(before)
    key: Key = RSAKey.generate_key(2048, {"kid": str(client.issuer.keys[0].kid)})
    client.issuer.keys[:] = [key]
    client.seconds[0] = MAX_KEY_AGE

    assert not await client.is_accepted(before)


async def test_tokens_stay_valid_while_the_issuer_is_down(organization: TestOrganization) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        issuer = TestIssuer(port=int(listening.getsockname()[1]))
        client = TokenClient(issuer, await new_member_email(organization))
        async with serve_issuer(issuer, listening.dup()):
            assert await client.is_accepted(client.token())
    client.seconds[0] = MAX_KEY_AGE * 10

    assert await client.is_accepted(client.token())
    issuer.keys.append(new_key())
    assert not await client.is_accepted(client.token())


async def test_an_unreachable_issuer_lets_nobody_in(organization: TestOrganization) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        issuer = TestIssuer(port=int(listening.getsockname()[1]))
    client = TokenClient(issuer, await new_member_email(organization))

    assert not await client.is_accepted(client.token())


async def test_a_deactivated_member_is_refused_at_the_next_request(client: TokenClient) -> None:
    token = client.token()
    assert await client.is_accepted(token)
    await Member.filter(email=client.email).update(active=False)

    assert not await client.is_accepted(token)


async def test_the_reason_is_in_the_log_and_the_token_is_not(
    client: TokenClient, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = f"{uuid4().hex}@example.com"
    stranger = client.issuer.token(unknown)
    late = client.token(exp=1)

    with caplog.at_level(logging.INFO, "pursuit.oidc"):
        assert [await client.is_accepted(token) for token in (stranger, late, "key")] == [False, False, False]

    messages = [record.getMessage() for record in caplog.records if record.name == "pursuit.oidc"]
    assert messages == [
        f"token refused: No member has the e-mail {unknown}. Ask an admin to create the member.",
        "token refused: expired_token: The token is expired",
        "token refused: it is neither an API key nor three parts in base64url",
    ]
    for part in [*stranger.split("."), *late.split(".")]:
        assert part not in caplog.text


async def test_an_unknown_key_and_a_wrong_secret_get_the_same_answer_for_the_same_work(
    client: TokenClient, organization: TestOrganization
) -> None:
    _, public_id, secret = organization.api_key.split("_", 2)
    heard = []
    for key in (f"pur_{'0' * 16}_{secret}", f"pur_{public_id}_{'A' * len(secret)}"):
        async with statements() as seen:
            answer = await client.ask(key)
        heard.append((answer.status_code, answer.content, list(seen)))

    assert heard[0] == heard[1]


async def test_a_server_without_an_issuer_accepts_no_tokens(organization: TestOrganization) -> None:
    async with running_issuer() as issuer:
        client = TokenClient(issuer, await new_member_email(organization))
        client.app = create_app(Settings())

        answer = await client.ask(client.token())

    assert (answer.status_code, "token" in answer.text, issuer.requests) == (401, False, [])


async def test_an_issuer_that_is_a_prefix_of_the_configured_one_is_refused(client: TokenClient) -> None:
    settings = client.issuer.server_settings() | {"PURSUIT_OIDC_ISSUER": client.issuer.address + "/"}
    client.app = create_app(Settings.read(settings))

    assert not await client.is_accepted(client.token())
    assert not await client.is_accepted(client.token(iss=client.issuer.address + "/"))
    assert client.issuer.requests == ["discovery"]


@asynccontextmanager
async def server_creating_members(url: str) -> AsyncIterator[tuple[TestIssuer, httpx.AsyncClient]]:
    """Yield a server that creates members from tokens, and its issuer."""
    async with open_database(url, all_contexts=False):
        await new_organization()
    async with (
        running_issuer() as issuer,
        serving(url, **issuer.server_settings(role_claim="pursuit_role")) as server,
        server.client() as client,
    ):
        yield issuer, client


async def test_twenty_concurrent_first_requests_create_one_member(own_database: str) -> None:
    async with server_creating_members(own_database) as (issuer, client):
        token = issuer.token("rita@example.com", name="Rita", pursuit_role="manager")
        headers = {"Authorization": f"Bearer {token}"}
        asking = (client.post("/graphql", json=QUESTION, headers=headers) for _ in range(20))

        answers = [answer.json()["data"] for answer in await asyncio.gather(*asking)]

    assert answers == [{"viewer": {"role": "MANAGER", "member": {"email": "rita@example.com"}}}] * 20
    assert issuer.requests == ["discovery", "keys"]
    async with open_database(own_database, all_contexts=False):
        assert await Member.filter(email="rita@example.com").values("name") == [{"name": "Rita"}]
