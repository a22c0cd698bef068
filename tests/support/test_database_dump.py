"""Dumps contain every row of every table, and show the changes between two."""

from tortoise.models import Model

from tests.support.database_dump import differences, dump
from tests.support.organizations import new_organization
from workflow import models
from workflow.models import Organization
from workflow.models.engine.database import open_database

TABLES = {
    model._meta.db_table
    for model in vars(models).values()
    if isinstance(model, type) and issubclass(model, Model)
}


async def test_a_dump_holds_every_table_and_is_the_same_twice(own_database: str) -> None:
    before = await dump(own_database)

    assert len(TABLES) > 20
    assert set(before) >= TABLES
    assert before["feed_epoch"] == [(1, 1)]
    assert await dump(own_database) == before


async def test_differences_between_two_dumps_are_reported_by_row(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        await new_organization()
        before = await dump(own_database)
        await Organization.all().update(time_zone="Asia/Tokyo")

        found = differences(before, await dump(own_database))

    assert set(found) == {"organization"}
    [gone], [new] = found["organization"]
    assert [pair for pair in zip(gone, new, strict=True) if pair[0] != pair[1]] == [("UTC", "Asia/Tokyo")]


def test_a_table_that_is_new_or_gone_is_a_difference() -> None:
    assert differences({"old": [(1,)]}, {"new": [(1,)]}) == {"old": ([(1,)], []), "new": ([], [(1,)])}
