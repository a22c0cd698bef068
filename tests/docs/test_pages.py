"""The pages for people name what exists: files, settings and commands."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from api.cli import app
from api.config.settings import Settings
from tests.support.serving import ROOT

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


def _commands(command: object, name: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command below this one."""
    below = getattr(command, "commands", {})
    if not below:
        yield name
    for word, one in below.items():
        yield from _commands(one, (*name, word))


def _table(page: str, column: str) -> list[list[str]]:
    """Return the rows of the table of a page whose first column has this title."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    table = next(part for part in text.split("\n\n") if part.startswith(f"| {column} |"))
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
