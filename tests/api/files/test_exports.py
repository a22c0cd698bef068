"""`pursuit export`: JSON lines that an import makes the same organization of, and CSV that no spreadsheet runs."""

import csv
import io
import json
import random
from decimal import Decimal
from pathlib import Path

import pytest

from api.files.cells import FORMULA_PREFIXES, RecordKind, csv_cell
from tests.support.counts import count, sample
from tests.support.organizations import new_organization
from tests.support.serving import pursuit
from tests.support.team import SalesTeam, new_sales_team, override_all
from workflow.models import Member
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, delete_opportunity
from workflow.operations.opportunity.triggers import WinDetails, win
from workflow.rules.enums import OpportunityState, Role, WinReason

TEXTS = count(10_000)


@pytest.fixture
async def team(database: str) -> SalesTeam:
    """Deals in every state, one of them made and won here, one deleted, one by a dangerous name."""
    team = await new_sales_team()
    admin, owner = team.ctx["admin"], team.ctx["owner"]
    account = await create_account(admin, {"name": "=cmd|' /C calc'!A0", "attributes": {"b": 1, "a": "@x"}})
    await create_contact(admin, account, {"name": "-Grace", "email": "grace@example.com"})
    worth = {"name": '+"Größe", 2nd', "value": MoneyAmount(Decimal("12.50"), "EUR"), "attributes": {"z": 1, "a": [2]}}
    await create_opportunity(owner, NewOpportunity(account, None, None), worth)  # type: ignore[arg-type]
    gone = await create_opportunity(owner, NewOpportunity(account, None, None), {"name": "Gone"})
    await delete_opportunity(admin, gone, reason="A test", expected_version=None)
    await win(admin, team.deals[OpportunityState.PROGRESSING], WinDetails(WinReason.SPEED), override_all())
    return team


def file_names(folder: Path) -> list[str]:
    """What stands in a folder."""
    return [file.name for file in folder.iterdir()]


async def export_file(database: str, organization: str, kind: str, format: str) -> str:
    """What the command writes."""
    command = ("export", kind, "--organization", organization, "--format", format)
    ended = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})
    assert ended.code == 0, ended.err
    return ended.out


async def test_importing_an_export_reproduces_it_byte_for_byte(team: SalesTeam, database: str, tmp_path: Path) -> None:
    text = await export_file(database, team.organization.name, "opportunities", "jsonl")
    (tmp_path / "deals.jsonl").write_text(text)
    other = await new_organization()
    for person in await Member.filter(organization_id=team.organization.id).values("email", "role"):
        await other.ctx_of(Role(person["role"]), person["email"])

    command = ("import", str(tmp_path / "deals.jsonl"), "--organization", other.name)
    ended = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})
    again = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})

    assert ended.code == 0, ended.out + ended.err
    assert len(text.splitlines()) == 7
    assert await export_file(database, other.name, "opportunities", "jsonl") == text
    assert "unchanged │    7" in again.out


@pytest.mark.parametrize("kind", sample(RecordKind, every=2))
async def test_every_kind_is_exported_in_both_formats_without_deleted_records(
    team: SalesTeam, database: str, kind: RecordKind
) -> None:
    rows = [
        json.loads(line) for line in (await export_file(database, team.organization.name, kind, "jsonl")).splitlines()
    ]
    table = list(csv.reader(io.StringIO(await export_file(database, team.organization.name, kind, "csv"), newline="")))

    assert len(rows) == len(table) - 1 > 0
    assert all(not text.startswith(FORMULA_PREFIXES) or _number(text) for row in table for text in row)
    assert [row for row in rows if kind is RecordKind.OPPORTUNITIES and row["name"] == "Gone"] == []


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_csv_cells_never_start_a_formula_and_other_texts_are_unchanged() -> None:
    rng = random.Random(3)
    letters = [*FORMULA_PREFIXES, *"'\"a1, ;|\n", "ä"]
    for _ in range(TEXTS):
        text = "".join(rng.choice(letters) for _ in range(rng.randrange(6)))
        written = csv_cell(text)
        assert not written.startswith(FORMULA_PREFIXES)
        assert written.removeprefix("'") == text if text.startswith(FORMULA_PREFIXES) else written == text


async def test_an_export_file_is_complete_or_absent(team: SalesTeam, database: str, tmp_path: Path) -> None:
    command = ("export", "opportunities", "--organization", team.organization.name)
    environ = {"PURSUIT_DATABASE_URL": database}

    done = await pursuit(*command, "--out", str(tmp_path / "deals.jsonl"), environ=environ)
    nowhere = await pursuit(*command, "--out", str(tmp_path / "no" / "deals.jsonl"), environ=environ)
    nobody = await pursuit(*command[:3], "Nobody", "--out", str(tmp_path / "none.jsonl"), environ=environ)

    assert (done.code, done.out) == (0, "")
    assert (nowhere.code, nobody.code) == (1, 1)
    assert "cannot be written" in nowhere.err and "Traceback" not in nowhere.err
    assert file_names(tmp_path) == ["deals.jsonl"]
    assert len((tmp_path / "deals.jsonl").read_text().splitlines()) == 7
