"""The setup of row-level security by migrate, and its state in doctor, with and without its role."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.support.organizations import new_organization
from tests.support.serving import pursuit
from workflow.models.columns import new_id
from workflow.models.engine.database import act_as_organization, execute, fetch, open_database
from workflow.models.engine.migrating import migrate
from workflow.models.engine.row_security import ROLE, ROW_SECURITY_SETUP

SECURED_LINE = "row security: enabled on every table ok"


async def test_a_table_of_a_later_migration_is_secured_by_migrate(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        await execute("CREATE TABLE later (id uuid PRIMARY KEY, organization_id uuid NOT NULL)")
        before = await _doctor(own_database)
        await migrate(own_database)
        await execute("INSERT INTO later VALUES ($1, $2)", new_id(), new_id())
        with act_as_organization(new_id()):
            assert await fetch("SELECT * FROM later") == []

    assert (
        before == "row security: row-level security is off for later "
        "Run `pursuit migrate` as the owner of the tables. ok"
    )
    assert await _doctor(own_database) == SECURED_LINE


async def _doctor(url: str) -> str:
    """Return the line of doctor on row security, with single spaces."""
    output = (await pursuit("doctor", environ={"PURSUIT_DATABASE_URL": url})).out
    return " ".join(output[output.index("row security") :].split("worker")[0].split())


@dataclass(frozen=True)
class PlainLogin:
    """A login that may not create roles, and a database that it owns."""

    name: str
    superuser: str
    url: str

    async def superusers(self, statement: str) -> None:
        """Run a statement as superuser."""
        connection = await asyncpg.connect(self.superuser)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture
async def plain_login(empty_database: str) -> AsyncIterator[PlainLogin]:
    """The test's database, owned by a plain login; the server already has the role."""
    name = f"plain_{uuid4().hex}"
    address = urlsplit(empty_database)
    url = address._replace(netloc=f"{name}@{address.hostname}:{address.port}").geturl()
    made = PlainLogin(name, empty_database, url)
    await made.superusers(f'CREATE ROLE {name} LOGIN; ALTER DATABASE "{address.path[1:]}" OWNER TO {name}')
    yield made
    await made.superusers(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}")


async def test_without_the_right_to_create_the_role_the_server_runs_and_doctor_says_what_to_do(
    plain_login: PlainLogin,
) -> None:
    await migrate(plain_login.url)
    finding = await _doctor(plain_login.url)
    async with open_database(plain_login.url, all_contexts=False):
        organization = await new_organization()
        with act_as_organization(new_id()):
            unguarded = await fetch("SELECT id FROM organization")

    assert [row["id"] for row in unguarded] == [organization.id]
    assert finding == (
        f"row security: {plain_login.name} may not act as {ROLE}, so row-level security is not enforced "
        f'As a superuser run `CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO "{plain_login.name}";`, '
        "then `pursuit migrate`. ok"
    )
    await plain_login.superusers(f'GRANT {ROLE} TO "{plain_login.name}"')
    await migrate(plain_login.url)
    assert await _doctor(plain_login.url) == SECURED_LINE
    async with open_database(plain_login.url, all_contexts=False):
        with act_as_organization(new_id()):
            assert await fetch("SELECT id FROM organization") == []
        with act_as_organization(organization.id):
            assert len(await fetch("SELECT id FROM organization")) == 1


async def test_enabling_row_security_again_changes_nothing(own_database: str) -> None:
    connection = cast(Any, await asyncpg.connect(own_database))
    try:
        before = await connection.fetch("SELECT xmin, * FROM pg_policy ORDER BY oid")
        for statement in ROW_SECURITY_SETUP:
            await connection.execute(statement)
        assert await connection.fetch("SELECT xmin, * FROM pg_policy ORDER BY oid") == before
    finally:
        await connection.close()
