"""Repetitions of generated tests: full under `make prove`, a tenth under `make test`, on both databases."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT

FAKE_PYTEST = f"""#!{sys.executable}
import os
from tests.support.counts import count
print(os.environ["PURSUIT_TEST_DATABASE"], count(1000))
"""


@pytest.mark.parametrize(("target", "expected"), [("prove", 1000), ("test", 100)])
def test_a_target_runs_its_counts_on_both_databases(target: str, expected: int, tmp_path: Path) -> None:
    program = tmp_path / "pytest"
    program.write_text(FAKE_PYTEST)
    program.chmod(0o755)
    environ = {
        name: text for name, text in os.environ.items() if not name.startswith(("PURSUIT_", "MAKE", "MFLAGS"))
    }
    made = ("-o", ".venv/test.done", "-o", "tests/clients/node_modules/.made")
    make = ("make", "--no-print-directory", "-f", ROOT / "Makefile", *made, f"BIN={tmp_path}", target)

    result = subprocess.run(
        make,
        cwd=tmp_path,
        env={**environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line for line in result.stdout.splitlines() if line.startswith(("sqlite", "postgres"))] == [
        f"sqlite {expected}",
        f"postgres {expected}",
    ]
