"""The pages for people name what exists: files, settings, commands and permissions."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from api.cli import app
from api.config.settings import Settings
from tests.support.serving import ROOT
from workflow.rules.permissions import PERMISSIONS, Action

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
PATH = re.compile(r"`((?:api|bench|docs|migrations|schema|tests|web|workflow)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = PATH.findall(page.read_text(encoding="utf-8"))

    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_settings_are_those_that_are_read_with_their_defaults() -> None:
    described = {row[0].strip("`"): row[1] for row in _table("operations.md", "setting")}

    assert described.keys() == Settings().redacted().keys()
    literal = {name: text.strip("`") for name, text in described.items() if re.fullmatch(r"`[^`]*`", text)}
    assert len(literal) > len(described) / 2
    assert literal == {name: Settings().redacted()[name] for name in literal}


def test_the_commands_are_those_of_the_command_line() -> None:
    described = {
        tuple(re.findall(r"[a-z]+", row[0].split("pursuit ")[1]))
        for row in _table("operations.md", "command")
    }

    assert described == set(_commands(get_command(app)))


def test_each_role_may_do_what_the_table_says() -> None:
    roles = [role.lower() for role in PERMISSIONS]
    header, *rows = _table("security.md", "permission", with_header=True)
    described = {
        row[0].strip("`"): [role for role, may in zip(roles, row[1:], strict=True) if may == "yes"]
        for row in rows
    }

    assert header[1:] == roles
    assert described == {
        action: [role.lower() for role, actions in PERMISSIONS.items() if action in actions]
        for action in Action
    }


def _commands(command: object, name: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command below this one."""
    below = getattr(command, "commands", {})
    if not below:
        yield name
    for word, one in below.items():
        yield from _commands(one, (*name, word))


def _table(page: str, column: str, *, with_header: bool = False) -> list[list[str]]:
    """Return the rows of the table of a page whose first column has this title."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    table = next(part for part in text.split("\n\n") if part.startswith(f"| {column} |"))
    header, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines())
    return [header, *rows] if with_header else rows
