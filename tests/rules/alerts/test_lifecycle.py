"""Lifecycle of stored alerts: changes, escalation, and the manager who is asked."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from workflow.rules.alerts.alerts import FoundAlert
from workflow.rules.alerts.lifecycle import (
    business_days,
    change_alert,
    nearest_manager,
    needs_escalation,
    new_alert_columns,
    stored_alert,
)
from workflow.rules.enums import AlertCode, AlertSeverity, AlertStatus

NOW = datetime.fromisoformat("2026-03-12T12:00:00+00:00")
"""A Thursday."""
DAY = timedelta(days=1)
ADVICE = AlertSeverity.ADVICE
WARNING = AlertSeverity.WARNING
CRITICAL = AlertSeverity.CRITICAL
OPEN = AlertStatus.OPEN
SNOOZED = AlertStatus.SNOOZED
ACKNOWLEDGED = AlertStatus.ACKNOWLEDGED
ALERT = UUID(int=1)


def found(severity: AlertSeverity = WARNING, code: AlertCode = AlertCode.STATE_AGE) -> FoundAlert:
    """Return an alert that was found."""
    return FoundAlert(code, severity, "", "It takes long.", "qualifyOpportunity")


def row(alert: FoundAlert | None = None, **changes: Any) -> dict[str, Any]:
    """Return the stored row of an alert, which was opened a day ago."""
    return {"id": ALERT, **new_alert_columns(alert or found(), NOW - DAY), **changes}


def test_an_alert_that_was_found_unchanged_stays_as_it_is() -> None:
    assert change_alert(row(), found(), (), NOW) is None


def test_an_alert_whose_cause_is_gone_is_resolved() -> None:
    change = change_alert(row(status=ACKNOWLEDGED), None, (), NOW)

    assert change is not None
    assert (change.id, change.event) == (ALERT, "alert.resolved")
    assert change.columns == {"status": AlertStatus.RESOLVED, "resolved_at": NOW}


@pytest.mark.parametrize("status", [OPEN, ACKNOWLEDGED, SNOOZED])
def test_a_worse_severity_opens_the_alert_again(status: AlertStatus) -> None:
    before = row(status=status, acknowledged_name="Ada", snoozed_until=NOW + DAY, escalated_at=NOW)

    change = change_alert(before, found(CRITICAL), (), NOW)

    assert change is not None and change.event == "alert.opened"
    after = {**before, **change.columns}
    assert (after["status"], after["severity"], after["severity_since"]) == (OPEN, CRITICAL, NOW)
    assert (after["acknowledged_name"], after["snoozed_until"], after["escalated_at"]) == (None, None, None)


def test_a_lower_severity_eases_the_alert_and_keeps_the_response() -> None:
    change = change_alert(row(found(CRITICAL), status=ACKNOWLEDGED), found(WARNING), (), NOW)

    assert change is not None and change.event == "alert.eased"
    assert change.columns["severity"] == WARNING
    assert "status" not in change.columns


def test_another_message_alone_is_not_an_event() -> None:
    change = change_alert(row(message="It took 3 days."), found(), (), NOW)

    assert change is not None
    assert (change.columns, change.event) == ({"message": "It takes long."}, None)


@pytest.mark.parametrize(("until", "reopens"), [(NOW, True), (NOW + timedelta(seconds=1), False)])
def test_a_snoozed_alert_opens_again_when_its_snooze_is_over(until: datetime, reopens: bool) -> None:
    change = change_alert(row(status=SNOOZED, snoozed_until=until), found(), (), NOW)

    assert (change is not None and change.event == "alert.opened") is reopens


@pytest.mark.parametrize(
    ("code", "turned", "reopens"),
    [
        (AlertCode.FIT_LOST, NOW, True),
        (AlertCode.FIT_LOST, NOW - 2 * DAY, False),
        (AlertCode.STATE_AGE, NOW, False),
    ],
)
def test_an_acknowledged_proposal_opens_again_when_another_cause_turns_critical(
    code: AlertCode, turned: datetime, reopens: bool
) -> None:
    proposal = found(CRITICAL, AlertCode.DISQUALIFY_PROPOSED)
    before = row(proposal, status=ACKNOWLEDGED, acknowledged_at=NOW - DAY)
    other = row(found(CRITICAL, code), severity_since=turned)

    change = change_alert(before, proposal, [before, other], NOW)

    assert (change is not None) is reopens


def test_a_stored_alert_is_read_as_the_rules_need_it() -> None:
    stored = stored_alert({**row(found(CRITICAL)), "code": "STATE_AGE", "severity": "CRITICAL"})

    assert (stored.code, stored.severity) == (AlertCode.STATE_AGE, CRITICAL)
    assert stored.severity_since == NOW - DAY


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        (date(2026, 3, 9), date(2026, 3, 12), 3),
        (date(2026, 3, 6), date(2026, 3, 9), 1),
        (date(2026, 3, 7), date(2026, 3, 8), 0),
        (date(2026, 3, 9), date(2026, 3, 9), 0),
        (date(2026, 3, 12), date(2026, 3, 9), 0),
    ],
)
def test_business_days_leave_out_the_first_day_and_weekends(since: date, until: date, days: int) -> None:
    assert business_days(since, until) == days


@pytest.mark.parametrize(
    ("changes", "escalates"),
    [
        ({}, True),
        ({"severity": WARNING}, False),
        ({"status": ACKNOWLEDGED}, False),
        ({"escalated_at": NOW}, False),
        ({"severity_since": NOW - 2 * DAY}, False),
        ({"severity_since": NOW, "code": AlertCode.DISQUALIFY_PROPOSED}, True),
    ],
)
def test_an_open_critical_alert_is_escalated_after_three_business_days(
    changes: dict[str, Any], escalates: bool
) -> None:
    alert = row(found(CRITICAL), severity_since=NOW - 3 * DAY)

    assert needs_escalation({**alert, **changes}, "UTC", NOW) is escalates


def test_the_days_of_an_escalation_are_those_of_the_organization() -> None:
    """At 23:30 on Thursday in UTC it is Friday in Auckland."""
    alert = row(found(CRITICAL), severity_since=NOW - 2 * DAY)
    late = NOW.replace(hour=23, minute=30)

    assert not needs_escalation(alert, "UTC", late)
    assert needs_escalation({**alert, "severity_since": NOW - 2.5 * DAY}, "Pacific/Auckland", late)


TOP = UUID(int=10)
MIDDLE = UUID(int=11)
TEAM = UUID(int=12)
BOSS = UUID(int=20)
LEADER = UUID(int=21)
OWNER = UUID(int=22)


def team_tree(**managers: UUID | None) -> dict[UUID, dict[str, Any]]:
    """Return three teams, one below the other, with their managers."""
    return {
        TOP: {"manager_id": managers.get("top"), "parent_id": None},
        MIDDLE: {"manager_id": managers.get("middle"), "parent_id": TOP},
        TEAM: {"manager_id": managers.get("team"), "parent_id": MIDDLE},
    }


@pytest.mark.parametrize(
    ("managers", "active", "manager"),
    [
        ({"team": LEADER, "top": BOSS}, {LEADER, BOSS}, LEADER),
        ({"team": OWNER, "top": BOSS}, {OWNER, BOSS}, BOSS),
        ({"team": LEADER, "top": BOSS}, {BOSS}, BOSS),
        ({"team": OWNER}, {OWNER}, None),
        ({}, {BOSS}, None),
    ],
)
def test_the_nearest_active_manager_other_than_the_owner_is_asked(
    managers: dict[str, UUID], active: set[UUID], manager: UUID | None
) -> None:
    assert nearest_manager(TEAM, OWNER, team_tree(**managers), active) == manager


def test_the_search_for_a_manager_ends_in_a_cycle_of_teams_and_without_a_team() -> None:
    teams = team_tree()
    teams[TOP]["parent_id"] = TEAM

    assert nearest_manager(TEAM, OWNER, teams, {BOSS}) is None
    assert nearest_manager(None, OWNER, teams, {BOSS}) is None
