"""The command line: its output, and that a failure is one line without a traceback."""

import json
import socket
from pathlib import Path

import pytest

from schema.core.ids import encode
from tests.support.counts import sample
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import pursuit, serving
from tests.support.tokens.issuer import running_issuer
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.operations.people.organizations import update_organization


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


def files(folder: Path) -> list[Path]:
    """Return the names in a folder."""
    return list(folder.iterdir())


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


async def test_a_port_in_use_is_reported_before_anything_is_prepared(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/absent.db"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = await pursuit("serve", "--demo", "--port", port, environ={"PURSUIT_DATABASE_URL": url})

    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert f"Cannot listen on 127.0.0.1:{port}: " in ended.err
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["init"], ["serve", "--port", "99999"], ["key", "--role", "KING"]]
)
async def test_wrong_usage_is_exit_code_2(arguments: list[str]) -> None:
    ended = await pursuit(*arguments)

    assert ended.code == 2
    assert "Traceback" not in ended.err


async def test_migrate_brings_a_new_database_to_the_newest_schema(empty_database: str) -> None:
    before = await pursuit("migrate", "--check", environ={"PURSUIT_DATABASE_URL": empty_database})
    run = await pursuit("migrate", environ={"PURSUIT_DATABASE_URL": empty_database})
    after = await pursuit("migrate", "--check", environ={"PURSUIT_DATABASE_URL": empty_database})

    assert (before.code, run.code, after.code) == (1, 0, 0)


async def test_a_new_organization_and_its_keys_work(own_database: str) -> None:
    who = ["--organization", "Acme", "--email", "ada@example.com", "--name", "Ada"]
    founded = await pursuit("init", *who, "--json", environ={"PURSUIT_DATABASE_URL": own_database})
    created = await pursuit(
        "key",
        "--organization",
        "Acme",
        "--role",
        "observer",
        "--json",
        environ={"PURSUIT_DATABASE_URL": own_database},
    )
    first = json.loads(founded.out)
    second = json.loads(created.out)

    async with serving(own_database) as server:
        admin = await server.ask(
            first["apiKey"], "{ viewer { role member { id } organization { id name } } }"
        )
        viewer = await server.ask(second["apiKey"], "{ viewer { role member { id } } }")

    assert set(first) == {"organization", "member", "apiKey"}
    assert {name: second[name] for name in second if name != "apiKey"} == {
        "organization": first["organization"],
        "member": None,
        "role": "OBSERVER",
    }
    expected = {
        "member": {"id": first["member"]},
        "organization": {"id": first["organization"], "name": "Acme"},
    }
    assert admin == {"data": {"viewer": {"role": "ADMIN", **expected}}}
    assert viewer == {"data": {"viewer": {"role": "OBSERVER", "member": None}}}


async def test_a_key_for_an_unknown_organization_is_refused(own_database: str) -> None:
    ended = await pursuit(
        "key", "--organization", "Nobody", "--role", "REP", environ={"PURSUIT_DATABASE_URL": own_database}
    )

    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)


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


async def test_a_second_server_on_one_sqlite_file_is_refused(tmp_path: Path) -> None:
    url = f"sqlite://{tmp_path}/pursuit.db"
    await pursuit("migrate", environ={"PURSUIT_DATABASE_URL": url})

    async with serving(url):
        second = await pursuit("serve", "--port", "1", environ={"PURSUIT_DATABASE_URL": url})

    assert (second.code, second.err.count("\n")) == (1, 1)
    assert "SQLite allows one" in second.err


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


async def test_the_schema_is_printed() -> None:
    ended = await pursuit("schema")

    assert ended.code == 0
    assert "type Query {" in ended.out


async def test_doctor_passes_on_a_healthy_installation(own_database: str) -> None:
    ended = await pursuit("doctor", environ={"PURSUIT_DATABASE_URL": own_database})

    assert (ended.code, "FAULT" in ended.out) == (0, False)


async def test_doctor_checks_the_token_issuer(own_database: str) -> None:
    environ = {"PURSUIT_DATABASE_URL": own_database}
    async with running_issuer() as issuer:
        healthy = await pursuit("doctor", environ=environ | issuer.server_settings())
        renamed = await pursuit(
            "doctor",
            environ=environ | issuer.server_settings() | {"PURSUIT_OIDC_ISSUER": f"{issuer.address}/"},
        )
        issuer.keys.clear()
        keyless = await pursuit("doctor", environ=environ | issuer.server_settings())
    away = await pursuit("doctor", environ=environ | issuer.server_settings())

    assert (healthy.code, f"ok    issuer: {issuer.address} answers, keys: 1\n" in healthy.out) == (0, True)
    for ended, says, remedy in (
        (
            renamed,
            f"the discovery document of {issuer.address}/ names the issuer '{issuer.address}'\n",
            "including a trailing slash",
        ),
        (
            keyless,
            f"{issuer.address} answers, but has no key that Pursuit can use\n",
            "RSA of 2048 bits or more",
        ),
        (
            away,
            f"{issuer.address} does not answer: ",
            "Check PURSUIT_OIDC_ISSUER, the network between this machine and the issuer",
        ),
    ):
        assert (ended.code, ended.out.count("FAULT"), ended.err) == (1, 1, "")
        assert f"FAULT issuer: {says}" in ended.out
        assert remedy in ended.out


@pytest.mark.parametrize(
    "url", ["sqlite://{}/absent.db", "sqlite://{}", "postgres://u:hunter2@127.0.0.1:1/d"]
)
async def test_doctor_prints_a_remedy_and_no_secret(url: str, tmp_path: Path) -> None:
    ended = await pursuit("doctor", environ={"PURSUIT_DATABASE_URL": url.format(tmp_path)})

    assert (ended.code, ended.out.count("FAULT")) == (1, 1)
    assert "hunter2" not in ended.out + ended.err
    assert "Traceback" not in ended.err
