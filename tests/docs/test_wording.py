"""The pages of the documentation: short lines, links that lead somewhere, every error code."""

import re
from pathlib import Path

import pytest

from tests.docs.blocks import FENCE
from tests.docs.tables import pages
from tests.support.serving import ROOT

MAX_LINE = 100
LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)\s]+)\)")
CODE = re.compile(r'"([A-Z]+(?:_[A-Z]+)+|FORBIDDEN|TIMEOUT|UNAVAILABLE|UNAUTHENTICATED)"')
PAGES = [path for path in pages() if path.parent.name == "docs"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.name))
def test_the_lines_of_a_page_are_short(path: Path) -> None:
    lines = [line for line in _prose(path.read_text(encoding="utf-8")) if not line.startswith("|")]

    assert [line for line in lines if len(line) > MAX_LINE] == []


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.name))
def test_the_links_of_a_page_lead_somewhere(path: Path) -> None:
    page = "\n".join(_prose(path.read_text(encoding="utf-8")))

    assert [target for target in LINK.findall(page) if not _exists(path, target)] == []


def test_every_error_code_is_documented() -> None:
    sources = [*(ROOT / "api" / "http").glob("*.py"), ROOT / "schema" / "core" / "limits.py"]
    codes = {code for source in sources for code in CODE.findall(source.read_text(encoding="utf-8"))}
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")

    assert {"RATE_LIMITED", "FORBIDDEN"} <= codes
    assert sorted(code for code in codes if f"`{code}`" not in page) == []


def test_a_link_that_leads_nowhere_is_seen() -> None:
    path = ROOT / "docs" / "api.md"

    assert _exists(path, "domain.md#permissions")
    assert not _exists(path, "domain.md#unknown")
    assert not _exists(path, "unknown.md")


def _prose(page: str) -> list[str]:
    """Return the lines outside code blocks."""
    lines = list[str]()
    inside = False
    for line in page.splitlines():
        fence = FENCE.fullmatch(line) is not None
        if not inside and not fence:
            lines.append(line)
        inside ^= fence
    return lines


def _exists(path: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    found = (path.parent / file).resolve() if file else path
    if not found.exists():
        return False
    return not anchor or anchor in {_anchor(line) for line in _prose(found.read_text(encoding="utf-8"))}


def _anchor(line: str) -> str:
    """Return the anchor that a heading gets: lower case, dashes for spaces, no punctuation."""
    return re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-") if line.startswith("#") else ""
