"""The deadline: a slow request is cancelled and reported; a mutation is saved completely or not at all."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from uuid import UUID

import httpx

from api.app import create_app
from api.config.settings import Settings
from schema.core.ids import encode
from tests.support.mutation_cases.case import DOCUMENT
from tests.support.organizations import TestOrganization
from tests.support.rows import create_deals_with_people
from tests.support.serving import NO_TLS
from tests.support.subscription_clients import RENAME
from workflow.models import Event, Opportunity
from workflow.models.engine.database import dialect, drain, transaction
from workflow.operations.accounts.accounts import create_account
from workflow.operations.core.locking import lock_row
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.queries.process import impact

IMPACT = """query($x: SalesProcessInput!) { processImpact(document: $x) {
  ... on ProcessImpact { openOpportunities } } }"""


def client_with_deadline(database: str, organization: TestOrganization, seconds: float) -> httpx.AsyncClient:
    """Yield an admin's client of an application with this deadline."""
    settings = Settings(database_url=database, deadline=seconds)
    headers = {"Authorization": f"Bearer {organization.api_key}"}
    transport = httpx.ASGITransport(create_app(settings))
    return httpx.AsyncClient(transport=transport, base_url="http://inside", headers=headers, verify=NO_TLS)


def status_and_code(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an answer."""
    return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]


async def test_a_query_over_the_deadline_times_out(database: str, organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 2 * impact.BATCH_SIZE, people=0)
    async with client_with_deadline(database, organization, 0.01) as client:
        late = await client.post("/graphql", json={"query": IMPACT, "variables": {"x": DOCUMENT}})
        soon = await client.post("/graphql", json={"query": "{ __typename }"})

    assert status_and_code(late) == (503, "TIMEOUT")
    assert late.headers["Retry-After"] == "1"
    assert "first" in late.json()["errors"][0]["message"]
    assert soon.json()["data"] == {"__typename": "Query"}


async def test_a_mutation_over_the_deadline_is_written_completely_or_not_at_all(
    database: str, organization: TestOrganization
) -> None:
    account = await create_account(organization.ctx, {"name": "Cancity"})
    deal = await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "GTX"})
    async with lock_held(database, deal), client_with_deadline(database, organization, 0.1) as client:
        variables = {"id": encode("Opportunity", deal), "name": "Late"}
        late = await client.post("/graphql", json={"query": RENAME, "variables": variables})
    await drain()

    assert status_and_code(late) == (503, "TIMEOUT")
    assert "The change may still have been saved" in late.json()["errors"][0]["message"]
    assert await _is_consistent(deal)


@asynccontextmanager
async def lock_held(database: str, deal: UUID) -> AsyncIterator[None]:
    """Lock the deal from another connection, or, on SQLite, the file."""
    if dialect() == "sqlite":
        with closing(sqlite3.connect(database.removeprefix("sqlite://"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
    else:
        taken = asyncio.Event()
        free = asyncio.Event()

        async def hold_it() -> None:
            await lock_row(Opportunity, (await Opportunity.get(id=deal)).organization_id, deal)  # type: ignore[attr-defined]
            taken.set()
            await free.wait()

        lock = asyncio.create_task(transaction(hold_it))
        await taken.wait()
        yield
        free.set()
        await lock


async def _is_consistent(deal: UUID) -> bool:
    """Return whether the name, the version and the events of a deal agree."""
    row = await Opportunity.get(id=deal)
    events = Event.filter(aggregateid=deal).exclude(type__startswith="alert.").order_by("pos")
    versions = [event.payload["version"] for event in await events]
    return versions == list(range(1, row.version + 1)) and row.name == ("GTX" if row.version == 1 else "Late")
