"""Notifications: after a commit with events, and only then, every listener is woken."""

import asyncio

import pytest
from tortoise.connection import get_connection

from workflow.models.engine.database import dialect, transaction
from workflow.models.engine.notify import (
    PostgresNotifier,
    listening,
    mark_event_recorded,
    notify_listeners,
    track_events,
)


def test_every_listener_is_woken_and_none_after_it_has_left() -> None:
    with listening() as first, listening() as second:
        notify_listeners()
        assert (first.is_set(), second.is_set()) == (True, True)
    first.clear()

    notify_listeners()

    assert not first.is_set()


def test_an_event_counts_for_the_innermost_transaction_only() -> None:
    with track_events() as outer:
        with track_events() as inner:
            mark_event_recorded()
        assert (outer.recorded, inner.recorded) == (False, True)
        mark_event_recorded()

    assert outer.recorded
    mark_event_recorded()


async def test_a_commit_wakes_listeners_only_if_it_recorded_an_event() -> None:
    async def record() -> None:
        mark_event_recorded()

    async def record_and_fail() -> None:
        mark_event_recorded()
        raise LookupError

    with listening() as listener:
        await transaction(lambda: asyncio.sleep(0))
        with pytest.raises(LookupError):
            await transaction(record_and_fail)
        assert not listener.is_set()

        await transaction(record)
        assert listener.is_set()


async def test_other_processes_are_notified_on_postgresql_again_after_a_lost_connection() -> None:
    connection = get_connection("default")
    shared = getattr(connection, "notifier", None)
    assert isinstance(shared, PostgresNotifier) is (dialect() == "postgres")
    if not isinstance(shared, PostgresNotifier):
        return
    sender = PostgresNotifier(shared._connect)
    receiver = PostgresNotifier(shared._connect)
    with listening() as listener:
        for _ in range(2):
            await receiver.listen()
            sender.notify()
            sender.notify()
            await asyncio.wait_for(listener.wait(), 10)
            listener.clear()
            assert receiver._connection is not None
            receiver._connection.terminate()
    await sender.close()
    await receiver.close()
