"""Repetitions of generated tests: a tenth by default, the full count under `make prove`."""

import os
from collections.abc import Iterable
from typing import TypeVar

from tests.support.databases import database_kind

T = TypeVar("T")

FULL = os.environ.get("PURSUIT_TEST_FULL") == "1"


def count(full: int, *, part: int = 10) -> int:
    """Return the number of repetitions for this run; a smaller fraction of the full count for slow tests."""
    return full if FULL else max(1, full // part)


def sample(cases: Iterable[T], *, every: int) -> list[T]:
    """Return one of every so many cases, all under `make prove`; each database runs others."""
    return list(cases)[0 if FULL or database_kind() == "sqlite" else every // 2 :: 1 if FULL else every]
