"""Helpers of benchmarks that measure the memory of a process of their own."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def measure_in_subprocess(module: str, argument: int, *, database: str, timeout: int) -> dict[str, Any]:
    """Run a benchmark module on a kind of database; return the JSON object of its last line."""
    environ = {**os.environ, "PURSUIT_TEST_DATABASE": database}
    command = [sys.executable, "-W", "ignore:XDG_RUNTIME_DIR", "-m", module, str(argument)]
    finished = subprocess.run(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True, check=True, timeout=timeout
    )
    measured: dict[str, Any] = json.loads(finished.stdout.splitlines()[-1])
    return measured


def peak_megabytes() -> float:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts kilobytes
