"""Bearer tokens of an issuer at the door: whom they let in, how long, and what is said where they do not."""

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
from tests.support.tokens.issuer import AUDIENCE, Json, Key, TestIssuer, answering, issuing, new_key, signed
from workflow.models import Member
from workflow.models.engine.database import open_database
from workflow.rules.enums import Role

QUESTION = {"query": "{ viewer { role member { email } } }"}
EXPLAINED = "Send the header `Authorization: Bearer pur_…` or `Bearer <token>`."


@dataclass
class Door:
    """Pursuit in this process, an issuer that it trusts, a member whom both know, and the clock of its keys."""

    issuer: TestIssuer
    email: str
    seconds: list[float] = field(default_factory=lambda: [0.0])

    def __post_init__(self) -> None:
        self.app = create_app(Settings.read(self.issuer.settings()), clock=lambda: self.seconds[0])

    async def ask(self, bearer: str) -> httpx.Response:
        """The answer to a bearer."""
        transport, headers = httpx.ASGITransport(self.app), {"Authorization": f"Bearer {bearer}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://pursuit", headers=headers, verify=NO_TLS
        ) as client:
            return await client.post("/graphql", json=QUESTION)

    async def opens(self, bearer: str) -> bool:
        """Whether the bearer is let in as the member; else it is the one refusal."""
        answer = await self.ask(bearer)
        if answer.status_code == 200:
            assert answer.json()["data"] == {"viewer": {"role": "REP", "member": {"email": self.email}}}
            return True
        assert (answer.status_code, answer.json()["errors"][0]["message"].endswith(EXPLAINED)) == (401, True)
        return False

    def token(self, head: Json | None = None, **changes: Any) -> str:
        """A good token of the member's, with changes."""
        key = self.issuer.keys[-1]
        return signed(key, {**self.issuer.head(), **(head or {})}, self.issuer.body(self.email, **changes))


@pytest.fixture
async def door(organization: TestOrganization) -> AsyncIterator[Door]:
    async with issuing() as issuer:
        yield Door(issuer, await known(organization))


async def known(organization: TestOrganization) -> str:
    """The e-mail of a new member."""
    email = f"{uuid4().hex}@example.com"
    await organization.key(Role.REP, email)
    return email


ALGORITHMS = [
    *((f"{family}{bits}", "RSA") for family in ("RS", "PS") for bits in (256, 384, 512)),
    *(("ES256", "P-256"), ("ES384", "P-384"), ("ES512", "P-521"), ("EdDSA", "Ed25519"), ("Ed25519", "Ed25519")),
]


@pytest.mark.parametrize(("algorithm", "kind"), ALGORITHMS)
async def test_every_algorithm_of_the_table_opens_the_door(door: Door, algorithm: str, kind: str) -> None:
    key = new_key(kind)
    door.issuer.keys.append(key)

    token = signed(key, {"alg": algorithm, "kid": key.kid}, door.issuer.body(door.email), by=algorithm)

    assert await door.opens(token)


async def test_what_a_good_token_may_say_besides(door: Door) -> None:
    now = door.issuer.body("")["iat"]
    for changes in (
        {"aud": ["else", AUDIENCE]},
        {"exp": now - 20},
        {"nbf": now + 20.5, "iat": now + 20},
        {"nonce": "n"},
    ):
        assert await door.opens(door.token(**changes))
    for head in ({"typ": "at+jwt"}, {"typ": "jwt"}, {"x5t": "a"}, {"nonce": "n"}, {"cty": "JWT"}):
        assert await door.opens(door.token(head))


async def test_an_api_key_opens_the_door_beside_tokens(door: Door, organization: TestOrganization) -> None:
    answer = await door.ask(organization.api_key)

    assert answer.json()["data"]["viewer"]["role"] == "ADMIN"
    assert door.issuer.fetched == []


async def test_a_new_key_is_taken_once_the_floor_is_past_and_the_old_one_no_longer(door: Door) -> None:
    before = door.token()
    assert await door.opens(before)
    door.issuer.keys[:] = [new_key()]
    after = door.token()

    door.seconds[0] = MIN_FETCH_INTERVAL - 1
    assert [await door.opens(token) for token in (after, before, after)] == [False, True, False]
    door.seconds[0] = MIN_FETCH_INTERVAL
    assert [await door.opens(token) for token in (after, before)] == [True, False]
    assert door.issuer.fetched == ["discovery", "keys"] * 2


async def test_a_key_of_the_same_id_but_another_kind_is_no_longer_the_old_one(door: Door) -> None:
    before = door.token()
    assert await door.opens(before)
    key: Key = RSAKey.generate_key(2048, {"kid": str(door.issuer.keys[0].kid)})
    door.issuer.keys[:] = [key]
    door.seconds[0] = MAX_KEY_AGE

    assert not await door.opens(before)


async def test_while_the_issuer_is_down_its_tokens_go_on(organization: TestOrganization) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        issuer = TestIssuer(port=int(listening.getsockname()[1]))
        door = Door(issuer, await known(organization))
        async with answering(issuer, listening.dup()):
            assert await door.opens(door.token())
    door.seconds[0] = MAX_KEY_AGE * 10

    assert await door.opens(door.token())
    issuer.keys.append(new_key())
    assert not await door.opens(door.token())


async def test_an_issuer_that_was_never_there_opens_nothing(organization: TestOrganization) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        issuer = TestIssuer(port=int(listening.getsockname()[1]))
    door = Door(issuer, await known(organization))

    assert not await door.opens(door.token())


async def test_who_is_made_inactive_is_out_at_the_next_request(door: Door) -> None:
    token = door.token()
    assert await door.opens(token)
    await Member.filter(email=door.email).update(active=False)

    assert not await door.opens(token)


async def test_the_reason_is_in_the_log_and_the_token_is_not(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    unknown = f"{uuid4().hex}@example.com"
    stranger, late = door.issuer.token(unknown), door.token(exp=1)

    with caplog.at_level(logging.INFO, "pursuit.oidc"):
        assert [await door.opens(token) for token in (stranger, late, "key")] == [False, False, False]

    told = [record.getMessage() for record in caplog.records if record.name == "pursuit.oidc"]
    assert told == [
        f"a token was refused: No member has the e-mail {unknown}. Let an admin make the member.",
        "a token was refused: expired_token: The token is expired",
        "a token was refused: it is no API key, and not three parts of base64url",
    ]
    for part in [*stranger.split("."), *late.split(".")]:
        assert part not in caplog.text


async def test_an_unknown_key_and_a_wrong_secret_are_alike_in_words_and_work(
    door: Door, organization: TestOrganization
) -> None:
    _, public_id, secret = organization.api_key.split("_", 2)
    heard = []
    for key in (f"pur_{'0' * 16}_{secret}", f"pur_{public_id}_{'A' * len(secret)}"):
        async with statements() as seen:
            answer = await door.ask(key)
        heard.append((answer.status_code, answer.content, list(seen)))

    assert heard[0] == heard[1]


async def test_a_server_without_an_issuer_takes_no_token_and_asks_for_none(organization: TestOrganization) -> None:
    async with issuing() as issuer:
        door = Door(issuer, await known(organization))
        door.app = create_app(Settings())

        answer = await door.ask(door.token())

    assert (answer.status_code, "token" in answer.text, issuer.fetched) == (401, False, [])


async def test_an_issuer_named_by_a_prefix_of_its_address_is_not_believed(door: Door) -> None:
    settings = door.issuer.settings() | {"PURSUIT_OIDC_ISSUER": door.issuer.address + "/"}
    door.app = create_app(Settings.read(settings))

    assert not await door.opens(door.token())
    assert not await door.opens(door.token(iss=door.issuer.address + "/"))
    assert door.issuer.fetched == ["discovery"]


@asynccontextmanager
async def newcomers_server(url: str) -> AsyncIterator[tuple[TestIssuer, httpx.AsyncClient]]:
    """A real server of one organization that makes members of newcomers, and its issuer."""
    async with open_database(url, all_contexts=False):
        await new_organization()
    async with (
        issuing() as issuer,
        serving(url, **issuer.settings(role_claim="pursuit_role")) as server,
        server.client() as client,
    ):
        yield issuer, client


async def test_twenty_first_requests_at_once_make_one_member(own_database: str) -> None:
    async with newcomers_server(own_database) as (issuer, client):
        token = issuer.token("rita@example.com", name="Rita", pursuit_role="manager")
        headers = {"Authorization": f"Bearer {token}"}
        asking = (client.post("/graphql", json=QUESTION, headers=headers) for _ in range(20))

        answers = [answer.json()["data"] for answer in await asyncio.gather(*asking)]

    assert answers == [{"viewer": {"role": "MANAGER", "member": {"email": "rita@example.com"}}}] * 20
    assert issuer.fetched == ["discovery", "keys"]
    async with open_database(own_database, all_contexts=False):
        assert await Member.filter(email="rita@example.com").values("name") == [{"name": "Rita"}]
