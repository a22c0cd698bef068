"""`pursuit export`: JSON lines that an import restores, and CSV that is safe in a spreadsheet."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from api.files.cells import FORMULA_PREFIXES, RecordKind
from tests.support.counts import sample
from tests.support.organizations import new_organization
from tests.support.serving import pursuit
from tests.support.team import SalesTeam, new_sales_team, override_all
from workflow.models import Member
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, delete_opportunity
from workflow.operations.opportunity.triggers import WinDetails, win
from workflow.rules.enums import OpportunityState, Role, WinReason


@pytest.fixture
async def team(database: str) -> SalesTeam:
    """A team with deals in every state: one won here, one deleted, one with the name of a formula."""
    team = await new_sales_team()
    admin = team.ctx["admin"]
    owner = team.ctx["owner"]
    account = await create_account(admin, {"name": "=cmd|' /C calc'!A0", "attributes": {"b": 1, "a": "@x"}})
    await create_contact(admin, account, {"name": "-Grace", "email": "grace@example.com"})
    worth = {
        "name": '+"Größe", 2nd',
        "value": MoneyAmount(Decimal("12.50"), "EUR"),
        "attributes": {"z": 1, "a": [2]},
    }
    await create_opportunity(owner, NewOpportunity(account, None, None), worth)  # type: ignore[arg-type]
    gone = await create_opportunity(owner, NewOpportunity(account, None, None), {"name": "Gone"})
    await delete_opportunity(admin, gone, reason="A test", expected_version=None)
    await win(admin, team.deals[OpportunityState.PROGRESSING], WinDetails(WinReason.SPEED), override_all())
    return team


async def export_file(database: str, organization: str, kind: str, format: str) -> str:
    """Return the output of the command."""
    command = ("export", kind, "--organization", organization, "--format", format)
    ended = await pursuit(*command, environ={"PURSUIT_DATABASE_URL": database})
    assert ended.code == 0, ended.err
    return ended.out


async def test_importing_an_export_reproduces_it_byte_for_byte(
    team: SalesTeam, database: str, tmp_path: Path
) -> None:
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
        json.loads(line)
        for line in (await export_file(database, team.organization.name, kind, "jsonl")).splitlines()
    ]
    table = list(
        csv.reader(io.StringIO(await export_file(database, team.organization.name, kind, "csv"), newline=""))
    )

    assert len(rows) == len(table) - 1 > 0
    assert all(not text.startswith(FORMULA_PREFIXES) or _number(text) for row in table for text in row)
    assert [row for row in rows if kind is RecordKind.OPPORTUNITIES and row["name"] == "Gone"] == []


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


async def test_history_and_events_have_the_field_names_of_the_api(team: SalesTeam, database: str) -> None:
    history = await export_file(database, team.organization.name, "history", "jsonl")
    event = json.loads(
        (await export_file(database, team.organization.name, "events", "jsonl")).splitlines()[0]
    )

    [won] = [
        row for row in map(json.loads, history.splitlines()) if row["to"] == "WON" and row["source"] == "API"
    ]
    assert (won["from"], won["actor"]["kind"]) == ("PROGRESSING", "MEMBER")
    assert won["close"]["winReason"] == "SPEED" and won["close"]["closedOn"] is not None
    assert set(event) == {"cursor", "id", "type", "at", "actor", "payload"}
    assert set(event["actor"]) == {"kind", "name"}
