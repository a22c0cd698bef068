"""The command line: its output, and that a failure is one line without a traceback."""

from pathlib import Path

import pytest

from tests.support.counts import sample
from tests.support.organizations import new_organization
from tests.support.serving import pursuit, serving
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity


@pytest.mark.parametrize(
    ("arguments", "environ", "says"),
    sample(
        [
            (["serve"], {"PORT": "http"}, "PORT is 'http'"),
            (["serve"], {}, "pursuit migrate"),
            (["serve", "--workers", "2"], {}, "PostgreSQL"),
            (
                ["init", "--organization", "A", "--email", "a@example.com", "--name", "A"],
                {},
                "pursuit migrate",
            ),
        ],
        every=2,
    ),
)
async def test_a_failure_is_one_line_and_exit_code_1(
    arguments: list[str], environ: dict[str, str], says: str, tmp_path: Path
) -> None:
    url = f"sqlite://{tmp_path}/new.db"

    ended = await pursuit(*arguments, environ={"PURSUIT_DATABASE_URL": url, **environ})

    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert ended.err.startswith("pursuit: ")
    assert says in ended.err


INIT = ["init", "--organization", "A", "--email", "a@example.com", "--name", "A"]
LONG = "x" * 300


@pytest.mark.parametrize(
    ("arguments", "says"),
    sample(
        [
            ([*INIT, "--organization", " "], "`organization` is empty"),
            ([*INIT, "--organization", "\udcff"], "unpaired surrogate"),
            ([*INIT, "--name", LONG], "`name` has 300 characters"),
            ([*INIT, "--email", f"a@{LONG}"], "`email` has 302 characters"),
            ([*INIT, "--email", "a b@example.com"], "not an e-mail address"),
            ([*INIT, "--currency", "eur"], "not an ISO 4217 currency code"),
            ([*INIT, "--time-zone", "Mars"], "not a time zone"),
            (["key", "--organization", "Nobody", "--role", "rep"], "pursuit init"),
            (
                ["import", "absent.csv", "--organization", "A"],
                "absent.csv cannot be read: No such file or directory.",
            ),
            (["import", "README.md", "--organization", "A"], "No preset fits README.md"),
        ],
        every=2,
    ),
)
async def test_an_invalid_argument_is_reported_in_one_line(
    arguments: list[str], says: str, database: str
) -> None:
    ended = await pursuit(*arguments, environ={"PURSUIT_DATABASE_URL": database})

    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert says in ended.err
    assert "database" not in ended.err


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["init"], ["serve", "--port", "99999"], ["key", "--role", "KING"]]
)
async def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    ended = await pursuit(*arguments)

    assert ended.code == 2
    assert "Traceback" not in ended.err


async def test_a_sweep_runs_beside_a_serving_process(own_database: str) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        account = await create_account(organization.ctx, {"name": "Acme"})
        await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "Pilot"})
    async with serving(own_database):
        first, again = [
            await pursuit("sweep", environ={"PURSUIT_DATABASE_URL": own_database}) for _ in range(2)
        ]

    assert (first.code, again.code) == (0, 0)
    assert first.out.startswith("Opportunities evaluated: 1. Health changed: 1. ")
    assert again.out.startswith("Opportunities evaluated: 1. Health changed: 0. Milestones missed: 0. ")
