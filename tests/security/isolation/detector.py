"""Detection of leaks: a foreign mark, id or amount in an answer, or an answer that depends on hidden rows."""

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
from tests.security.isolation.expected_visibility import ExpectedVisibility, RowScope
from tests.security.isolation.questions import Question
from tests.security.isolation.two_organizations import TwoOrganizations
from tests.security.isolation.watermarks import WATERMARK
from tests.support.subscription_clients import TIMEOUT

UUID_TEXT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BASE64 = re.compile(r"[A-Za-z0-9_-]{8,}")
AMOUNT = re.compile(r"\d+\.\d\d")
CLOCK_FIELDS = frozenset({"currentSeconds", "cumulativeSeconds", "lastUsedAt", "remaining", "resetAt"})
"""Fields that change with the server's clock, or because a key is used and charged."""
INTERNAL = "INTERNAL_SERVER_ERROR"
MAX_TRIES = 3
"""A day may end between two answers, but not twice."""


@dataclass(frozen=True)
class HttpAnswer:
    """An answer over HTTP."""

    status: int
    body: Any

    def comparable(self) -> str:
        """The answer as text, without what changes with the clock."""
        return f"{self.status} {json.dumps(_without_clock(self.body), sort_keys=True, ensure_ascii=False)}"


@dataclass(frozen=True)
class ServerPair:
    """A server with all rows, and one with only the rows that a viewer may see."""

    organizations: TwoOrganizations
    full: httpx.AsyncClient
    filtered: httpx.AsyncClient

    async def ask_both(
        self, visibility: ExpectedVisibility, question: Question
    ) -> tuple[HttpAnswer, HttpAnswer]:
        """Return the answers of both servers."""
        full, filtered = await asyncio.gather(
            *(
                ask(client, self.organizations.key(visibility), question)
                for client in (self.full, self.filtered)
            )
        )
        return full, filtered

    async def check(self, visibility: ExpectedVisibility, question: Question) -> tuple[HttpAnswer, list[str]]:
        """Return the answer to a question, and the leaks in it."""
        full, filtered = await self.ask_both(visibility, question)
        for _ in range(MAX_TRIES):
            if full.comparable() == filtered.comparable():
                break
            full, filtered = await self.ask_both(visibility, question)
        problems = list(leaks(self.organizations, visibility, question, full))
        if full.comparable() != filtered.comparable():
            problems.append(f"the answer depends on hidden rows: {difference(filtered.body, full.body)}")
        if full.status != 200 or "data" not in full.body or INTERNAL in str(full.body):
            problems.append(f"no answer: {full.status} {str(full.body)[:300]}")
        return full, problems


async def ask(client: httpx.AsyncClient, key: str, question: Question) -> HttpAnswer:
    """Send one question."""
    body = {"query": question.query, "variables": question.variables}
    answer = await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {key}"})
    return HttpAnswer(answer.status_code, answer.json())


async def read_stream(client: httpx.AsyncClient, key: str, query: str, **variables: Any) -> str:
    """Read a stream to its end, without the costs."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
    async with asyncio.timeout(TIMEOUT):
        answer = await client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return re.sub(r'"extensions":.*', "", answer.text)


def leaks(
    organizations: TwoOrganizations, visibility: ExpectedVisibility, question: Question, answer: HttpAnswer
) -> Iterator[str]:
    """Return the marks, ids and amounts that the viewer may not know and did not send."""
    given = set(_tokens(question.variables)) | set(_tokens(question.query))
    for token in sorted(set(_tokens(answer.body)) - given):
        home = _scope_of(organizations, token)
        if home is not None and not visibility.may_know(home):
            yield f"contains {token} of {home}"
        if token in organizations.watermarks.admins and visibility.viewer.role != "ADMIN":
            yield f"contains {token}, which only an admin may know"
        if token == organizations.other(visibility).name:
            yield "contains the other organization's name"


def difference(expected: Any, found: Any, path: str = "") -> str:
    """Return the first difference of two answers."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping) and expected.keys() == found.keys():
        pairs = ((f"{path}.{key}", expected[key], found[key]) for key in expected if key not in CLOCK_FIELDS)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = ((f"{path}[{place}]", *pair) for place, pair in enumerate(zip(expected, found, strict=True)))
    else:
        return "" if expected == found else f"{path}: {str(expected)[:200]} became {str(found)[:200]}"
    return next((first for at, old, new in pairs if (first := difference(old, new, at))), "")


def edges(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the cursors in an answer, each with the id of its row."""
    if isinstance(value, Mapping) and {"cursor", "node"} <= value.keys():
        found = decode(value["node"]["id"])
        assert found is not None
        yield value["cursor"], str(found[1])
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from edges(part)


def _scope_of(organizations: TwoOrganizations, token: str) -> RowScope | None:
    if token in organizations.watermarks.scopes:
        return organizations.watermarks.scopes[token]
    if AMOUNT.fullmatch(token):
        return organizations.watermarks.amounts.get(token)
    return organizations.rows.scopes.get(token)


def _tokens(value: Any) -> Iterator[str]:
    """Return all marks, ids, amounts and names in an answer, also those inside encoded texts."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _tokens(key)
            yield from _tokens(part)
    elif isinstance(value, list):
        for part in value:
            yield from _tokens(part)
    elif isinstance(value, str):
        yield from _text_tokens(value)
    elif value is not None:
        yield f"{value:.2f}" if isinstance(value, float) else str(value)


@cache
def _text_tokens(text: str) -> tuple[str, ...]:
    """Return what one text contains; cached, because most answers contain the same few texts."""
    decoded = (_decoded(word) for word in BASE64.findall(text))
    return (text, *(token for part in (text, *decoded) for token in _in_text(part)))


def _in_text(text: str) -> Iterator[str]:
    for shape in (WATERMARK, UUID_TEXT, AMOUNT):
        yield from shape.findall(text)


def _decoded(word: str) -> str:
    found = decode(word)
    if found is not None:
        return str(found[1])
    try:
        return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode()
    except (ValueError, binascii.Error):
        return ""


def _without_clock(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: None if key in CLOCK_FIELDS else _without_clock(part) for key, part in value.items()}
    return [_without_clock(part) for part in value] if isinstance(value, list) else value
