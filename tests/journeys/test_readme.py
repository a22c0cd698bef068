"""The README's first session by curl, word by word: its shell block is run against a served organization."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from tests.support.organizations import TestOrganization
from tests.support.serving import ROOT, Server
from workflow.operations.accounts.accounts import create_account
from workflow.rules.enums import Role

CURL = f"""#!{sys.executable}
import sys, urllib.request
_, _, url, _, key, _, kind, _, body = sys.argv
headers = dict(line.split(": ", 1) for line in (key, kind))
sys.stdout.write(urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers)).read().decode())
"""
"""Stands for `curl -s URL -H … -H … -d …` on a machine that has none."""
ALL_FIVE = {"criterion.pain", "criterion.interest", "criterion.fit", "role.stakeholder", "field.next_step"}


async def test_the_readmes_session_does_what_it_says(
    server: Server, organization: TestOrganization, tmp_path: Path
) -> None:
    await create_account(organization.ctx, {"name": "Cancity"})
    key = await organization.key(Role.REP, "rita@example.com")

    who, refused, added, assessed, qualified, stopped = await _run(_session(server.base_url), key, tmp_path)

    assert who["viewer"] == {"role": "REP", "member": {"name": "rita"}}
    assert refused["qualifyOpportunity"]["__typename"] == "TransitionBlocked"
    assert {unmet["key"] for unmet in refused["qualifyOpportunity"]["unmet"]} == ALL_FIVE
    assert added["addStakeholder"] == {"__typename": "StakeholderChanged"}
    assert assessed["assessCriteria"] == {"__typename": "OpportunityChanged"}
    assert qualified["qualifyOpportunity"] == {
        "__typename": "TransitionSucceeded",
        "opportunity": {"number": 1, "state": "QUALIFIED", "probability": 0.25},
    }
    assert stopped["disqualifyOpportunity"]["opportunity"]["state"] == "DISQUALIFIED"


def _session(base_url: str) -> str:
    """The shell block, asking the test's own server."""
    session = (ROOT / "README.md").read_text().partition("```sh\n")[2].partition("```")[0]
    assert "http://127.0.0.1:8000" in session
    return session.replace("http://127.0.0.1:8000", base_url)


async def _run(session: str, key: str, folder: Path) -> list[dict[str, Any]]:
    """Run the block in a folder that holds the demo's keys; what each request that is shown was answered."""
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
