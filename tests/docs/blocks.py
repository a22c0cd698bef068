"""Fenced code blocks of a Markdown page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"(?P<indent> *)(?P<ticks>```+)(?P<info>.*)")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced code block: its language, the file it is saved as where its fence names one, and its text."""

    page: str
    line: int
    language: str
    file: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({self.language or 'no language'})"


def read_blocks(path: Path) -> list[Block]:
    """Return the blocks of a page in order.

    The second word after the ticks is a file name, as in ```toml ours.toml.
    """
    return list(_blocks(path.name, path.read_text(encoding="utf-8").splitlines()))


def _blocks(page: str, lines: list[str]) -> Iterator[Block]:
    position = 0
    while position < len(lines):
        opening = FENCE.fullmatch(lines[position])
        position += 1
        if opening is None:
            continue
        start = position
        while position < len(lines) and lines[position].strip() != opening["ticks"]:
            position += 1
        words: list[str] = [*opening["info"].split(), "", ""]
        language, file = words[:2]
        inside = [line.removeprefix(opening["indent"]) for line in lines[start:position]]
        yield Block(page, start, language, file or None, "\n".join(inside) + "\n")
        position += 1
