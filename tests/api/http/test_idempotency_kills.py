"""A server that is killed between a commit and its answer, or half way through many: the same request again does the rest, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from schema.core.ids import decode
from tests.support.fixtures import new_stage
from tests.support.serving import Server, serving
from workflow.models import Account, Idempotency, Transition
from workflow.models.engine.database import dialect, execute, fetch, open_database

KEY = "the-same-key"
CREATE = """mutation { createAccount(input: {name: "Acme", externalSystem: "crm", externalId: "1"}) {
  __typename ... on AccountChanged { account { name externalId } } } }"""
BORN = """mutation($account: ID!, $name: String!) { createOpportunity(input: {accountId: $account, name: $name}) {
  ... on OpportunityChanged { opportunity { id } } } }"""
STOP = """mutation($deals: [OpportunityRef!]!) { transitionOpportunities(input: {trigger: DISQUALIFY, opportunities: $deals, disqualifyReason: NO_PAIN}) {
  ... on BulkSummary { succeeded failed rows { opportunity { state } } } } }"""
FOR_EVER = {
    "sqlite": (
        "CREATE VIEW for_ever AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) AS x FROM n",
        "CREATE TRIGGER waits BEFORE {event} ON {table} WHEN {when} BEGIN SELECT x FROM for_ever; END",
    ),
    "postgres": (
        "CREATE FUNCTION for_ever() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(600); RETURN NEW; END'",
        "CREATE TRIGGER waits BEFORE {event} ON {table} FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION for_ever()",
    ),
}


ENDED = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid()"""
"""PostgreSQL sees that a client is gone when its statement has ended, which this one never does."""


@asynccontextmanager
async def waiting(url: str, event: str, table: str, when: str) -> AsyncIterator[None]:
    """A database in which a statement never ends."""
    async with open_database(url, all_contexts=False):
        for statement in FOR_EVER[dialect()]:
            await execute(statement.format(event=event, table=table, when=when))
    yield
    async with open_database(url, all_contexts=False):
        if dialect() == "postgres":
            await fetch(ENDED)
        await execute("DROP TRIGGER waits" + (f" ON {table}" if dialect() == "postgres" else ""))


async def sent(server: Server, api_key: str, query: str, **variables: Any) -> httpx.Response:
    """Send the request under the key."""
    async with server.client(api_key, **{"Idempotency-Key": KEY}) as client:
        return await client.post("/graphql", json={"query": query, "variables": variables})


async def killed(server: Server, request: "asyncio.Task[httpx.Response]", url: str, done: Any) -> None:
    """Wait until so much is done, and kill the server."""
    async with open_database(url, all_contexts=False):
        for _ in range(500):
            if await done():
                break
            await asyncio.sleep(0.02)
    assert server.process is not None
    server.process.kill()
    await asyncio.gather(request, return_exceptions=True)


async def test_who_is_killed_before_the_answer_is_answered_when_they_come_again(own_database: str) -> None:
    async def committed() -> bool:
        return await Idempotency.filter(done=True).exists()

    async with serving(own_database) as server:
        stage = await new_stage(own_database, server)
        async with waiting(own_database, "UPDATE", "idempotency", "NEW.answer IS NOT NULL"):
            request = asyncio.create_task(sent(server, stage.keys["admin"], CREATE))
            await killed(server, request, own_database, committed)

    async with serving(own_database) as server:
        answers = [await sent(server, stage.keys["admin"], CREATE) for _ in range(2)]
    async with open_database(own_database, all_contexts=False):
        accounts = await Account.filter(external_system="crm", external_id="1").count()

    told = {"__typename": "AccountChanged", "account": {"name": "Acme", "externalId": "1"}}
    assert [answer.json()["data"]["createAccount"] for answer in answers] == [told, told]
    assert [answer.headers["Idempotency-Replayed"] for answer in answers] == ["true", "true"]
    assert accounts == 1


async def test_many_of_which_some_are_done_are_done_to_the_end_and_none_twice(own_database: str) -> None:
    async with serving(own_database) as server:
        stage = await new_stage(own_database, server)
        key, account = stage.keys["admin"], stage.ids["account"]
        born = [await server.ask(key, BORN, account=account, name=f"Deal {number}") for number in range(4)]
        deals = [one["data"]["createOpportunity"]["opportunity"]["id"] for one in born]
        ids = [found[1] for found in map(decode, deals) if found]
        refs = [{"id": id} for id in deals]

        async def half() -> bool:
            return await Transition.filter(opportunity_id__in=ids).count() == 2

        last = str(ids[2])
        async with waiting(own_database, "INSERT", "transition", f"NEW.opportunity_id = '{last}'"):
            request = asyncio.create_task(sent(server, key, STOP, deals=refs))
            await killed(server, request, own_database, half)

    async with open_database(own_database, all_contexts=False):
        await Idempotency.all().update(claimed_until=datetime.now(UTC))
    async with serving(own_database) as server:
        answers = [await sent(server, key, STOP, deals=refs) for _ in range(2)]
    async with open_database(own_database, all_contexts=False):
        taken = await Transition.filter(opportunity_id__in=ids).count()

    rows = [{"opportunity": {"state": "DISQUALIFIED"}}] * 4
    told = {"succeeded": 4, "failed": 0, "rows": rows}
    assert [answer.json()["data"]["transitionOpportunities"] for answer in answers] == [told, told]
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true"]
    assert taken == 4
