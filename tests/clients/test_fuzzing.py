"""Fuzzed operations by every role: no internal error, and no internal detail in an answer."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies
from schemathesis.core.result import Ok
from schemathesis.graphql import nodes

from schema import schema
from tests.support.counts import FULL
from tests.support.databases import Databases
from tests.support.organizations import new_organization
from tests.support.serving import ROOT, Server, serving
from workflow.models.engine.database import open_database
from workflow.rules.enums import Role

EXAMPLES = 200 if FULL else 2
"""Requests of each operation by each role."""
CODES = {
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "BAD_USER_INPUT",
    "FORBIDDEN",
    "QUERY_TOO_COMPLEX",
}
SCALARS = {
    "Date": ["2026-03-02", "2026-02-30", "today", ""],
    "DateTime": ["2026-03-02T09:00:00Z", "2026-03-02T09:00:00", "never", ""],
    "Decimal": ["12.50", "-1", "NaN", "1e400", "a lot"],
    "JSON": ["text", ""],
}
"""Values for our own scalars, beside any text."""
INTERNAL_WORDS = re.compile(
    r"Traceback|Exception|asyncpg|sqlite|tortoise|strawberry|workflow\.|NoneType|object at 0x"
    r"|\bself\b|SELECT ",
    re.I,
)
"""Texts that only our own code contains."""


@pytest.fixture(scope="module")
async def fuzz_server(run_databases: Databases) -> AsyncIterator[tuple[Server, dict[Role, str]]]:
    """Yield a server with a database that may be written to, with a key of each role and no rate limit."""
    url = await run_databases.copy()
    async with open_database(url, all_contexts=False):
        organization = await new_organization()
        keys = {role: await organization.key(role, f"{role.lower()}@example.com") for role in Role}
    async with serving(url, PURSUIT_RATE_LIMIT="999999999") as server:
        yield server, keys


@pytest.mark.parametrize("role", Role)
async def test_fuzzed_operations_get_documented_errors_only(
    fuzz_server: tuple[Server, dict[Role, str]], role: Role
) -> None:
    server, keys = fuzz_server

    faults = await asyncio.to_thread(fuzz, server, keys[role])

    assert faults == [], "\n".join(faults[:20])


for name, texts in SCALARS.items():
    schemathesis.graphql.scalar(name, (strategies.sampled_from(texts) | strategies.text()).map(nodes.String))


def fuzz(server: Server, api_key: str) -> list[str]:
    """Return the faults of the answers."""
    faults: list[str] = []
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {api_key}"
    api = schemathesis.graphql.from_path(str(ROOT / "schema" / "schema.graphql"))
    asked = set()
    for found in api.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.label.startswith("Subscription"):
            continue
        asked.add(operation.label)

        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_it(case: Any) -> None:
            answer = session.post(f"{server.base_url}/graphql", json={"query": case.body}, timeout=30)
            faults.extend(f"{case.body[:300]}: {fault}" for fault in problems_of(answer))

        try_it()
    roots = (schema._schema.query_type, schema._schema.mutation_type)
    assert len(asked) == sum(len(root.fields) for root in roots if root)
    return faults


def problems_of(answer: requests.Response) -> list[str]:
    """Return the fault of an answer, if it has one."""
    body = answer.json()
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}
    found = [] if answer.status_code in (200, 400) else [f"status {answer.status_code}"]
    found += [f"code {code}: {body['errors']}" for code in codes - CODES]
    return found + [
        f"says {error['message']}"
        for error in body.get("errors", ())
        if INTERNAL_WORDS.search(error["message"])
    ]
