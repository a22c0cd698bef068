"""Retry schedule of webhook deliveries."""

from datetime import UTC, datetime, timedelta

import pytest

from workflow.rules.events.webhook_retries import next_retry_at

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_retries_back_off_and_end() -> None:
    waits = [next_retry_at(count, NOW, 0.0) for count in range(1, 12)]

    hours = [2, 5, 10, 14, 20, 24]
    delays = [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        *(timedelta(hours=h) for h in hours),
    ]
    assert waits == [*(NOW + delay for delay in delays), None, None]


def test_retries_are_spread_by_jitter() -> None:
    assert next_retry_at(2, NOW, 1.0) == NOW + timedelta(minutes=5, seconds=30)


@pytest.mark.parametrize(("asked", "wait"), [(1, 5), (600, 600), (10**8, 86_400)])
def test_retry_after_is_respected_up_to_a_day(asked: int, wait: int) -> None:
    assert next_retry_at(1, NOW, 0.0, timedelta(seconds=asked)) == NOW + timedelta(seconds=wait)
