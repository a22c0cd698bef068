"""How often a proof repeats itself: a tenth by default, the full count an issue names under `make prove`."""

import os
from collections.abc import Iterable
from typing import TypeVar

from tests.support.databases import database_kind

T = TypeVar("T")

FULL = os.environ.get("PURSUIT_TEST_FULL") == "1"


def count(full: int, *, part: int = 10) -> int:
    """The number of repetitions for this run, of the full count that an issue names; a smaller part where one takes long."""
    return full if FULL else max(1, full // part)


def sample(cases: Iterable[T], *, every: int) -> list[T]:
    """One case of so many, all under `make prove`; the run on the other database takes others."""
    return list(cases)[0 if FULL or database_kind() == "sqlite" else every // 2 :: 1 if FULL else every]
