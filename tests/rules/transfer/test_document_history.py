"""The history and the snapshots of a document lead in order of time to the state of the row."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.rules.transfer.test_opportunity_document import BEGAN, CLOSED, FRAME, PATH, S, T, snapshot
from workflow.rules.transfer.document_history import (
    ExportedClose,
    ExportedSnapshot,
    ExportedTransition,
    check_history,
    check_snapshots,
)

QUALIFY, PROGRESS, WIN = PATH
SNAPSHOTS = (snapshot(0, S.LEAD), snapshot(1, S.QUALIFIED), snapshot(2, S.PROGRESSING), snapshot(3, S.WON))

HISTORIES: list[tuple[tuple[ExportedTransition, ...], str, str]] = [
    ((PROGRESS, WIN), "history.0", "not a transition that leaves LEAD"),
    ((QUALIFY, WIN), "history.1", "not a transition that leaves QUALIFIED"),
    ((replace(QUALIFY, trigger=T.REGRESS), PROGRESS, WIN), "history.0", "not a transition that leaves LEAD"),
    ((QUALIFY, PROGRESS), "history", "leads to PROGRESSING, but `state` is WON"),
    ((QUALIFY, PROGRESS, replace(WIN, close=None)), "history", "a day other than `closedOn`"),
    (
        (QUALIFY, PROGRESS, replace(WIN, close=ExportedClose(CLOSED - timedelta(days=1)))),
        "history",
        "a day other than `closedOn`",
    ),
    (
        (replace(QUALIFY, at=BEGAN - timedelta(days=1)), PROGRESS, WIN),
        "history.0.at",
        "before the previous transition",
    ),
    ((QUALIFY, replace(PROGRESS, at=BEGAN), WIN), "history.1.at", "before the previous transition"),
    ((QUALIFY, PROGRESS, replace(WIN, at=BEGAN + timedelta(days=31))), "history.2.at", "in the future"),
]

SNAPSHOT_LISTS: list[tuple[tuple[ExportedSnapshot, ...], str]] = [
    (SNAPSHOTS[1:], "does not begin at `createdAt`"),
    ((SNAPSHOTS[0], SNAPSHOTS[0], SNAPSHOTS[3]), "not in the order of time"),
    ((*SNAPSHOTS[:3], snapshot(31, S.WON)), "reaches into the future"),
    (SNAPSHOTS[:3], "leads to PROGRESSING, but `state` is WON"),
]


@pytest.mark.parametrize(("history", "where", "message"), HISTORIES)
def test_a_history_that_does_not_lead_to_the_row_is_reported(
    history: tuple[ExportedTransition, ...], where: str, message: str
) -> None:
    [fault] = check_history(history, FRAME)

    assert ".".join(fault.path) == where
    assert message in fault.message


@pytest.mark.parametrize(("snapshots", "message"), SNAPSHOT_LISTS)
def test_snapshots_that_do_not_lead_to_the_row_are_reported(
    snapshots: tuple[ExportedSnapshot, ...], message: str
) -> None:
    [fault] = check_snapshots(snapshots, FRAME)

    assert fault.path == ("snapshots",)
    assert message in fault.message


def test_complete_and_missing_histories_are_valid() -> None:
    for history in ((), PATH):
        assert list(check_history(history, FRAME)) == []
    for snapshots in ((), SNAPSHOTS):
        assert list(check_snapshots(snapshots, FRAME)) == []


def test_a_reopened_deal_may_have_been_closed_on_another_day() -> None:
    lost = replace(QUALIFY, trigger=T.DISQUALIFY, to=S.DISQUALIFIED, close=ExportedClose(date(2026, 1, 6)))
    reopened = replace(lost, trigger=T.REOPEN, from_=S.DISQUALIFIED, to=S.LEAD, close=None)

    assert list(check_history((lost, reopened, *PATH), FRAME)) == []
