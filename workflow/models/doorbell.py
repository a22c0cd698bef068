"""The doorbell: rung after a commit that told a fact, so that whoever follows the feed looks at once and not at the next poll."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class Bell:
    """Whether the transaction under way has told something."""

    pulled: bool = False


_bell: ContextVar[Bell | None] = ContextVar("bell", default=None)
_at_the_door: set[asyncio.Event] = set()


@contextmanager
def ringing() -> Iterator[Bell]:
    """A transaction's own bell; it rings by `ring` when the transaction has committed."""
    bell, before = Bell(), _bell.get()
    _bell.set(bell)
    try:
        yield bell
    finally:
        _bell.set(before)


def pull() -> None:
    """Say that the transaction under way tells a fact."""
    bell = _bell.get()
    if bell is not None:
        bell.pulled = True


def ring() -> None:
    """Wake whoever listens in this process; many rings before they look are one."""
    for listener in _at_the_door:
        listener.set()


@contextmanager
def listening() -> Iterator[asyncio.Event]:
    """An event that each ring sets."""
    listener = asyncio.Event()
    _at_the_door.add(listener)
    try:
        yield listener
    finally:
        _at_the_door.discard(listener)
