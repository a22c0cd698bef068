"""How a leak is seen: a word, an id or an amount that is not the viewer's in an answer, or an answer that what they do not see has changed."""

import asyncio
import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from schema.core.ids import decode
from tests.security.isolation.expected_visibility import Home, Sight
from tests.security.isolation.questions import Question
from tests.security.isolation.two_organizations import World
from tests.security.isolation.watermarks import MARK
from tests.support.subscription_clients import PATIENCE

UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BASE64 = re.compile(r"[A-Za-z0-9_-]{8,}")
AMOUNT = re.compile(r"\d+\.\d\d")
CLOCKED = frozenset({"currentSeconds", "cumulativeSeconds", "lastUsedAt", "remaining", "resetAt"})
"""What the clock of the server tells, which goes on between two answers; and a key is used, and charged, where it asks."""
INTERNAL = "INTERNAL_SERVER_ERROR"
TRIES = 3
"""A day may end between two answers; it does not do so twice."""


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    body: Any

    def calm(self) -> str:
        """The answer as a text, without what the clock tells."""
        return f"{self.status} {json.dumps(_calmed(self.body), sort_keys=True, ensure_ascii=False)}"


@dataclass(frozen=True)
class Doors:
    """Two servers: one on everything, and one on nothing but what a viewer sees."""

    world: World
    full: httpx.AsyncClient
    lone: httpx.AsyncClient

    async def both(self, sight: Sight, question: Question) -> tuple[Answer, Answer]:
        """What each of them answers."""
        full, lone = await asyncio.gather(
            *(asked(door, self.world.key(sight), question) for door in (self.full, self.lone))
        )
        return full, lone

    async def judged(self, sight: Sight, question: Question) -> tuple[Answer, list[str]]:
        """The answer to a question, and what of it tells more than the viewer may know."""
        full, lone = await self.both(sight, question)
        for _ in range(TRIES):
            if full.calm() == lone.calm():
                break
            full, lone = await self.both(sight, question)
        told = list(spoken(self.world, sight, question, full))
        if full.calm() != lone.calm():
            told.append(f"not as if the rest were not there: {difference(lone.body, full.body)}")
        if full.status != 200 or "data" not in full.body or INTERNAL in str(full.body):
            told.append(f"no answer: {full.status} {str(full.body)[:300]}")
        return full, told


async def asked(door: httpx.AsyncClient, key: str, question: Question) -> Answer:
    """One answer."""
    body = {"query": question.query, "variables": question.variables}
    answer = await door.post("/graphql", json=body, headers={"Authorization": f"Bearer {key}"})
    return Answer(answer.status_code, answer.json())


async def streamed(door: httpx.AsyncClient, key: str, query: str, **variables: Any) -> str:
    """What a stream says to its end, without what it cost."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    async with asyncio.timeout(PATIENCE):
        answer = await door.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return re.sub(r'"extensions":.*', "", answer.text)


def spoken(world: World, sight: Sight, question: Question, answer: Answer) -> Iterator[str]:
    """Words, ids and amounts of an answer that are not the viewer's to know; what they handed in themselves is no news."""
    given = set(_tokens(question.variables)) | set(_tokens(question.query))
    for token in sorted(set(_tokens(answer.body)) - given):
        home = _home(world, token)
        if home is not None and not sight.may_be_told_of(home):
            yield f"tells {token} of {home}"
        if token in world.marks.admins and sight.person.role != "ADMIN":
            yield f"tells {token}, which is an admin's to know"
        if token == world.other(sight).name:
            yield "tells the other organization's name"


def difference(expected: Any, found: Any, path: str = "") -> str:
    """Where two answers differ first."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping) and expected.keys() == found.keys():
        ways = ((f"{path}.{key}", expected[key], found[key]) for key in expected if key not in CLOCKED)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        ways = ((f"{path}[{place}]", *pair) for place, pair in enumerate(zip(expected, found, strict=True)))
    else:
        return "" if expected == found else f"{path}: {str(expected)[:200]} became {str(found)[:200]}"
    return next((told for way, old, new in ways if (told := difference(old, new, way))), "")


def edges(value: Any) -> Iterator[tuple[str, str]]:
    """The cursors in an answer, each with the id of its row."""
    if isinstance(value, Mapping) and {"cursor", "node"} <= value.keys():
        found = decode(value["node"]["id"])
        assert found is not None
        yield value["cursor"], str(found[1])
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from edges(part)


def _home(world: World, token: str) -> Home | None:
    if token in world.marks.homes:
        return world.marks.homes[token]
    if AMOUNT.fullmatch(token):
        return world.marks.amounts.get(token)
    return world.facts.homes.get(token)


def _tokens(value: Any) -> Iterator[str]:
    """Every mark, id, amount and name in an answer, in texts that hold a code too."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _tokens(key)
            yield from _tokens(part)
    elif isinstance(value, list):
        for part in value:
            yield from _tokens(part)
    elif isinstance(value, str):
        yield from _told_by(value)
    elif value is not None:
        yield f"{value:.2f}" if isinstance(value, float) else str(value)


@cache
def _told_by(text: str) -> tuple[str, ...]:
    """What one text tells; the same few texts stand in most answers."""
    decoded = (_decoded(word) for word in BASE64.findall(text))
    return (text, *(token for part in (text, *decoded) for token in _in_text(part)))


def _in_text(text: str) -> Iterator[str]:
    for shape in (MARK, UUID_TEXT, AMOUNT):
        yield from shape.findall(text)


def _decoded(word: str) -> str:
    found = decode(word)
    if found is not None:
        return str(found[1])
    try:
        return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()
    except (ValueError, binascii.Error):
        return ""


def _calmed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: None if key in CLOCKED else _calmed(part) for key, part in value.items()}
    return [_calmed(part) for part in value] if isinstance(value, list) else value
