"""Tables of the documentation, generated from the code: `make docs` writes them, a test compares them."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.docs.api_tables import API_TABLES
from tests.docs.domain_tables import DOMAIN_TABLES
from tests.docs.process_tables import PROCESS_TABLES
from tests.docs.transfer_tables import TRANSFER_TABLES
from tests.support.serving import ROOT

TABLES: Mapping[str, Callable[[], str]] = {**API_TABLES, **DOMAIN_TABLES, **PROCESS_TABLES, **TRANSFER_TABLES}
"""The text of every generated section, by the name in its marker."""
SECTION = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n)(?P<text>.*?)(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Return the README and every page of the documentation."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def sections(page: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of every generated section of a page."""
    for found in SECTION.finditer(page):
        yield found["name"], found["text"]


def rewrite(page: str) -> str:
    """Return the page with every generated section as generated from the code."""
    return SECTION.sub(lambda found: f"{found[1]}{section_text(found['name'])}{found[4]}", page)


def section_text(name: str) -> str:
    """Return the text between the markers of a section."""
    return f"\n{TABLES[name]()}\n\n"


def main() -> None:
    """Rewrite the generated sections of every page."""
    for path in pages():
        before = path.read_text(encoding="utf-8")
        after = rewrite(before)
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} is rewritten.")


if __name__ == "__main__":
    main()
