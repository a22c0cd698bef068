"""Event types, and the patterns that match some of them."""

from collections.abc import Collection

EVENT_TYPES = frozenset(
    f"{aggregate}.{verb}"
    for aggregate, verbs in {
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
    for verb in verbs.split()
)
"""Every event type."""


def matches_pattern(type: str, pattern: str) -> bool:
    """Return True if a type matches a name such as `risk.raised` or a pattern such as `risk.*`."""
    return type.startswith(pattern[:-1]) if pattern.endswith("*") else type == pattern


def unknown_patterns(patterns: Collection[str]) -> list[str]:
    """Return the patterns that match no event type."""
    return [
        pattern for pattern in patterns if not any(matches_pattern(type, pattern) for type in EVENT_TYPES)
    ]
