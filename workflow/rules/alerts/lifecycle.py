"""Lifecycle of stored alerts: opened, raised or eased in severity, reopened, escalated, resolved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.rules.alerts.alerts import (
    DISQUALIFY_CAUSES,
    ESCALATE_AFTER_BUSINESS_DAYS,
    SEVERITY_RANK,
    FoundAlert,
    StoredAlert,
)
from workflow.rules.enums import AlertCode, AlertSeverity, AlertStatus

Columns = Mapping[str, Any]
"""Columns of an alert, with values of several types."""
UNACKNOWLEDGED: Columns = {
    **{
        f"{act}_{part}": None for act in ("acknowledged", "snoozed") for part in ("kind", "name", "member_id")
    },
    **dict.fromkeys(("acknowledged_at", "snoozed_until", "note", "escalated_to_id", "escalated_at")),
}
"""Columns of an alert that no one has responded to yet."""


@dataclass(frozen=True, slots=True)
class AlertChange:
    """Changed columns of one alert, and the event to record; a change of its texts only is not an event."""

    id: UUID
    columns: Columns
    event: str | None = None


def stored_alert(row: Columns) -> StoredAlert:
    """Return a stored alert as the rules read it."""
    return StoredAlert(
        AlertCode(row["code"]), row["subject"], AlertSeverity(row["severity"]), row["severity_since"]
    )


def new_alert_columns(found: FoundAlert, now: datetime) -> Columns:
    """Return the columns of a new alert."""
    return {
        "code": found.code,
        "subject": found.subject,
        "severity": found.severity,
        "rank": SEVERITY_RANK[found.severity],
        "severity_since": now,
        "status": AlertStatus.OPEN,
        "message": found.message,
        "remedy": found.remedy,
        "first_seen_at": now,
        "last_seen_at": now,
    }


def change_alert(
    row: Columns, found: FoundAlert | None, others: Sequence[Columns], now: datetime
) -> AlertChange | None:
    """Return the change of a stored alert, given the deal's other alerts; None if nothing changed."""
    if found is None:
        return AlertChange(row["id"], {"status": AlertStatus.RESOLVED, "resolved_at": now}, "alert.resolved")
    texts = {"message": found.message, "remedy": found.remedy}
    texts = {name: value for name, value in texts.items() if row[name] != value}
    if found.severity != row["severity"]:
        is_worse = SEVERITY_RANK[found.severity] > row["rank"]
        changes = {
            "severity": found.severity,
            "rank": SEVERITY_RANK[found.severity],
            "severity_since": now,
            **texts,
        }
        if is_worse:
            # The response was given for the lower severity.
            return AlertChange(
                row["id"], {**UNACKNOWLEDGED, **changes, "status": AlertStatus.OPEN}, "alert.opened"
            )
        return AlertChange(row["id"], changes, "alert.eased")
    if _reopens(row, others, now):
        return AlertChange(row["id"], {**UNACKNOWLEDGED, **texts, "status": AlertStatus.OPEN}, "alert.opened")
    return AlertChange(row["id"], texts) if texts else None


def needs_escalation(row: Columns, time_zone: str, now: datetime) -> bool:
    """Return True for an alert that has been OPEN and CRITICAL for three business days.

    A proposal to disqualify is escalated at once.
    """
    if (
        row["severity"] != AlertSeverity.CRITICAL
        or row["status"] != AlertStatus.OPEN
        or row.get("escalated_at")
    ):
        return False
    zone = ZoneInfo(time_zone)
    since = row["severity_since"].astimezone(zone).date()
    today = now.astimezone(zone).date()
    waiting_days = 0 if row["code"] == AlertCode.DISQUALIFY_PROPOSED else ESCALATE_AFTER_BUSINESS_DAYS
    return business_days(since, today) >= waiting_days


def business_days(since: date, until: date) -> int:
    """Count the days from Monday to Friday after `since`, up to and including `until`."""
    days = (since + timedelta(days=count) for count in range(1, (until - since).days + 1))
    return sum(day.weekday() < 5 for day in days)


def nearest_manager(
    team_id: UUID | None, owner_id: UUID, teams: Mapping[UUID, Columns], active: Iterable[UUID]
) -> UUID | None:
    """Return the nearest active manager up the team tree who does not own the deal, None if there is none."""
    active = set(active)
    seen: set[UUID] = set()  # a tree that was changed while it was read could have a cycle
    while team_id is not None and team_id not in seen:
        seen.add(team_id)
        team = teams[team_id]
        if team["manager_id"] in active and team["manager_id"] != owner_id:
            manager: UUID = team["manager_id"]
            return manager
        team_id = team["parent_id"]
    return None


def _reopens(row: Columns, others: Sequence[Columns], now: datetime) -> bool:
    """Return True if a snooze is over, or if a cause turned CRITICAL after its proposal was acknowledged."""
    if row["status"] == AlertStatus.SNOOZED:
        return bool(row["snoozed_until"] <= now)
    if row["status"] != AlertStatus.ACKNOWLEDGED or row["code"] != AlertCode.DISQUALIFY_PROPOSED:
        return False
    return any(
        other["severity_since"] > row["acknowledged_at"]
        for other in others
        if other["code"] in DISQUALIFY_CAUSES and other["severity"] == AlertSeverity.CRITICAL
    )
