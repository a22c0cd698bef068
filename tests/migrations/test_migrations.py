"""Our own migrations on a database that is in use: every row of the version before is kept, with every rule on it."""

import sys
from pathlib import Path
from uuid import uuid4

import pytest
from tortoise.exceptions import IntegrityError

from tests.support.serving import ROOT
from workflow.models import Opportunity
from workflow.models.engine.database import execute, fetch, open_database
from workflow.models.engine.migrating import migrate

FIRST, *LATER = sorted((ROOT / "migrations").glob("0*.py"))
ID, AT = "00000000-0000-7000-8000-000000000001", "2026-03-02 09:00:00+00:00"
ACTOR_COLUMNS = "actor_kind, actor_name"
ROWS = (
    f"INSERT INTO organization VALUES ('{ID}', 'Ours', 'EUR', 'UTC', 'default', '{AT}')",
    "INSERT INTO member (id, organization_id, name, email, role, visibility, active, created_at) "
    f"VALUES ('{ID}', '{ID}', 'Ada', 'a@example.com', 'ADMIN', 'ALL', TRUE, '{AT}')",
    "INSERT INTO account (id, organization_id, name, name_folded, attributes, version, created_at, updated_at) "
    f"VALUES ('{ID}', '{ID}', 'Acme', 'acme', '{{}}', 1, '{AT}', '{AT}')",
    f"INSERT INTO sales_process (id, organization_id, process_key, version, name, document, content_hash, published_at, {ACTOR_COLUMNS}) "
    f"VALUES ('{ID}', '{ID}', 'default', 1, 'Default', '{{}}', 'x', '{AT}', 'SYSTEM', 'Pursuit')",
    "INSERT INTO opportunity (id, organization_id, number, name, name_folded, type, account_id, owner_id, process_id, state, "
    "state_since, probability, probability_is_manual, forecast_category, push_count, next_step_agreed, purchase_process, "
    "attributes, version, created_at, updated_at, health) "
    f"VALUES ('{ID}', '{ID}', 1, 'Pilot', 'pilot', 'RENEWAL', '{ID}', '{ID}', '{ID}', 'LEAD', '{AT}', 0.1, FALSE, 'OMITTED', "
    f"0, FALSE, 'UNKNOWN', '{{}}', 1, '{AT}', '{AT}', 70)",
    f"INSERT INTO assessment (id, organization_id, opportunity_id, criterion, grade, assessed_at, {ACTOR_COLUMNS}) "
    f"VALUES ('{ID}', '{ID}', '{ID}', 'pain', 'UNKNOWN', '{AT}', 'SYSTEM', 'Pursuit')",
)
"""A deal and what hangs on it, as the first version had them."""


@pytest.fixture
async def migrated_database(empty_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of the first version with rows, brought to the newest one."""
    name = f"ours_{uuid4().hex}"
    folder = tmp_path / name
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("workflow.models.engine.database.MIGRATIONS", name)
    for file in (FIRST.with_name("__init__.py"), FIRST):
        (folder / file.name).write_text(file.read_text())
    assert await migrate(empty_database) == [FIRST.stem]
    async with open_database(empty_database, all_contexts=False):
        for row in ROWS:
            await execute(row)
    for file in LATER:
        (folder / file.name).write_text(file.read_text())
    for module in [module for module in sys.modules if module.startswith(name)]:
        del sys.modules[module]
    assert await migrate(empty_database) == [file.stem for file in LATER]
    return empty_database


OFFENCES = (
    "UPDATE opportunity SET health = 101",
    "UPDATE opportunity SET state = 'GONE'",
    "UPDATE opportunity SET owner_id = '00000000-0000-7000-8000-000000000009'",
    "DELETE FROM account",
    "DELETE FROM assessment",
)
"""What the rules of the first version forbid: checks, keys, and history that is append-only."""


async def test_a_database_in_use_keeps_its_rows_and_its_rules(migrated_database: str) -> None:
    async with open_database(migrated_database, all_contexts=False):
        [deal] = await Opportunity.all().values("name", "health", "health_factors", "closed_insight")
        assert deal == {"name": "Pilot", "health": 70, "health_factors": None, "closed_insight": None}
        assert await fetch("SELECT criterion FROM assessment") == [{"criterion": "pain"}]
        for offence in OFFENCES:
            with pytest.raises(IntegrityError):
                await execute(offence)
