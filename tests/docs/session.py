"""The session of one page of the documentation: a served organization, a shell, and the page's files."""

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.docs.answers import differences, problems_in, with_typenames
from tests.docs.blocks import Block
from tests.docs.commands import write_commands
from tests.support.serving import ROOT, SECRET_KEY, Server

SHOWN_ADDRESS = "http://127.0.0.1:8000"
SHOWN_KEY = "pur_…"
DONE = "--- the block is done ---"
TIMEOUT = 120


class BlockFailed(AssertionError):
    """A block did not do what its page says."""

    def __init__(self, block: Block, reason: str) -> None:
        super().__init__(f"{block}: {reason}\n\n{block.text}")


@dataclass
class BashSession:
    """A shell and files that the blocks of one page share, in their order."""

    server: Server
    folder: Path
    api_keys: Mapping[str, str]
    ids: Mapping[str, str]
    databases: tuple[str, str]
    shell: asyncio.subprocess.Process | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        write_commands(self.folder / "bin")
        (self.folder / "var").mkdir()
        (self.folder / "var" / "demo-keys.json").write_text(json.dumps(self.api_keys, indent=2))

    async def run_shell(self, block: Block, expected: object = None) -> None:
        """Run a block in the page's shell.

        Its last answer is the expected one. Without an expected one, no answer is an error.
        """
        notes = self.folder / "answers"
        notes.write_text("")
        await self._run_in_shell(block)
        answers = [json.loads(line) for line in notes.read_text().splitlines()]
        if expected is not None:
            self._compare(block, expected, json.loads(answers[-1]["text"]))
        for answer in answers if expected is None else ():
            if re.search(r'"errors":|"(InvalidInput|NotFound|PermissionDenied)"', answer["text"]):
                raise BlockFailed(block, f"an answer is {answer['text']}")

    async def run_python(self, block: Block) -> None:
        """Run a block as a separate program."""
        environ = self._environ()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", self._filled(block.text)),
            cwd=self.folder,
            env=environ,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(), TIMEOUT)
        if process.returncode:
            raise BlockFailed(block, out.decode())

    async def run_graphql(self, block: Block, variables: object, expected: object = None) -> None:
        """Execute a document; its answer is the expected one, or contains neither an error nor a problem."""
        text = self._filled(block.text)
        given = json.loads(self._filled(json.dumps(variables))) if variables else {}
        if text.lstrip().startswith("subscription"):
            return await self._subscribe(block, text, given)
        sent = text if expected is not None else with_typenames(text)
        answer = await self.server.ask(self.api_keys["ADMIN"], sent, **given)
        if expected is not None:
            self._compare(block, expected, answer)
        elif "errors" in answer or problems_in(answer["data"]):
            raise BlockFailed(block, f"the answer is {json.dumps(answer, indent=2)}")
        return None

    async def close(self) -> None:
        """End the page's shell."""
        if self.shell is not None and self.shell.returncode is None:
            self.shell.terminate()
            await self.shell.wait()
        self.shell = None

    async def _subscribe(self, block: Block, text: str, variables: Mapping[str, Any]) -> None:
        """Begin a subscription: it is accepted as a stream."""
        body = {"query": text, "variables": variables}
        async with (
            self.server.client(self.api_keys["ADMIN"], Accept="text/event-stream") as client,
            client.stream("POST", "/graphql", json=body) as answer,
        ):
            if (
                answer.status_code != 200
                or answer.headers["content-type"].partition(";")[0] != "text/event-stream"
            ):
                raise BlockFailed(block, (await answer.aread()).decode())

    async def _run_in_shell(self, block: Block) -> None:
        if self.shell is None:
            self.shell = await asyncio.create_subprocess_exec(
                *("bash", "-eu", "-o", "pipefail"),
                cwd=self.folder,
                env=self._environ(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
        assert self.shell.stdin is not None
        script = self.folder / "block.sh"
        script.write_text(self._filled(block.text))
        self.shell.stdin.write(f". ./{script.name} </dev/null; echo; echo '{DONE}'\n".encode())
        out = await asyncio.wait_for(self._read_until_done(), TIMEOUT)
        if DONE not in out:
            await self.close()
            raise BlockFailed(block, out)

    async def _read_until_done(self) -> str:
        assert self.shell is not None and self.shell.stdout is not None
        lines = []
        while (line := (await self.shell.stdout.readline()).decode()) and line.strip() != DONE:
            lines.append(line)
        return "".join([*lines, line])

    def _compare(self, block: Block, expected: object, answer: object) -> None:
        if isinstance(answer, dict) and isinstance(expected, dict) and "extensions" not in expected:
            answer = {name: part for name, part in answer.items() if name != "extensions"}
        if found := differences(json.loads(self._filled(json.dumps(expected, ensure_ascii=False))), answer):
            raise BlockFailed(block, "\n".join(found))

    def _filled(self, text: str) -> str:
        """Return the text with the server's address, a key and ids in the places of those that are shown."""
        filled = text.replace(SHOWN_ADDRESS, self.server.base_url).replace(SHOWN_KEY, self.api_keys["ADMIN"])
        return re.sub(r"\b[A-Z]+(_[A-Z]+)+\b", lambda found: self.ids.get(found[0], found[0]), filled)

    def _environ(self) -> dict[str, str]:
        database, spare = self.databases
        return {
            "PATH": f"{self.folder / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
            "NO_COLOR": "1",
            "PYTHONPATH": str(ROOT),
            "PURSUIT_DATABASE_URL": database,
            "PURSUIT_SECRET_KEY": SECRET_KEY,
            "DOCS_SPARE_DATABASE": spare,
            "DOCS_ANSWERS": str(self.folder / "answers"),
        }
