"""A key that nobody has and one with a wrong secret are refused after the same time: which it was must not show.

The two kinds are asked in turn, in a random order, so that whatever else the machine does falls on both; what it does to one
round alone is not taken for a difference, for a real one shows in every round.
"""

import random
import secrets
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from statistics import median
from time import perf_counter

import httpx
import pytest

import api.auth.credentials
from api.app import create_app
from api.config.settings import Settings
from tests.support.counts import count
from tests.support.organizations import TestOrganization
from tests.support.serving import NO_TLS
from tests.support.statements import statements
from workflow.models import ApiKey
from workflow.queries.people.credentials import authenticate_api_key
from workflow.rules.enums import Role
from workflow.rules.permissions import Viewer

ROUNDS = 4
MAX_DIFFERENCE = 0.05


@pytest.fixture
async def in_process_client(database: str) -> AsyncIterator[httpx.AsyncClient]:
    """The application in this process, where no network blurs the times."""
    transport = httpx.ASGITransport(create_app(Settings.read({"PURSUIT_DATABASE_URL": database})))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside", verify=NO_TLS) as client:
        yield client


@pytest.fixture
async def key_prefixes(organization: TestOrganization) -> list[str]:
    """The public parts of many keys of an organization."""
    for number in range(20):
        await organization.key(Role.REP, f"{number}@example.com")
    return [
        f"pur_{key['public_id']}"
        for key in await ApiKey.filter(organization_id=organization.id).values("public_id")
    ]


def random_prefix() -> str:
    """A public part that nobody has."""
    return f"pur_{secrets.token_hex(8)}"


async def time_refusal(client: httpx.AsyncClient, public: str) -> tuple[float, httpx.Response]:
    """How long a key with a secret out of the air takes to be refused, and how it is."""
    key = f"{public}_{secrets.token_urlsafe(32).replace('_', '-')}"
    started = perf_counter()
    answer = await client.post("/graphql", headers={"Authorization": f"Bearer {key}"})
    return perf_counter() - started, answer


async def time_difference(client: httpx.AsyncClient, known: Sequence[str]) -> float:
    """By which part the medians of the two kinds differ."""
    dice, times = random.Random(7), {True: list[float](), False: list[float]()}
    for _ in range(count(2_000)):
        for is_known in dice.sample((True, False), 2):
            took, answer = await time_refusal(client, dice.choice(known) if is_known else random_prefix())
            assert answer.status_code == 401
            times[is_known].append(took)
    one, other = median(times[True]), median(times[False])
    return abs(one - other) / min(one, other)


async def slow_viewer_of(api_key: str, now: datetime) -> Viewer | None:
    """The planted fault: a key that somebody has takes one look more."""
    if await ApiKey.filter(public_id=api_key.split("_")[1]).exists():
        await ApiKey.filter(public_id=api_key.split("_")[1]).values("id")
    return await authenticate_api_key(api_key, now)


async def test_neither_timing_nor_answer_reveals_which_keys_exist(
    in_process_client: httpx.AsyncClient, key_prefixes: list[str]
) -> None:
    rounds = [await time_difference(in_process_client, key_prefixes) for _ in range(ROUNDS)]

    assert min(rounds) <= MAX_DIFFERENCE, rounds
    bodies = {
        (await time_refusal(in_process_client, public))[1].content
        for public in (*key_prefixes, random_prefix(), random_prefix())
    }
    assert len(bodies) == 1


async def test_a_planted_timing_difference_is_detected(
    in_process_client: httpx.AsyncClient, key_prefixes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.auth.credentials, "authenticate_api_key", slow_viewer_of)

    rounds = [await time_difference(in_process_client, key_prefixes) for _ in range(ROUNDS)]

    assert min(rounds) > MAX_DIFFERENCE, rounds


async def test_known_and_unknown_keys_take_the_same_statements(
    in_process_client: httpx.AsyncClient, key_prefixes: list[str]
) -> None:
    async with statements() as of_known:
        await time_refusal(in_process_client, key_prefixes[0])
    async with statements() as of_unknown:
        await time_refusal(in_process_client, random_prefix())

    assert (list(of_known), len(of_known)) == (list(of_unknown), 1)
