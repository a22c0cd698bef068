"""Every invariant that source text can show holds, and each check finds an offence made for it."""

import subprocess
import sys
from dataclasses import dataclass

import pytest

from schema import schema
from tests import house
from tests.conftest import NOT_ON, ONLY_ON
from tests.house import ROOT, Check, SourceFile


@dataclass(frozen=True)
class Invariant:
    """A check, the folders that it applies to, the paths that are exempt, and an offence that it finds."""

    check: Check
    offence: SourceFile
    folders: tuple[str, ...] = house.PACKAGES
    but: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.check.__name__


READERS = ("workflow/queries", "workflow/models", "workflow/rules", "schema", "api")
CONNECTION = ("workflow/models/engine/connections.py", "workflow/models/engine/database.py")
TRANSACTION = ("workflow/models/engine/transactions.py", "workflow/models/engine/migrating.py")

INVARIANTS = (
    Invariant(house.banned_name, SourceFile("api/utils.py", "")),
    Invariant(house.leftover, SourceFile("api/x.py", "# TO" + "DO: tidy\n")),
    Invariant(house.missing_docstring, SourceFile("api/x.py", "x = 1\n")),
    Invariant(
        house.stock_transaction,
        SourceFile("api/x.py", "from tortoise.transactions import in_transaction\n"),
        but=TRANSACTION,
    ),
    Invariant(
        house.awaits, SourceFile("x.py", "async def f():\n    await g()\n"), folders=("workflow/rules",)
    ),
    Invariant(house.clock_or_randomness, SourceFile("x.py", "import random\n"), folders=("workflow/rules",)),
    Invariant(
        house.reads_clock,
        SourceFile("x.py", "datetime.now(UTC)\n"),
        ("workflow", "schema"),
        CONNECTION + TRANSACTION,
    ),
    Invariant(
        house.database_write,
        SourceFile("x.py", "async def f():\n    await row.delete()\n"),
        READERS,
        CONNECTION + TRANSACTION,
    ),
    Invariant(
        house.event_write,
        SourceFile("x.py", "Event.bulk_create(rows)\n"),
        folders=("workflow", "schema", "api"),
        but=("workflow/operations/core/journal.py",),
    ),
)


@pytest.mark.parametrize("invariant", INVARIANTS, ids=str)
def test_every_module_keeps_the_invariants(invariant: Invariant) -> None:
    held = [module for module in house.source_files(*invariant.folders) if module.path not in invariant.but]

    offences = [offence for module in held for offence in invariant.check(module)]

    assert held
    assert offences == [], "\n".join(offences)


@pytest.mark.parametrize("invariant", INVARIANTS, ids=str)
def test_each_check_catches_its_offence(invariant: Invariant) -> None:
    assert list(invariant.check(invariant.offence)) != []


@pytest.mark.parametrize(
    "source",
    [
        "async def f():\n    await rows.update(state=x)\n",
        "def f():\n    deal.state = x\n",
        "async def f():\n    await deal.write(state=x)\n",
        "def f():\n    run('UPDATE opportunity SET state = $1')\n",
    ],
)
def test_a_state_write_is_detected(source: str) -> None:
    assert list(house.state_write(SourceFile("x.py", source))) == ["x.py:f"]


def test_only_one_function_writes_state() -> None:
    writers = [
        writer
        for module in house.source_files("workflow", "schema", "api")
        for writer in house.state_write(module)
    ]

    assert len(writers) == 1, writers


@pytest.mark.parametrize(
    "source",
    ["Event.create(type=x)\n", "run('INSERT INTO event VALUES ($1)')\n", "insert_rows(Event, rows)\n"],
)
def test_an_event_write_is_detected(source: str) -> None:
    assert list(house.event_write(SourceFile("x.py", source))) != []


def test_a_stock_transaction_is_detected_through_its_module() -> None:
    assert list(house.stock_transaction(SourceFile("x.py", "tortoise.transactions.in_transaction()\n"))) != []


@pytest.mark.parametrize(
    "source", ["row.save()\n", "run('DELETE FROM account WHERE id = $1')\n", "update_rows(Account, rows)\n"]
)
def test_a_database_write_is_detected(source: str) -> None:
    assert list(house.database_write(SourceFile("x.py", source))) != []


@pytest.mark.parametrize(
    "source", ["@pytest.mark.sk" + "ipif(x)", "pytest.sk" + "ip()", "raise NotImplemented" + "Error"]
)
def test_leftovers_are_detected(source: str) -> None:
    assert list(house.leftover(SourceFile("x.py", source))) != []


@pytest.mark.parametrize("source", ["time.monotonic()\n", "from secrets import token_hex\n"])
def test_clocks_and_randomness_are_detected(source: str) -> None:
    assert list(house.clock_or_randomness(SourceFile("x.py", source))) != []


def test_the_migrations_folder_holds_only_migrations() -> None:
    strangers = [
        file.name
        for file in (ROOT / "migrations").glob("*.py")
        if file.name != "__init__.py" and not file.name[:4].isdigit()
    ]

    assert strangers == []


def test_every_path_that_chooses_a_database_exists() -> None:
    paths = {path for table in (NOT_ON, ONLY_ON) for chosen in table.values() for path in chosen}

    assert sorted(path for path in paths if not (ROOT / "tests" / path).exists()) == []


def test_tests_are_not_a_package() -> None:
    assert sorted((ROOT / "tests").rglob("__init__.py")) == []


LINT_IMPORTS = (
    "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
)


@pytest.mark.parametrize(
    "check",
    [
        ["-m", "ruff", "format", "--check", "--no-cache", "."],
        ["-m", "ruff", "check", "--no-cache", "."],
        ["-m", "mypy", "--cache-dir", "/dev/null"],
        ["-c", LINT_IMPORTS],
    ],
    ids=["format", "lint", "types", "imports"],
)
def test_linters_and_type_checkers_pass(check: list[str]) -> None:
    result = subprocess.run([sys.executable, *check], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout + result.stderr


def test_the_printed_schema_is_committed() -> None:
    assert (ROOT / "schema" / "schema.graphql").read_text().strip() == schema.as_str().strip(), (
        "Run `pursuit schema > schema/schema.graphql`."
    )


def test_commands_start_without_server_imports() -> None:
    heavy = ("graphql", "strawberry", "starlette", "uvicorn", "httpx")
    loaded = f"import sys, api.cli; print([name for name in {heavy} if name in sys.modules])"

    result = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"
