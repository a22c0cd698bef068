"""Randomly broken files are reported in a sentence and leave stored data unharmed."""

import asyncio
import json
import os
import random
import sys
from pathlib import Path

from tests.api.files.crm_files import FILES
from tests.support.counts import count
from tests.support.organizations import new_organization
from tests.support.serving import ROOT, SECRET_KEY
from workflow.models import Opportunity
from workflow.models.engine.database import open_database
from workflow.queries.integrity import IntegrityResult, verify
from workflow.rules.enums import Role

BROKEN_FILES = count(2_000, part=20)
JSONL = (
    b'{"externalSystem":"crm","externalId":"1","name":"Pilot","accountName":"Acme","state":"LEAD"}\n'
    b'{"externalSystem":"crm","externalId":"2","name":"Rollout","accountName":"Acme","state":"WON","closedOn":"2026-01-31",'
    b'"value":{"amount":"12.50","currency":"EUR"}}\n'
)
VALID_FILES = {**{f"{name}.csv": text.encode() for name, text in FILES.items()}, "deals.jsonl": JSONL}
FRAGMENTS = (
    *(b"\x00", b"\xff", b'"', b"'", b",", b";", b"\t", b"\r", b"\n", b"\r\n", b"="),
    *(b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe"),
    *(b"{", b"}", b"[[[[", b"\\u0000", b"\\ud800", b"1e999", b"-0", b"NaN", b"null"),
    *(b"9" * 40, b"x" * 70_000),
    *("\u202e".encode(), "ä".encode("cp1252"), "\U0001f600".encode(), "٣".encode()),
    *(b"0000-00-00", b"2026-02-30", b"9999-12-31T23:59:59+14:00"),
)  # fmt: skip
"""Bytes that are inserted at random positions."""


def break_file(rng: random.Random, data: bytes) -> bytes:
    """Return the file with one to four random edits."""
    for _ in range(rng.randint(1, 4)):
        at, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        data = rng.choice(
            (
                data[:at] + rng.choice(FRAGMENTS) + data[at:],
                data[:at] + rng.choice(FRAGMENTS) + data[end:],
                data[:at] + data[min(end, at + 9) :],
                data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :],
                data[:end] + data[at:],
                data[:at],
                data.decode("latin-1").encode("utf-16"),
            )
        )
        data = data[:400_000] or b"\n"
    return data


async def test_any_broken_file_is_reported_in_a_sentence_and_harms_nothing(
    own_database: str, tmp_path: Path
) -> None:
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        await organization.ctx_of(Role.REP, "rita@example.com")
    rng = random.Random(11)
    for number in range(BROKEN_FILES):
        name = rng.choice(list(VALID_FILES))
        (tmp_path / f"{number}-{name}").write_bytes(break_file(rng, VALID_FILES[name]))

    found = await _import_all(own_database, organization.name, tmp_path)

    ours = {name: said for name, (_, said) in found.items() if "our fault" in said or "Traceback" in said}
    assert ours == {}
    assert {code for code, _ in found.values()} == {0, 1, 2}
    assert all(said.splitlines()[-1].startswith("pursuit: ") for code, said in found.values() if code == 1)
    assert len(found) == BROKEN_FILES
    async with open_database(own_database, all_contexts=False):
        broken: list[IntegrityResult] = []
        assert await verify(broken.append), broken
        assert await Opportunity.all().count() > 0


async def _import_all(url: str, organization: str, folder: Path) -> dict[str, tuple[int, str]]:
    environ = {**os.environ, "PURSUIT_DATABASE_URL": url, "PURSUIT_SECRET_KEY": SECRET_KEY}
    command = (
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "tests.api.files.import_process",
        organization,
        str(folder),
    )
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    answers: dict[str, tuple[int, str]] = json.loads(out)
    return answers
