"""Win rate: the share of decided deals that were won."""

import pytest

from workflow.rules.reports.win_rate import win_rate


@pytest.mark.parametrize(("won", "lost", "rate"), [(1, 3, 0.25), (2, 0, 1.0), (0, 2, 0.0), (0, 0, None)])
def test_the_win_rate_is_won_by_decided_deals(won: int, lost: int, rate: float | None) -> None:
    assert win_rate(won, lost) == rate
