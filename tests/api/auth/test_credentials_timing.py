"""An unknown key and a wrong secret take the same time to refuse, so that it does not reveal known keys.

Both kinds alternate in a random order, so that other load on the machine affects both. Noise in one round is
not taken for a difference, because a real difference shows in every round.
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
    """Yield the application in this process, so that no network distorts the times."""
    transport = httpx.ASGITransport(create_app(Settings.read({"PURSUIT_DATABASE_URL": database})))
    async with httpx.AsyncClient(transport=transport, base_url="http://inside", verify=NO_TLS) as client:
        yield client


@pytest.fixture
async def key_prefixes(organization: TestOrganization) -> list[str]:
    """Return the public parts of many keys of an organization."""
    for number in range(20):
        await organization.key(Role.REP, f"{number}@example.com")
    return [
        f"pur_{key['public_id']}"
        for key in await ApiKey.filter(organization_id=organization.id).values("public_id")
    ]


def random_prefix() -> str:
    """Return a public part of no key."""
    return f"pur_{secrets.token_hex(8)}"


async def time_refusal(client: httpx.AsyncClient, public: str) -> tuple[float, httpx.Response]:
    """Return the time to refuse a key with a random secret, and its answer."""
    key = f"{public}_{secrets.token_urlsafe(32).replace('_', '-')}"
    started = perf_counter()
    answer = await client.post("/graphql", headers={"Authorization": f"Bearer {key}"})
    return perf_counter() - started, answer


async def time_difference(client: httpx.AsyncClient, known: Sequence[str]) -> float:
    """Return the relative difference between the medians of both kinds."""
    dice = random.Random(7)
    times = {True: list[float](), False: list[float]()}
    for _ in range(count(2_000)):
        for is_known in dice.sample((True, False), 2):
            took, answer = await time_refusal(client, dice.choice(known) if is_known else random_prefix())
            assert answer.status_code == 401
            times[is_known].append(took)
    one = median(times[True])
    other = median(times[False])
    return abs(one - other) / min(one, other)


async def slow_viewer_of(api_key: str, now: datetime) -> Viewer | None:
    """Make known keys slower, which the test must detect: one more statement for each."""
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
