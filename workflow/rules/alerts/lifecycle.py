"""What becomes of an alert when its deal is looked at again: it opens, rises, falls, wakes, goes to a manager, or is over."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.rules.alerts.alerts import BUSINESS_DAYS, RANK, STOPS, Found, Kept
from workflow.rules.enums import AlertCode, AlertSeverity, AlertStatus

Columns = Mapping[str, Any]
"""Columns of an alert, of several kinds."""
FRESH: Columns = {
    **{f"{what}_{part}": None for what in ("acknowledged", "snoozed") for part in ("kind", "name", "member_id")},
    **dict.fromkeys(("acknowledged_at", "snoozed_until", "note", "escalated_to_id", "escalated_at")),
}
"""An alert that nobody has looked at yet."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What changes of one alert, and the event that tells it; nothing is told of what only its words say otherwise."""

    id: UUID
    columns: Columns
    event: str | None = None


def kept(row: Columns) -> Kept:
    """A stored alert as the rules read it."""
    return Kept(AlertCode(row["code"]), row["subject"], AlertSeverity(row["severity"]), row["severity_since"])


def opened(found: Found, now: datetime) -> Columns:
    """A new alert."""
    return {
        "code": found.code,
        "subject": found.subject,
        "severity": found.severity,
        "rank": RANK[found.severity],
        "severity_since": now,
        "status": AlertStatus.OPEN,
        "message": found.message,
        "remedy": found.remedy,
        "first_seen_at": now,
        "last_seen_at": now,
    }


def turned(row: Columns, found: Found | None, others: Sequence[Columns], now: datetime) -> Turn | None:
    """What becomes of a stored alert, by what was found now and the alerts beside it; None where it stays as it was."""
    if found is None:
        return Turn(row["id"], {"status": AlertStatus.RESOLVED, "resolved_at": now}, "alert.resolved")
    words = {"message": found.message, "remedy": found.remedy}
    words = {name: value for name, value in words.items() if row[name] != value}
    if found.severity != row["severity"]:
        risen = RANK[found.severity] > row["rank"]
        changes = {"severity": found.severity, "rank": RANK[found.severity], "severity_since": now, **words}
        if risen:
            return Turn(row["id"], {**FRESH, **changes, "status": AlertStatus.OPEN}, "alert.opened")
        return Turn(row["id"], changes, "alert.eased")
    if _wakes(row, others, now):
        return Turn(row["id"], {**FRESH, **words, "status": AlertStatus.OPEN}, "alert.opened")
    return Turn(row["id"], words) if words else None


def is_to_be_escalated(row: Columns, time_zone: str, now: datetime) -> bool:
    """CRITICAL, acknowledged by nobody for three business days, and with no manager yet; a proposal to stop goes to one at once."""
    if row["severity"] != AlertSeverity.CRITICAL or row["status"] != AlertStatus.OPEN or row.get("escalated_at"):
        return False
    zone = ZoneInfo(time_zone)
    since, today = row["severity_since"].astimezone(zone).date(), now.astimezone(zone).date()
    waits = 0 if row["code"] == AlertCode.DISQUALIFY_PROPOSED else BUSINESS_DAYS
    return business_days(since, today) >= waits


def business_days(since: date, until: date) -> int:
    """The days from Monday to Friday that began after a day, up to another."""
    days = (since + timedelta(days=count) for count in range(1, (until - since).days + 1))
    return sum(day.weekday() < 5 for day in days)


def manager_above(
    team_id: UUID | None, owner_id: UUID, teams: Mapping[UUID, Columns], active: Iterable[UUID]
) -> UUID | None:
    """The nearest active manager up the tree of teams who does not own the deal; none where there is none."""
    met: set[UUID] = set()
    active = set(active)
    while team_id is not None and team_id not in met:
        met.add(team_id)
        team = teams[team_id]
        if team["manager_id"] in active and team["manager_id"] != owner_id:
            manager: UUID = team["manager_id"]
            return manager
        team_id = team["parent_id"]
    return None


def _wakes(row: Columns, others: Sequence[Columns], now: datetime) -> bool:
    """A snooze that is over; or a proposal to stop that somebody put aside before another cause turned CRITICAL."""
    if row["status"] == AlertStatus.SNOOZED:
        return bool(row["snoozed_until"] <= now)
    if row["status"] != AlertStatus.ACKNOWLEDGED or row["code"] != AlertCode.DISQUALIFY_PROPOSED:
        return False
    critical = (one for one in others if one["code"] in STOPS and one["severity"] == AlertSeverity.CRITICAL)
    return any(one["severity_since"] > row["acknowledged_at"] for one in critical)
