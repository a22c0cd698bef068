"""Our migrations on a database with rows: each row is kept, and so is each constraint on it."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import IntegrityError

from tests.support.serving import ROOT
from workflow.models import JobLease, Opportunity, SearchDocument, Snapshot
from workflow.models.engine.database import execute, fetch, open_database
from workflow.models.engine.migrating import migrate
from workflow.queries.text_search import matches_text

MIGRATIONS = sorted((ROOT / "migrations").glob("0*.py"))
ID = "00000000-0000-7000-8000-000000000001"
AT = "2026-03-02 09:00:00+00:00"
ACTOR_COLUMNS = "actor_kind, actor_name"
ROWS = (
    f"INSERT INTO organization VALUES ('{ID}', 'Ours', 'EUR', 'UTC', 'default', '{AT}')",
    "INSERT INTO member (id, organization_id, name, email, role, visibility, active, created_at) "
    f"VALUES ('{ID}', '{ID}', 'Ada', 'a@example.com', 'ADMIN', 'ALL', TRUE, '{AT}')",
    "INSERT INTO account "
    "(id, organization_id, name, name_folded, attributes, version, created_at, updated_at) "
    f"VALUES ('{ID}', '{ID}', 'Acme', 'acme', '{{}}', 1, '{AT}', '{AT}')",
    "INSERT INTO sales_process (id, organization_id, process_key, version, name, document, content_hash, "
    f"published_at, {ACTOR_COLUMNS}) "
    f"VALUES ('{ID}', '{ID}', 'default', 1, 'Default', '{{}}', 'x', '{AT}', 'SYSTEM', 'Pursuit')",
    "INSERT INTO opportunity (id, organization_id, number, name, name_folded, type, account_id, owner_id, "
    "process_id, state, state_since, probability, probability_is_manual, forecast_category, push_count, "
    "next_step_agreed, purchase_process, attributes, version, created_at, updated_at, health) "
    f"VALUES ('{ID}', '{ID}', 1, 'Pilot', 'pilot', 'RENEWAL', '{ID}', '{ID}', '{ID}', 'LEAD', '{AT}', 0.1, "
    "FALSE, 'OMITTED', "
    f"0, FALSE, 'UNKNOWN', '{{}}', 1, '{AT}', '{AT}', 70)",
    "INSERT INTO assessment "
    f"(id, organization_id, opportunity_id, criterion, grade, assessed_at, {ACTOR_COLUMNS}) "
    f"VALUES ('{ID}', '{ID}', '{ID}', 'pain', 'UNKNOWN', '{AT}', 'SYSTEM', 'Pursuit')",
)
"""A deal and its parts in the tables of the first version."""


class StagedMigrations:
    """A package to which a test adds our migrations version by version."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        folder.mkdir()
        (folder / "__init__.py").write_text("")

    async def migrate_to(self, version: str) -> list[str]:
        """Apply every migration up to the one whose name begins with the version."""
        for file in MIGRATIONS:
            if file.stem <= f"{version}~":
                (self.folder / file.name).write_text(file.read_text())
        for module in [module for module in sys.modules if module.startswith(self.folder.name)]:
            del sys.modules[module]
        return await migrate(self.url)


@pytest.fixture
def staged(empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StagedMigrations:
    """An empty database and our migrations, none of them applied."""
    name = f"ours_{uuid4().hex}"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("workflow.models.engine.database.MIGRATIONS", name)
    return StagedMigrations(tmp_path / name, empty_database)


@pytest.fixture
async def migrated_database(staged: StagedMigrations) -> str:
    """A database of the first version with rows, migrated to the newest one."""
    assert await staged.migrate_to("0001") == [MIGRATIONS[0].stem]
    await execute_all(staged.url, ROWS)
    assert await staged.migrate_to("9999") == [file.stem for file in MIGRATIONS[1:]]
    return staged.url


async def execute_all(url: str, statements: Iterable[str]) -> None:
    async with open_database(url, all_contexts=False):
        for statement in statements:
            await execute(statement)


OFFENCES = (
    "UPDATE opportunity SET health = 101",
    "UPDATE opportunity SET state = 'GONE'",
    "UPDATE opportunity SET owner_id = '00000000-0000-7000-8000-000000000009'",
    "DELETE FROM account",
    "DELETE FROM assessment",
)
"""Statements that the first version refuses: by checks, by foreign keys, and by append-only history."""


LATER_ON = "2026-03-03 09:00:00+00:00"
LAST = "2026-03-04 09:00:00+00:00"
CREATED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CHANGED_AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
SNAPSHOT_COLUMNS = "organization_id, opportunity_id, since, state, owner_id, probability, forecast_category"
NEW_SNAPSHOT = f"('{ID}', '{ID}', '{LAST}', 'PROGRESSING', '{ID}', 0.3, 'PIPELINE')"
SNAPSHOT_OFFENCES = (
    "UPDATE snapshot SET until = since WHERE pos = 40",
    "UPDATE snapshot SET state = 'GONE'",
    "UPDATE snapshot SET slip_reason = 'WEATHER'",
    "UPDATE snapshot SET owner_id = '00000000-0000-7000-8000-000000000009'",
    f"INSERT INTO snapshot ({SNAPSHOT_COLUMNS}) VALUES {NEW_SNAPSHOT}",
)
"""A snapshot of no length, unknown names, a missing owner, and a second current snapshot of a deal."""


async def test_a_database_in_use_keeps_its_rows_and_its_rules(migrated_database: str) -> None:
    async with open_database(migrated_database, all_contexts=False):
        [deal] = await Opportunity.all().values("name", "health", "health_factors", "closed_insight")
        assert deal == {"name": "Pilot", "health": 70, "health_factors": None, "closed_insight": None}
        assert await fetch("SELECT criterion FROM assessment") == [{"criterion": "pain"}]
        for offence in OFFENCES:
            with pytest.raises(IntegrityError):
                await execute(offence)


async def test_renamed_tables_keep_their_rows_and_their_rules(staged: StagedMigrations) -> None:
    await staged.migrate_to("0001")
    await execute_all(staged.url, ROWS)
    await staged.migrate_to("0008")
    await execute_all(
        staged.url,
        (
            f"UPDATE standing SET pos = 40, until = '{LATER_ON}'",
            f"INSERT INTO standing ({SNAPSHOT_COLUMNS})"
            f" VALUES ('{ID}', '{ID}', '{LATER_ON}', 'QUALIFIED', '{ID}', 0.2, 'PIPELINE')",
            "UPDATE standing SET pos = 41 WHERE until IS NULL",
            f"UPDATE chore SET done_at = '{LATER_ON}' WHERE name = 'sweep'",
        ),
    )

    await staged.migrate_to("0009")

    async with open_database(staged.url, all_contexts=False):
        snapshots = await Snapshot.all().order_by("pos").values_list("pos", "state", "since", "until")
        assert snapshots == [(40, "LEAD", CREATED_AT, CHANGED_AT), (41, "QUALIFIED", CHANGED_AT, None)]
        assert await JobLease.all().values_list("name", "done_at", "leased_until") == [
            ("sweep", CHANGED_AT, None)
        ]
        for offence in SNAPSHOT_OFFENCES:
            with pytest.raises(IntegrityError):
                await execute(offence)
        await execute(f"UPDATE snapshot SET until = '{LAST}' WHERE until IS NULL")
        await execute(f"INSERT INTO snapshot ({SNAPSHOT_COLUMNS}) VALUES {NEW_SNAPSHOT}")
        [current] = await Snapshot.filter(until=None).values("pos")
        assert current["pos"] > 41


async def test_names_of_an_older_version_are_found_by_text(staged: StagedMigrations) -> None:
    await staged.migrate_to("0001")
    await execute_all(staged.url, ROWS)
    await staged.migrate_to("0010")
    await execute_all(
        staged.url,
        (
            "UPDATE account SET name = 'İstanbul', name_folded = 'i̇stanbul'",
            "UPDATE member SET name = 'ÇELİK'",
        ),
    )

    assert await staged.migrate_to("9999") == [file.stem for file in MIGRATIONS if file.stem > "0010~"]

    async with open_database(staged.url, all_contexts=False):
        assert await SearchDocument.all().order_by("kind").values_list("kind", "text") == [
            ("ACCOUNT", "\nistanbul\n"),
            ("OPPORTUNITY", "\npilot\nistanbul\ncelik\n\nB\n"),
        ]
        found = await Opportunity.filter(matches_text("OPPORTUNITY", UUID(ID), "ISTANBUL pil")).values("name")
        assert found == [{"name": "Pilot"}]
        await execute("UPDATE account SET name = 'Acme', name_folded = 'acme', name_search = NULL")
        assert await Opportunity.filter(matches_text("OPPORTUNITY", UUID(ID), "acm")).count() == 1
