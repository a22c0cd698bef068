"""The generated tables of the documentation agree with the code."""

import re
from pathlib import Path

import pytest

from tests.docs.tables import TABLES, pages, rewrite, sections

MARKER = re.compile(r"<!-- generated: (.*?) -->")


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.name))
def test_a_page_shows_the_tables_of_the_code(path: Path) -> None:
    page = path.read_text(encoding="utf-8")

    assert [name for name, _ in sections(page)] == MARKER.findall(page)
    assert rewrite(page) == page, "Run `make docs`."


def test_every_table_stands_on_a_page() -> None:
    shown = {name for path in pages() for name, _ in sections(path.read_text(encoding="utf-8"))}

    assert sorted(TABLES.keys() - shown) == []


def test_a_table_that_was_changed_by_hand_is_rewritten() -> None:
    page = "a\n\n<!-- generated: grades -->\n\n| grade |\n|---|\n\n<!-- end -->\n\nb\n"

    assert rewrite(page) != page
    assert rewrite(rewrite(page)) == rewrite(page)
    assert rewrite(page).startswith("a\n\n<!-- generated: grades -->\n\n| grade | points |")
