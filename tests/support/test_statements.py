"""Statements are recorded once each, as the driver sends them, and counted by table."""

import pytest

from tests.support.organizations import TestOrganization
from tests.support.statements import statements, table_of
from workflow.models import Account, Organization
from workflow.models.engine.database import execute, fetch, transaction


async def test_each_statement_is_recorded_once_with_its_table(organization: TestOrganization) -> None:
    async def work() -> None:
        await fetch("SELECT name FROM organization WHERE id = $1", organization.id)
        await Organization.filter(id=organization.id).update(time_zone="Asia/Tokyo")
        await execute("DELETE FROM account WHERE organization_id = $1", organization.id)

    async with statements() as seen:
        await transaction(work)
        await Account.filter(organization_id=organization.id).values("id")

    assert (len(seen), seen.by_table()) == (4, {"organization": 2, "account": 2})
    assert [text.split()[0] for text in seen] == ["SELECT", "UPDATE", "DELETE", "SELECT"]


async def test_nothing_is_recorded_after_the_block(organization: TestOrganization) -> None:
    async with statements() as seen:
        pass
    await fetch("SELECT name FROM organization")

    assert list(seen) == []


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ('SELECT "id" FROM "account" WHERE id IN (SELECT account_id FROM opportunity)', "account"),
        ('SELECT 1 FROM "opportunity" WHERE id = $1 FOR NO KEY UPDATE', "opportunity"),
        ('INSERT INTO "event" VALUES ($1)', "event"),
        ("UPDATE opportunity SET version = 2", "opportunity"),
        ("SELECT 1", ""),
    ],
)
def test_the_table_of_a_statement_is_the_one_it_reads_or_writes(text: str, table: str) -> None:
    assert table_of(text) == table
