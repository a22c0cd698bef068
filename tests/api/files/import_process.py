"""Run the import command on every file of a folder: import_process ORGANIZATION FOLDER."""

import contextlib
import io
import json
import sys
from pathlib import Path

from api.cli import main


def run_import(organization: str, file: Path) -> tuple[int, str]:
    """Return the exit code and the text on standard error."""
    sys.argv = [
        "pursuit",
        "import",
        str(file),
        "--organization",
        organization,
        "--rejects",
        f"{file}.rejects",
    ]
    stderr = io.StringIO()
    with contextlib.redirect_stderr(stderr), contextlib.redirect_stdout(io.StringIO()):
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0), stderr.getvalue()
    return 0, stderr.getvalue()


if __name__ == "__main__":
    _, whose, folder = sys.argv
    print(json.dumps({file.name: run_import(whose, file) for file in sorted(Path(folder).iterdir())}))
