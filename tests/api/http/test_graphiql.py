"""The GraphiQL page: served from our own origin under a strict policy, or instructions to build it."""

import re
from pathlib import Path

import httpx
import pytest
from graphql import build_schema, parse, validate

import api.http.graphiql
from schema import schema
from tests.support.serving import ROOT, Server, serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def page(server: Server) -> httpx.Response:
    """Request the page as a browser does, without a key."""
    async with server.client(Accept=BROWSER) as client:
        return await client.get("/graphql")


async def test_a_browser_gets_a_page_under_a_strict_policy(server: Server) -> None:
    answer = await page(server)

    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"


async def test_without_its_files_the_page_says_how_to_build_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(api.http.graphiql, "PAGE", tmp_path / "index.html")

    assert b"make web" in api.http.graphiql.graphiql_page().body


async def test_graphiql_can_be_turned_off(own_database: str) -> None:
    async with serving(own_database, PURSUIT_GRAPHIQL="off") as server:
        answer = await page(server)

    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/json")


def test_the_page_names_no_other_host() -> None:
    sources = [ROOT / "web" / name for name in ("index.html", "page.css", "page.js", "examples.js")]

    assert [file.name for file in sources if re.search(r"https?:|src=\"//|@import", file.read_text())] == []


def test_the_lock_names_no_registry() -> None:
    assert "resolved" not in (ROOT / "web" / "package-lock.json").read_text()


def test_the_example_queries_fit_the_schema() -> None:
    ours = build_schema(schema.as_str())
    examples = re.findall(
        r"query: `((?:[^`\\]|\\.)*)`", (ROOT / "web" / "examples.js").read_text(), re.DOTALL
    )

    assert len(examples) == 12
    assert [validate(ours, parse(example)) for example in examples] == [[]] * 12
