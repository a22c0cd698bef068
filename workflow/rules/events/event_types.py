"""The types of fact there are, and the patterns that mean some of them."""

from collections.abc import Collection

EVENT_TYPES = frozenset(
    f"{thing}.{word}"
    for thing, words in {
        "account": "created updated merged",
        "activity": "logged corrected",
        "alert": "opened eased acknowledged snoozed escalated resolved digest",
        "apiKey": "created revoked",
        "buyer": "updated",
        "closeDate": "pushed",
        "competitor": "added updated removed",
        "contact": "created updated",
        "criterion": "assessed",
        "exchangeRate": "set",
        "member": "created updated",
        "milestone": "added updated completed waived missed reopened",
        "mitigation": "added completed",
        "opportunity": "created updated transitioned deleted",
        "organization": "updated",
        "override": "made settled",
        "process": "published madeDefault",
        "risk": "raised updated reviewed",
        "stakeholder": "added updated removed",
        "target": "set removed",
        "team": "created updated",
        "webhook": "created updated deleted disabled",
    }.items()
    for word in words.split()
)
"""Every type of fact there is."""


def matches_pattern(type: str, pattern: str) -> bool:
    """Whether a type is meant by a name such as `risk.raised` or a pattern such as `risk.*`."""
    return type.startswith(pattern[:-1]) if pattern.endswith("*") else type == pattern


def unknown_patterns(patterns: Collection[str]) -> list[str]:
    """The patterns that mean no type there is."""
    return [pattern for pattern in patterns if not any(matches_pattern(type, pattern) for type in EVENT_TYPES)]
