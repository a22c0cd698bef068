"""Win rate: the share of decided deals that were won."""


def win_rate(won: int, lost: int) -> float | None:
    """Return won ÷ (won + lost), without disqualified deals; None if no deal was decided."""
    decided = won + lost
    return won / decided if decided else None
