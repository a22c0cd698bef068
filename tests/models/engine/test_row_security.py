"""Row-level security: PostgreSQL separates organizations even if a statement forgets to."""

import asyncio
import contextvars
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from tortoise.exceptions import OperationalError

from api.app import create_app
from api.config.settings import Settings
from tests.support.counts import count
from tests.support.organizations import TestOrganization, new_organization
from tests.support.rows import DealWithPeople, create_deals_with_people
from tests.support.serving import NO_TLS
from workflow.models import Opportunity
from workflow.models.engine.database import (
    act_as_organization,
    bypass_row_security,
    execute,
    fetch,
    transaction,
)
from workflow.queries import scope

OF_ORGANIZATIONS = """
SELECT table_name AS name FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'organization_id' ORDER BY 1"""
SECURED = (
    "SELECT relname AS name FROM pg_class JOIN pg_policy ON polrelid = pg_class.oid "
    "WHERE relrowsecurity ORDER BY 1"
)


@dataclass(frozen=True)
class TwoTenants:
    """Two organizations with a few deals each."""

    one: TestOrganization
    other: TestOrganization
    ours: list[DealWithPeople]
    theirs: list[DealWithPeople]


@pytest.fixture
async def tenants() -> TwoTenants:
    """Two organizations in the shared database."""
    one = await new_organization()
    other = await new_organization()
    return TwoTenants(
        one,
        other,
        await create_deals_with_people(one, 3, people=1),
        await create_deals_with_people(other, 5, people=1),
    )


async def test_every_table_of_an_organization_has_row_security() -> None:
    tables = await fetch(OF_ORGANIZATIONS)
    secured = await fetch(SECURED)

    assert len(tables) > 25
    assert {row["name"] for row in secured} == {row["name"] for row in tables} | {"organization"}


async def test_no_table_reslots_a_row_of_another_organization(tenants: TwoTenants) -> None:
    for table in [row["name"] for row in await fetch(OF_ORGANIZATIONS)]:
        own = await fetch(f'SELECT count(*) AS n FROM "{table}" WHERE organization_id = $1', tenants.one.id)
        with act_as_organization(tenants.one.id):
            seen = await fetch(
                f'SELECT count(*) AS n, count(*) FILTER (WHERE organization_id = $1) AS own FROM "{table}"',
                tenants.one.id,
            )

        assert (seen[0]["n"], seen[0]["own"]) == (own[0]["n"], own[0]["n"]), table
    with act_as_organization(tenants.one.id):
        assert [row["id"] for row in await fetch("SELECT id FROM organization")] == [tenants.one.id]


async def test_nothing_of_another_organization_can_be_written(tenants: TwoTenants) -> None:
    deal = tenants.theirs[0].deal
    with act_as_organization(tenants.one.id):
        assert await execute("UPDATE opportunity SET name = 'taken' WHERE id = $1", deal.id) == 0
        assert await execute("DELETE FROM stakeholder WHERE organization_id = $1", tenants.other.id) == 0
        with pytest.raises(OperationalError, match="row-level security"):
            await execute(
                "INSERT INTO opportunity_counter (organization_id, last_number) VALUES ($1, 1)",
                tenants.other.id,
            )
        with pytest.raises(OperationalError, match="row-level security"):
            await execute("UPDATE account SET organization_id = $1", tenants.other.id)

    assert (await Opportunity.get(id=deal.id)).name == deal.name


async def test_without_an_organization_no_rows_are_visible(tenants: TwoTenants) -> None:
    """A request starts in a context of its own, so it finds nothing before it acts as an organization."""
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()
    found: list[int] = []

    async def ask() -> None:
        found.append(await Opportunity.all().count())
        asked.set()

    loop.call_soon(lambda: asyncio.ensure_future(ask()), context=contextvars.Context())
    await asked.wait()

    assert found == [0]


async def test_the_role_cannot_truncate_or_disable_row_security(tenants: TwoTenants) -> None:
    with act_as_organization(tenants.one.id):
        for statement in (
            "TRUNCATE event",
            "ALTER TABLE opportunity DISABLE ROW LEVEL SECURITY",
            "DROP POLICY of_organization ON event",
        ):
            with pytest.raises((OperationalError, asyncpg.InsufficientPrivilegeError)):
                await execute(statement)


async def test_row_security_holds_without_the_query_scope(
    tenants: TwoTenants, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scope.visible, "__code__", (lambda viewer: Opportunity.all()).__code__)
    app = create_app(Settings.read({"PURSUIT_DATABASE_URL": database}))
    question = {"query": "{ opportunities(first: 100) { totalCount edges { node { name } } } }"}

    async def page(key: str) -> Any:  # Any: JSON
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", verify=NO_TLS) as client:
            answer = await client.post("/graphql", json=question, headers={"Authorization": f"Bearer {key}"})
            return answer.json()["data"]["opportunities"]

    ours = await page(tenants.one.api_key)
    theirs = await page(tenants.other.api_key)
    with bypass_row_security():
        visible_to_all = await scope.visible(tenants.one.ctx.viewer).count()

    assert (ours["totalCount"], theirs["totalCount"]) == (3, 5)
    assert visible_to_all >= 8, "the query scope is still in place, so this test shows nothing"


async def test_concurrent_work_of_two_organizations_over_one_pool_never_mixes(tenants: TwoTenants) -> None:
    """Reads, writes, transactions and failures that do not filter by organization, many of them cancelled."""
    dice = random.Random(5)
    leaks = list[str]()
    slots = asyncio.Semaphore(40)

    async def work(organization: TestOrganization, number: int) -> None:
        async with slots:
            with act_as_organization(organization.id):
                leaks.extend(await _read_foreign(organization.id, number))

    tasks = [
        asyncio.create_task(work(dice.choice((tenants.one, tenants.other)), dice.randrange(4)))
        for _ in range(count(10_000))
    ]
    for task in dice.sample(tasks, len(tasks) // 20):
        asyncio.get_running_loop().call_later(dice.random(), task.cancel)
    ended = await asyncio.gather(*tasks, return_exceptions=True)

    assert [problem for problem in ended if isinstance(problem, Exception)] == []
    assert leaks == []


async def _read_foreign(id: UUID, kind: int) -> list[str]:
    """Return the rows of other organizations that a statement without a filter found."""
    if kind == 0:
        return _foreign(id, await fetch("SELECT organization_id FROM opportunity"))
    if kind == 1:
        await execute("UPDATE account SET industry = $1", id.hex)
        return _foreign(id, await fetch("SELECT organization_id, industry FROM account"))
    if kind == 2:
        return await transaction(lambda: _write_foreign(id))
    with suppress(ZeroDivisionError):
        await transaction(lambda: _write_and_fail(id))
    return _foreign(id, await fetch("SELECT organization_id FROM stakeholder"))


def _foreign(id: UUID, rows: list[dict[str, Any]]) -> list[str]:
    assert rows
    return [str(row) for row in rows if row["organization_id"] != id or row.get("industry", id.hex) != id.hex]


async def _write_foreign(id: UUID) -> list[str]:
    await execute("UPDATE opportunity_counter SET last_number = last_number + 1")
    return _foreign(id, await fetch("SELECT organization_id FROM opportunity_counter"))


async def _write_and_fail(id: UUID) -> None:
    _foreign(id, await fetch("SELECT organization_id FROM opportunity"))
    raise ZeroDivisionError
