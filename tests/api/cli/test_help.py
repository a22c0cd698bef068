"""The help of every command and option, the version, and completion in a shell."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from api.cli import app
from tests.support.serving import ROOT, pursuit


def commands(  # Any: Typer keeps the classes of its commands private
    command: Any, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the command and every command below it, each with its path."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


COMMANDS = dict(commands(get_command(app)))


def test_the_commands_are_those_of_the_manual() -> None:
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")

    missing = [path for path in COMMANDS if f"`pursuit {' '.join(path)}".rstrip() not in manual]

    assert missing == []


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: " ".join(path) or "pursuit")
def test_every_command_and_option_is_explained_in_sentences(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    texts = {option.name: option.help for option in command.params} | {"": command.help}

    unexplained = [name for name, text in texts.items() if not text or not text.rstrip().endswith(".")]

    assert unexplained == []


@pytest.mark.parametrize("path", [(), ("import",), ("process", "show")], ids=" ".join)
async def test_help_is_printed(path: tuple[str, ...]) -> None:
    ended = await pursuit(*path, "--help")

    assert (ended.code, ended.err) == (0, "")
    assert COMMANDS[path].help.splitlines()[0][:40] in ended.out


async def test_the_version_is_printed_and_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    ended = await pursuit("--version")

    assert (ended.code, ended.out, ended.err) == (0, f"pursuit {project['version']}\n", "")


async def test_the_version_needs_no_valid_settings() -> None:
    ended = await pursuit("--version", environ={"PORT": "http"})

    assert (ended.code, ended.out.count("\n")) == (0, 1)


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("pursuit pro", ["process"]),
        ("pursuit process pu", ["publish"]),
        ("pursuit export acc", ["accounts"]),
        ("pursuit key --role man", ["MANAGER"]),
        ("pursuit import --dry", ["--dry-run"]),
    ],
)
async def test_a_shell_completes_commands_options_and_values(words: str, completed: list[str]) -> None:
    count = str(len(words.split()) - 1)

    ended = await pursuit(
        environ={"_PURSUIT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": count}
    )

    assert (ended.code, ended.out.split()) == (0, completed)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_the_completion_script_of_a_shell_is_printed(shell: str) -> None:
    ended = await pursuit(environ={"_PURSUIT_COMPLETE": f"source_{shell}"})

    assert ended.code == 0
    assert f"_PURSUIT_COMPLETE=complete_{shell}" in ended.out


def test_completion_can_be_installed_and_shown() -> None:
    options = {name for option in COMMANDS[()].params for name in option.opts}

    assert {"--version", "--install-completion", "--show-completion"} <= options
