"""A server killed between a commit and its answer: the repeated request does what is left, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from schema.core.ids import decode
from tests.support.fixtures import create_mutation_fixtures
from tests.support.serving import Server, serving
from workflow.models import Account, IdempotencyRecord, Transition
from workflow.models.engine.database import dialect, execute, fetch, open_database
from workflow.operations.opportunity.bulk import BATCH_SIZE

KEY = "the-same-key"
CREATE = """mutation { createAccount(input: {name: "Acme", externalSystem: "crm", externalId: "1"}) {
  __typename ... on AccountChanged { account { name externalId } } } }"""
CREATE_DEAL = """mutation($account: ID!, $name: String!) {
  createOpportunity(input: {accountId: $account, name: $name}) {
  ... on OpportunityChanged { opportunity { id } } } }"""
DISQUALIFY_DEALS = """mutation($deals: [OpportunityRef!]!) { transitionOpportunities(
  input: {trigger: DISQUALIFY, opportunities: $deals, disqualifyReason: NO_PAIN}
) {
  ... on BulkSummary { succeeded failed rows { opportunity { state } } } } }"""
ENDLESS_STATEMENT = {
    "sqlite": (
        "CREATE VIEW for_ever AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT count(*) AS x FROM n",
        "CREATE TRIGGER waits BEFORE {event} ON {table} WHEN {when} BEGIN SELECT x FROM for_ever; END",
    ),
    "postgres": (
        "CREATE FUNCTION for_ever() RETURNS trigger LANGUAGE plpgsql "
        "AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END'",
        "CREATE TRIGGER waits BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) "
        "EXECUTE FUNCTION for_ever()",
    ),
}


TERMINATE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()"""
"""PostgreSQL notices that a client is gone only at the end of a statement, and this one never ends."""


@asynccontextmanager
async def endless_statement(url: str, event: str, table: str, when: str) -> AsyncIterator[None]:
    """Yield a database in which a statement never ends."""
    async with open_database(url, all_contexts=False):
        for statement in ENDLESS_STATEMENT[dialect()]:
            await execute(statement.format(event=event, table=table, when=when))
    yield
    async with open_database(url, all_contexts=False):
        if dialect() == "postgres":
            await fetch(TERMINATE)
        await execute("DROP TRIGGER waits" + (f" ON {table}" if dialect() == "postgres" else ""))


async def send(server: Server, api_key: str, query: str, **variables: Any) -> httpx.Response:
    """Send the request with its idempotency key."""
    async with server.client(api_key, **{"Idempotency-Key": KEY}) as client:
        return await client.post("/graphql", json={"query": query, "variables": variables})


async def kill_after(server: Server, request: "asyncio.Task[httpx.Response]", url: str, done: Any) -> None:
    """Wait until so many rows exist, and kill the server."""
    async with open_database(url, all_contexts=False):
        for _ in range(500):
            if await done():
                break
            await asyncio.sleep(0.02)
    assert server.process is not None
    server.process.kill()
    await asyncio.gather(request, return_exceptions=True)


async def test_a_retry_after_a_crash_before_the_answer_is_answered(own_database: str) -> None:
    async def committed() -> bool:
        return await IdempotencyRecord.filter(done=True).exists()

    async with serving(own_database) as server:
        fixtures = await create_mutation_fixtures(own_database, server)
        async with endless_statement(own_database, "UPDATE", "idempotency", "NEW.answer IS NOT NULL"):
            request = asyncio.create_task(send(server, fixtures.keys["admin"], CREATE))
            await kill_after(server, request, own_database, committed)

    async with serving(own_database) as server:
        answers = [await send(server, fixtures.keys["admin"], CREATE) for _ in range(2)]
    async with open_database(own_database, all_contexts=False):
        accounts = await Account.filter(external_system="crm", external_id="1").count()

    expected = {"__typename": "AccountChanged", "account": {"name": "Acme", "externalId": "1"}}
    assert [answer.json()["data"]["createAccount"] for answer in answers] == [expected, expected]
    assert [answer.headers["Idempotency-Replayed"] for answer in answers] == ["true", "true"]
    assert accounts == 1


async def test_a_retried_bulk_mutation_finishes_and_does_nothing_twice(own_database: str) -> None:
    async with serving(own_database) as server:
        fixtures = await create_mutation_fixtures(own_database, server)
        key = fixtures.keys["admin"]
        account = fixtures.ids["account"]
        created = [
            await server.ask(key, CREATE_DEAL, account=account, name=f"Deal {number}")
            for number in range(BATCH_SIZE + 2)
        ]
        deals = [one["data"]["createOpportunity"]["opportunity"]["id"] for one in created]
        ids = [found[1] for found in map(decode, deals) if found]
        refs = [{"id": id} for id in deals]

        async def one_batch() -> bool:
            return await Transition.filter(opportunity_id__in=ids).count() == BATCH_SIZE

        last = str(ids[-1])
        async with endless_statement(own_database, "INSERT", "transition", f"NEW.opportunity_id = '{last}'"):
            request = asyncio.create_task(send(server, key, DISQUALIFY_DEALS, deals=refs))
            await kill_after(server, request, own_database, one_batch)

    async with open_database(own_database, all_contexts=False):
        await IdempotencyRecord.all().update(claimed_until=datetime.now(UTC))
    async with serving(own_database) as server:
        answers = [await send(server, key, DISQUALIFY_DEALS, deals=refs) for _ in range(2)]
    async with open_database(own_database, all_contexts=False):
        taken = await Transition.filter(opportunity_id__in=ids).count()

    rows = [{"opportunity": {"state": "DISQUALIFIED"}}] * len(ids)
    expected = {"succeeded": len(ids), "failed": 0, "rows": rows}
    assert [answer.json()["data"]["transitionOpportunities"] for answer in answers] == [expected, expected]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    assert taken == len(ids)
