"""Refusals: what each message says, and the data that it has."""

from dataclasses import dataclass
from uuid import UUID

import pytest

from workflow.rules.enums import OpportunityState, Trigger
from workflow.rules.errors import (
    FieldProblem,
    IllegalTransitionError,
    InvalidInputError,
    NotFoundError,
    RecordClosedError,
    TransitionBlockedError,
    VersionConflictError,
)

ID = UUID(int=7)
S = OpportunityState
T = Trigger


@dataclass(frozen=True)
class Explained:
    """A verdict with only an explanation."""

    explanation: str


@pytest.mark.parametrize(
    ("unmet", "advice", "message"),
    [
        (["No A."], "", "1 requirement to progress this opportunity is not met: No A."),
        (
            ["No A.", "No B."],
            " Ask.",
            "2 requirements to progress this opportunity are not met: No A. No B. Ask.",
        ),
    ],
)
def test_a_blocked_transition_explains_every_unmet_requirement(
    unmet: list[str], advice: str, message: str
) -> None:
    verdicts = [Explained(text) for text in unmet]

    refusal = TransitionBlockedError(
        trigger=T.PROGRESS, opportunity_id=ID, unmet=verdicts, overridable=False, advice=advice
    )

    assert refusal.message == message
    assert refusal.unmet == tuple(verdicts)


def test_an_impossible_transition_lists_the_possible_ones() -> None:
    allowed = [(T.REOPEN, S.LEAD), (T.REOPEN, S.QUALIFIED)]

    refusal = IllegalTransitionError(trigger=T.WIN, state=S.LOST, allowed=allowed, opportunity_id=ID)

    possible = "Possible from LOST: REOPEN to LEAD, REOPEN to QUALIFIED."
    assert refusal.message == f"WIN is not possible from LOST. {possible}"
    assert refusal.allowed == (T.REOPEN,)


def test_an_impossible_target_is_named() -> None:
    refusal = IllegalTransitionError(
        trigger=T.REOPEN, state=S.WON, allowed=[(T.REOPEN, S.PROGRESSING)], opportunity_id=ID, target=S.LEAD
    )

    assert refusal.message.startswith("REOPEN to LEAD is not possible from WON.")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (S.WON, "This opportunity is won and read-only. An admin can reopen it. "),
        (S.LOST, "This opportunity is lost and read-only. A manager can reopen it. "),
        (S.DISQUALIFIED, "This opportunity is disqualified and read-only. A manager can reopen it. "),
    ],
)
def test_a_closed_opportunity_says_who_can_reopen_it(state: OpportunityState, message: str) -> None:
    refusal = RecordClosedError(state=state, opportunity_id=ID)

    assert refusal.message == f"{message}Activities can still be logged."


def test_a_missing_record_and_an_invisible_one_are_refused_alike() -> None:
    missing = NotFoundError("Opportunity", ID)
    invisible = NotFoundError(None, "garbled")

    assert missing.message == invisible.message


def test_invalid_input_has_the_messages_of_all_fields() -> None:
    refusal = InvalidInputError([FieldProblem(("a",), "A is blank."), FieldProblem(("b", "0"), "B is old.")])

    assert refusal.message == "A is blank. B is old."
    assert [problem.path for problem in refusal.fields] == [("a",), ("b", "0")]


def test_a_version_conflict_has_both_versions() -> None:
    refusal = VersionConflictError(kind="Opportunity", id=ID, expected=3, actual=5)

    assert refusal.message.startswith("You expected version 3, but the current version is 5: ")
