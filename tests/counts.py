"""How often a proof repeats itself: a tenth by default, the full count an issue names under `make prove`."""

import os

FULL = os.environ.get("PURSUIT_TEST_FULL") == "1"


def count(full: int) -> int:
    """The number of repetitions for this run, of the full count that an issue names."""
    return full if FULL else max(1, full // 10)
