"""`pursuit export` writes a complete file or none."""

from pathlib import Path

import pytest

from tests.support.serving import pursuit
from tests.support.team import SalesTeam, new_sales_team


@pytest.fixture
async def team(database: str) -> SalesTeam:
    """Create a team with a deal in each state."""
    return await new_sales_team()


def file_names(folder: Path) -> list[str]:
    """Return the names of the files in a folder."""
    return [file.name for file in folder.iterdir()]


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
    assert len((tmp_path / "deals.jsonl").read_text().splitlines()) == 6


async def test_an_export_without_a_file_is_written_to_standard_output(team: SalesTeam, database: str) -> None:
    environ = {"PURSUIT_DATABASE_URL": database}

    table = await pursuit(
        "export", "accounts", "--organization", team.organization.name, "--format", "csv", environ=environ
    )

    assert table.code == 0, table.err
    header, acme = table.out.splitlines()
    assert header.startswith("id,name,domain")
    assert ",Acme," in acme
