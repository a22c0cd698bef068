"""`pursuit export`: JSON lines that an import makes the same organization of, and CSV that no spreadsheet runs."""

import csv
import io
import json
import random
from decimal import Decimal
from pathlib import Path

import pytest

from api.files.cells import FORMULA_PREFIXES, RecordKind, csv_cell
from tests.support.counts import count, some
from tests.support.organizations import new_organization
from tests.support.serving import pursuit
from tests.support.team import Crew, forced, new_crew
from workflow.models import Member
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, delete_opportunity
from workflow.operations.opportunity.triggers import WinDetails, win
from workflow.rules.enums import OpportunityState, Role, WinReason

TEXTS = count(10_000)


@pytest.fixture
async def crew(database: str) -> Crew:
    """Deals in every state, one of them made and won here, one deleted, one by a dangerous name."""
    crew = await new_crew()
    admin, owner = crew.ctx["admin"], crew.ctx["owner"]
    account = await create_account(admin, {"name": "=cmd|' /C calc'!A0", "attributes": {"b": 1, "a": "@x"}})
    await create_contact(admin, account, {"name": "-Grace", "email": "grace@example.com"})
    worth = {"name": '+"Größe", 2nd', "value": MoneyAmount(Decimal("12.50"), "EUR"), "attributes": {"z": 1, "a": [2]}}
    await create_opportunity(owner, NewOpportunity(account, None, None), worth)  # type: ignore[arg-type]
    gone = await create_opportunity(owner, NewOpportunity(account, None, None), {"name": "Gone"})
    await delete_opportunity(admin, gone, reason="A test", expected_version=None)
    await win(admin, crew.deals[OpportunityState.PROGRESSING], WinDetails(WinReason.SPEED), forced())
    return crew


def names(folder: Path) -> list[str]:
    """What stands in a folder."""
    return [file.name for file in folder.iterdir()]


async def exported(database: str, organization: str, kind: str, format: str) -> str:
    """What the command writes."""
    command = ("export", kind, "--organization", organization, "--format", format)
    ended = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})
    assert ended.code == 0, ended.err
    return ended.out


async def test_an_import_of_an_export_gives_the_same_deals_back_byte_by_byte(
    crew: Crew, database: str, tmp_path: Path
) -> None:
    text = await exported(database, crew.organization.name, "opportunities", "jsonl")
    (tmp_path / "deals.jsonl").write_text(text)
    other = await new_organization()
    for person in await Member.filter(organization_id=crew.organization.id).values("email", "role"):
        await other.ctx_of(Role(person["role"]), person["email"])

    command = ("import", str(tmp_path / "deals.jsonl"), "--organization", other.name)
    ended = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})
    again = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})

    assert ended.code == 0, ended.out + ended.err
    assert len(text.splitlines()) == 7
    assert await exported(database, other.name, "opportunities", "jsonl") == text
    assert "unchanged │    7" in again.out


@pytest.mark.parametrize("kind", some(RecordKind, every=2))
async def test_every_kind_is_exported_in_both_formats_without_what_is_deleted(
    crew: Crew, database: str, kind: RecordKind
) -> None:
    rows = [json.loads(line) for line in (await exported(database, crew.organization.name, kind, "jsonl")).splitlines()]
    table = list(csv.reader(io.StringIO(await exported(database, crew.organization.name, kind, "csv"), newline="")))

    assert len(rows) == len(table) - 1 > 0
    assert all(not text.startswith(FORMULA_PREFIXES) or _number(text) for row in table for text in row)
    assert [row for row in rows if kind is RecordKind.OPPORTUNITIES and row["name"] == "Gone"] == []


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_no_text_begins_a_formula_and_every_other_is_as_it_was() -> None:
    chance = random.Random(3)
    letters = [*FORMULA_PREFIXES, *"'\"a1, ;|\n", "ä"]
    for _ in range(TEXTS):
        text = "".join(chance.choice(letters) for _ in range(chance.randrange(6)))
        told = csv_cell(text)
        assert not told.startswith(FORMULA_PREFIXES)
        assert told.removeprefix("'") == text if text.startswith(FORMULA_PREFIXES) else told == text


async def test_a_file_is_there_whole_or_not_at_all(crew: Crew, database: str, tmp_path: Path) -> None:
    command = ("export", "opportunities", "--organization", crew.organization.name)
    environ = {"PURSUIT_DATABASE_URL": database}

    done = await pursuit(*command, "--out", str(tmp_path / "deals.jsonl"), environ=environ)
    nowhere = await pursuit(*command, "--out", str(tmp_path / "no" / "deals.jsonl"), environ=environ)
    nobody = await pursuit(*command[:3], "Nobody", "--out", str(tmp_path / "none.jsonl"), environ=environ)

    assert (done.code, done.out) == (0, "")
    assert (nowhere.code, nobody.code) == (1, 1)
    assert "cannot be written" in nowhere.err and "Traceback" not in nowhere.err
    assert names(tmp_path) == ["deals.jsonl"]
    assert len((tmp_path / "deals.jsonl").read_text().splitlines()) == 7
