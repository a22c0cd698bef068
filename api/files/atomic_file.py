"""Files that exist completely or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

OWNER_ONLY = 0o600
DEFAULT_MODE = 0o666
"""Mode of a new file before the umask, the same as by `open`."""


@contextmanager
def write_atomically(file: Path, *, mode: int = DEFAULT_MODE) -> Iterator[TextIO]:
    """Write a text file that replaces the present one when the block ends, and not if the block fails."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    try:
        # O_EXCL: the mode counts only for a new file, and a link in its place is not followed.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
            yield opened
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
