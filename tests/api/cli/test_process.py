"""`pursuit process`: a company copies a preset, edits it, checks it and publishes it."""

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.counts import sample
from tests.support.organizations import TestOrganization
from tests.support.serving import ROOT, CommandResult, pursuit, serving
from workflow.models import Event, Organization, SalesProcess
from workflow.operations.process.processes import PRESETS, preset, preset_text
from workflow.rules.authoring.text import process_from_yaml
from workflow.rules.process.document import content_hash

ABSENT = "sqlite:///absent/pursuit.db"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a preset under the company's own key to a file."""
    file = tmp_path / "process.yaml"
    file.write_text(preset_text("meddicc").replace("key: meddicc", "key: acme"), encoding="utf-8")
    return file


async def run_process(*arguments: str | Path, database: str = ABSENT, cwd: Path = ROOT) -> CommandResult:
    """Run one command of `pursuit process`."""
    return await pursuit(
        "process", *(str(one) for one in arguments), environ={"PURSUIT_DATABASE_URL": database}, cwd=cwd
    )


def read_hash(file: Path) -> str:
    """Return the hash of the process in a file."""
    return content_hash(process_from_yaml(file.read_text(encoding="utf-8")))


def edit_file(file: Path, old: str, new: str) -> int:
    """Replace the first occurrence of a text in a file; return its line."""
    before, found, after = file.read_text(encoding="utf-8").partition(old)
    assert found
    file.write_text(before + new + after, encoding="utf-8")
    return before.count("\n") + 1


async def stored_rows(organization: TestOrganization) -> tuple[object, ...]:
    """Return all rows that publishing writes."""
    versions = (
        await SalesProcess.filter(organization_id=organization.id).order_by("published_at", "id").values()
    )
    events = await Event.filter(organization_id=organization.id).count()
    return versions, events, await Organization.filter(id=organization.id).values("default_process_key")


async def test_a_preset_is_shown_as_it_ships_without_a_database() -> None:
    shown = await run_process("show", "bant")

    assert (shown.code, shown.out, shown.err) == (0, preset_text("bant"), "")


async def test_the_presets_are_listed_without_an_argument() -> None:
    shown = await run_process("show")

    assert (shown.code, [line.split()[0] for line in shown.out.splitlines()[:4]]) == (0, list(PRESETS))


async def test_a_valid_process_is_summarized(file: Path) -> None:
    checked = await run_process("check", file)

    assert (checked.code, checked.err) == (0, "")
    assert checked.out == (
        f"{file} can be published as `acme`: 10 criteria, 3 gates, 33 requirements, 7 milestones.\n"
    )


async def test_standard_input_is_checked_and_shown_in_full() -> None:
    short = re.sub(r"\nstates:.*", "\n", preset_text("spiced"), flags=re.DOTALL).encode()

    checked = await pipe_process("check", "-", text=short)
    shown = await pipe_process("show", "-", text=short)

    assert (checked.code, checked.out[:34]) == (0, "<stdin> can be published as `spice")
    written = process_from_yaml(shown.out)
    assert (written.states, written.alert_rules) == (preset("default").states, preset("default").alert_rules)
    assert written.gates == preset("spiced").gates


async def pipe_process(*arguments: str, text: bytes, database: str = ABSENT) -> CommandResult:
    """Run one command of `pursuit process` with a text on standard input."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api", "process", *arguments),
        cwd=ROOT,
        env={**os.environ, "PURSUIT_DATABASE_URL": database},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await running.communicate(text)
    return CommandResult(running.returncode or 0, out.decode(), err.decode())


async def test_every_fault_is_printed_with_its_line_number(file: Path) -> None:
    champion = edit_file(file, "key: champion, minGrade", "key: champ, minGrade")
    weight = edit_file(file, "weight: 15", "weight: 1500")
    probability = edit_file(file, "probability: 0.05", "probability: 5")

    checked = await run_process("check", file.name, cwd=file.parent)

    assert (checked.code, checked.out) == (1, "")
    assert checked.err.splitlines() == [
        f"process.yaml:{weight}: criteria.0.weight: weight must be from 0 to 1000.",
        f"process.yaml:{champion}: gates.0.requirements.6.test.criterion.key: "
        "There is no criterion champ in this document.",
        f"process.yaml:{probability}: states.0.probability: probability must be from 0 to 1.",
    ]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"key: caf\xe9", "process.yaml:1: The text is not in UTF-8. Save it as UTF-8."),
        (b"x" * 1_000_001, "process.yaml is too large for a process: more than 1,000,000 bytes."),
    ],
)
async def test_an_unreadable_file_is_reported_in_one_line(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "process.yaml").write_bytes(data)

    checked = await run_process("check", "process.yaml", cwd=tmp_path)

    assert (checked.code, checked.out, checked.err) == (1, "", f"pursuit: {says}\n")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    sample([
        (["check", "absent.yaml"], 1, "absent.yaml cannot be read: No such file or directory."),
        (["show", "sandler"], 1,
         "sandler is neither a preset nor a file. The presets are default, bant, meddicc, spiced."),
        (["show", "--version", "2"], 2, "--version needs --organization"),
        (["publish", "workflow/presets/bant.yaml"], 2, "Missing option '--organization'"),
        (["publish", "workflow/presets/bant.yaml", "--organization", "Nobody"], 1,
         'no organization named "Nobody"'),
    ], every=2),
)  # fmt: skip
async def test_a_failed_command_is_reported_in_one_line(
    arguments: list[str], code: int, says: str, database: str
) -> None:
    ended = await run_process(*arguments, database=database)

    assert (ended.code, ended.out, ended.err.count("\n")) == (code, "", 1)
    assert says in ended.err


async def test_publishing_the_same_process_again_changes_nothing(
    file: Path, organization: TestOrganization, database: str
) -> None:
    command = ("publish", file, "--organization", organization.name)

    first = await run_process(*command, database=database)
    before = await stored_rows(organization)
    again = await run_process(*command, database=database)

    hint = "New opportunities use `default`; --default makes this process the default.\n"
    assert (first.code, first.out) == (0, f"Published version 1 of `acme`.\n{hint}")
    assert (again.code, again.out) == (0, f"Nothing to publish: this is version 1 of `acme`.\n{hint}")
    assert await stored_rows(organization) == before
    [row] = await SalesProcess.filter(organization_id=organization.id, process_key="acme").values()
    assert (row["content_hash"], row["actor_kind"]) == (read_hash(file), "SYSTEM")

    edit_file(file, "weight: 15", "weight: 16")
    next_one = await run_process(*command, "--default", database=database)

    expected = f"Published version 2 of `acme`.\nIt is the default process of {organization.name}.\n"
    assert (next_one.code, next_one.out) == (0, expected)


async def test_an_invalid_process_is_not_published(
    file: Path, organization: TestOrganization, database: str
) -> None:
    line = edit_file(file, "key: champion, minGrade", "key: champ, minGrade")
    before = await stored_rows(organization)

    ended = await run_process(
        "publish", file, "--organization", organization.name, "--default", database=database
    )

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(
        f"{file}:{line}: gates.0.requirements.6.test.criterion.key: There is no criterion champ"
    )
    assert await stored_rows(organization) == before


async def test_a_shown_process_publishes_unchanged(
    file: Path, organization: TestOrganization, database: str
) -> None:
    whose = ("--organization", organization.name)
    await run_process("publish", file, *whose, "--default", database=database)
    edit_file(file, "weight: 15", "weight: 16")
    await run_process("publish", file, *whose, database=database)

    shown = await run_process("show", *whose, database=database)
    before = await run_process("show", "acme", "--version", "1", *whose, database=database)
    absent = await run_process("show", "acme", "--version", "3", *whose, database=database)

    head = "# yaml-language-server: $schema=process.schema.json\n# Version 2 of `acme`, published "
    assert shown.out.startswith(head)
    assert content_hash(process_from_yaml(shown.out)) == read_hash(file)
    assert process_from_yaml(before.out).criteria[0].weight == 15
    assert (absent.code, absent.out) == (1, "")
    assert f"{organization.name} has not published version 3 of `acme`." in absent.err

    stored = await stored_rows(organization)
    again = await pipe_process("publish", "-", *whose, text=shown.out.encode(), database=database)
    assert again.out.startswith("Nothing to publish: this is version 2 of `acme`.")
    assert await stored_rows(organization) == stored


async def test_it_publishes_beside_a_serving_process(own_database: str) -> None:
    who = ["--organization", "Acme", "--email", "ada@example.com", "--name", "Ada", "--json"]
    founded = json.loads((await pursuit("init", *who, environ={"PURSUIT_DATABASE_URL": own_database})).out)

    async with serving(own_database) as server:
        command = ("publish", ROOT / "workflow/presets/spiced.yaml", "--organization", "Acme", "--default")
        published = await run_process(*command, database=own_database)
        asked = "{ viewer { organization { defaultProcess { key version criteria { key } } } } }"
        answer = await server.ask(founded["apiKey"], asked)

    assert (published.code, published.out.splitlines()[0]) == (0, "Published version 1 of `spiced`.")
    default = answer["data"]["viewer"]["organization"]["defaultProcess"]
    keys = [{"key": criterion.key} for criterion in preset("spiced").criteria]
    assert default == {"key": "spiced", "version": 1, "criteria": keys}


async def test_the_schema_is_printed_as_it_ships() -> None:
    printed = await run_process("schema")

    shipped = (ROOT / "workflow/presets/process.schema.json").read_text(encoding="utf-8")
    assert (printed.code, printed.out) == (0, shipped)
