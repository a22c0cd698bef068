"""The lock that lets only one process serve a SQLite file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tortoise.backends.base.config_generator import expand_db_url


class DatabaseInUse(Exception):
    """Another process serves this SQLite file."""


def sqlite_file(url: str) -> Path | None:
    """Return the file of a SQLite URL; None for PostgreSQL and for a database in memory."""
    path = expand_db_url(url)["credentials"].get("file_path")
    return None if path in (None, ":memory:") else Path(path)


@contextmanager
def single_process(url: str) -> Iterator[None]:
    """Hold the lock file of a SQLite database; PostgreSQL needs none.

    Raise DatabaseInUse if another process holds it.
    """
    file = sqlite_file(url)
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    # The file is never deleted: two processes could otherwise lock two files of the same name. O_CLOEXEC
    # keeps child processes from holding the lock after this process has ended.
    descriptor = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire_lock(descriptor, file)
        yield
    finally:
        os.close(descriptor)


def _acquire_lock(descriptor: int, file: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DatabaseInUse(
            f"Another process already serves {file}; SQLite allows one, PostgreSQL many. "
            "Stop that process, or set PURSUIT_DATABASE_URL to another database."
        ) from None
