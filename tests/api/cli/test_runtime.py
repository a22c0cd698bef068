"""Helpers of every command: the organization, the settings and the database."""

import json
from pathlib import Path

import pytest

from api.cli.runtime import (
    ORGANIZATION_ID_PREFIX,
    CommandFailed,
    fail,
    load_settings,
    parse_organization,
    require_migrated,
)
from schema.core.ids import encode
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import pursuit
from workflow.operations.people.organizations import update_organization

AMBIGUOUS_COMMANDS = (
    ["key", "--role", "rep"],
    ["import", "api/demo/data/sales_pipeline.csv"],
    ["process", "show"],
    ["process", "publish", "workflow/presets/bant.yaml"],
)


@pytest.mark.parametrize("command", AMBIGUOUS_COMMANDS, ids=lambda command: " ".join(command[:2]))
async def test_an_ambiguous_organization_name_is_refused_with_both_ids(
    command: list[str], organization: TestOrganization, database: str
) -> None:
    twin = await new_organization()
    await update_organization(twin.ctx, {"name": organization.name})

    ended = await pursuit(
        *command, "--organization", organization.name, environ={"PURSUIT_DATABASE_URL": database}
    )

    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert (
        f'2 organizations are named "{organization.name}". Give the id of one: {organization.id}' in ended.err
    )
    assert str(twin.id) in ended.err


@pytest.mark.parametrize("as_printed", [True, False])
async def test_an_organization_can_be_named_by_its_raw_or_global_id(
    as_printed: bool, organization: TestOrganization, database: str
) -> None:
    id = encode("Organization", organization.id) if as_printed else str(organization.id)

    created = await pursuit(
        *("key", "--organization", id, "--role", "rep", "--json"), environ={"PURSUIT_DATABASE_URL": database}
    )

    assert json.loads(created.out)["organization"] == encode("Organization", organization.id)


def test_a_name_that_looks_like_an_id_stays_a_name() -> None:
    assert parse_organization("Acme") == "Acme"
    assert parse_organization(f"{ORGANIZATION_ID_PREFIX} & Co") == f"{ORGANIZATION_ID_PREFIX} & Co"


def test_a_folder_as_the_database_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PURSUIT_DATABASE_URL", f"sqlite://{tmp_path}")

    with pytest.raises(CommandFailed, match="is a folder"):
        load_settings()


async def test_a_database_with_pending_migrations_is_refused(empty_database: str) -> None:
    with pytest.raises(
        CommandFailed, match=r"^The database has \d+ pending migrations\. Run `pursuit migrate` first"
    ):
        await require_migrated(empty_database)


def test_a_failure_is_one_line_whatever_its_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        fail("The first line.\n  The second.", code=3)

    assert ended.value.code == 3
    assert capsys.readouterr().err == "pursuit: The first line. The second.\n"
