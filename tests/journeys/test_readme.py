"""The README: its session runs against a real server, and its diagram and its length are correct."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.support.organizations import TestOrganization
from tests.support.serving import ROOT, Server
from workflow.operations.accounts.accounts import create_account
from workflow.rules.enums import Role
from workflow.rules.gates.machine import mermaid_diagram

README = (ROOT / "README.md").read_text(encoding="utf-8")
MOST_LINES = 150
LONGEST_LINE = 100
CURL = f"""#!{sys.executable}
import sys, urllib.request
_, _, url, _, key, _, kind, _, body = sys.argv
assert body == "@-"
text = sys.stdin.read().replace("\\n", "")
headers = dict(line.split(": ", 1) for line in (key, kind))
sys.stdout.write(urllib.request.urlopen(urllib.request.Request(url, text.encode(), headers)).read().decode())
"""
"""Replaces `curl -s URL -H … -H … -d @-`, which joins lines, on a machine without curl."""


async def test_the_session_shows_the_refusal_and_then_qualifies_the_lead(
    server: Server, organization: TestOrganization, tmp_path: Path
) -> None:
    await create_account(organization.ctx, {"name": "Cancity"})
    key = await organization.key(Role.REP, "rita@example.com")

    refused, added, qualified = await _run(_session(server.base_url), key, tmp_path)

    assert {"data": refused} == json.loads(_blocks("json")[0]), "Show in README.md what is answered now."
    assert added == {"addStakeholder": {"__typename": "StakeholderChanged"}}
    assert qualified["qualifyOpportunity"] == {
        "__typename": "TransitionSucceeded",
        "opportunity": {"state": "QUALIFIED", "probability": 0.25},
    }


def test_the_diagram_is_that_of_the_table_of_transitions() -> None:
    assert _blocks("mermaid") == [mermaid_diagram() + "\n"]


def test_it_is_short() -> None:
    lines = README.splitlines()

    assert len(lines) <= MOST_LINES
    assert [line for line in lines if len(line) > LONGEST_LINE] == []


def _blocks(language: str) -> list[str]:
    """Return the text of each code block in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def _session(base_url: str) -> str:
    """Return the shell blocks, in order, with the address of the test's own server."""
    session = "".join(_blocks("sh"))
    assert "http://127.0.0.1:8000" in session
    return session.replace("http://127.0.0.1:8000", base_url)


async def _run(session: str, key: str, folder: Path) -> list[dict[str, Any]]:
    """Run the session in a folder with the demo's keys; return the data of each printed answer."""
    (folder / "var").mkdir()
    (folder / "var" / "demo-keys.json").write_text(json.dumps({"REP": key}, indent=2))
    (folder / "curl").write_text(CURL)
    (folder / "curl").chmod(0o755)
    process = await asyncio.create_subprocess_exec(
        *("bash", "-eu", "-c", session),
        cwd=folder,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, err.decode()) == (0, "")
    return [json.loads(line)["data"] for line in out.splitlines()]
