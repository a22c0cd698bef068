"""Logs under hostile requests: one record per line, and no credential or line of an attacker."""

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.counts import count
from tests.support.organizations import new_organization
from tests.support.serving import serving
from workflow.models.engine.database import open_database

REQUESTS = count(10_000) // 2
"""Both log formats."""
AT_ONCE = 10
SECRET = "pur_0123456789abcdef_" + "Sup3rS3cr3t" * 4
TOKEN = "eyJhbGciOiJub25lIn0.eyJzZWNyZXQiOiJTdXAzclMzY3IzdCJ9."
ATTACKER_TEXT = "wr1tten-by-an-attacker"
INJECTION = f'{ATTACKER_TEXT}\n{{"level": "error"}}\r\n{SECRET}'


def _json(body: object, **headers: str) -> dict[str, Any]:
    return {"method": "POST", "url": "/graphql", "json": body, "headers": headers}


HOSTILE: tuple[Callable[[], dict[str, Any]], ...] = (
    lambda: _json({"query": "{ viewer { role } }"}, Authorization=f"Bearer {SECRET}"),
    lambda: _json({"query": "{ viewer { role } }"}, Authorization=f"Bearer {TOKEN}"),
    lambda: _json({"query": f"{{ {ATTACKER_TEXT} }}"}),
    lambda: _json({"query": INJECTION}),
    lambda: _json({"query": "query($a: ID!) { node(id: $a) { id } }", "variables": {"a": INJECTION}}),
    lambda: _json({"query": "query A { viewer { role } }", "operationName": INJECTION}),
    lambda: _json(
        {
            "query": 'mutation { createAccount(input: {name: "'
            + ATTACKER_TEXT
            + '", domain: "'
            + SECRET
            + '"}) { __typename } }'
        }
    ),
    lambda: _json(
        {
            "query": "mutation($x: CreateAccountInput!) { createAccount(input: $x) { __typename } }",
            "variables": {"x": {"name": INJECTION}},
        }
    ),
    lambda: _json(
        {"query": "{ viewer { role } }"},
        **{"X-Request-Id": f"{ATTACKER_TEXT} {SECRET}", "Idempotency-Key": SECRET},
    ),
    lambda: {"method": "POST", "url": "/graphql", "content": INJECTION.encode() + random.randbytes(40)},
    lambda: {
        "method": "POST",
        "url": "/graphql",
        "content": random.randbytes(200),
        "headers": {"Content-Type": "application/json"},
    },
    lambda: {
        "method": "GET",
        "url": "/graphql",
        "params": {"query": INJECTION, "variables": INJECTION},
        "headers": {"Accept": "application/json"},
    },
    lambda: {"method": "GET", "url": f"/{SECRET}/%0a%7B%22level%22%3A1%7D%0d%0a{TOKEN}"},
    lambda: {"method": "DELETE", "url": "/graphql"},
)


@pytest.mark.parametrize("kind", ["json", "text"])
async def test_hostile_requests_are_logged_as_one_safe_line_each(own_database: str, kind: str) -> None:
    async with open_database(own_database, all_contexts=False):
        key = (await new_organization()).api_key
    async with (
        serving(own_database, PURSUIT_LOG_FORMAT=kind, PURSUIT_RATE_LIMIT="999999999") as server,
        server.client(key) as client,
    ):
        for start in range(0, REQUESTS, AT_ONCE):
            statuses = await asyncio.gather(
                *(_status(client, number) for number in range(start, start + AT_ONCE))
            )
            assert max(statuses) < 500

    lines = [line for line in server.logs[0].splitlines() if line]
    request_lines = [line for line in lines if " request " in line or '"message": "request"' in line]
    assert len(request_lines) == REQUESTS
    assert [line for line in lines if not _is_record(line, kind)] == []
    for word in (ATTACKER_TEXT, SECRET, "Sup3rS3cr3t", TOKEN, key):
        assert word not in server.logs[0], word


async def _status(client: httpx.AsyncClient, number: int) -> int:
    return (await client.request(**HOSTILE[number % len(HOSTILE)]())).status_code


def _is_record(line: str, kind: str) -> bool:
    if kind == "json":
        return set(json.loads(line)) >= {"at", "level", "logger", "message"}
    return line[:4].isdigit() and line[10] == " "
