"""Refusals: errors that a user can correct, each with the sentence that people read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from workflow.rules.enums import OpportunityState, ProblemCode, Trigger


class HasExplanation(Protocol):
    """The part of a verdict that a refusal needs."""

    # Not the class itself: gates are a layer above, and raise these errors.

    @property
    def explanation(self) -> str:
        """Return why the requirement is met or unmet, in a sentence."""
        ...


@dataclass(frozen=True)
class FieldProblem:
    """One fault of an input: its path, and what to do about it."""

    path: tuple[str, ...]
    message: str


class UnavailableError(Exception):
    """The database cannot serve this request now; the same request may succeed in a moment."""


class Refusal(Exception):
    """The request was refused, and nothing was written."""

    code: ClassVar[ProblemCode]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInputError(Refusal):
    """The input has faults; all of them are listed."""

    code = ProblemCode.INVALID_INPUT

    def __init__(self, fields: Sequence[FieldProblem]) -> None:
        self.fields = tuple(fields)
        super().__init__(" ".join(field.message for field in self.fields))


def invalid_field(*path: str, message: str) -> InvalidInputError:
    """Return a refusal with one fault."""
    return InvalidInputError([FieldProblem(path=path, message=message)])


class NotFoundError(Refusal):
    """There is no such record, or the viewer may not see it."""

    code = ProblemCode.NOT_FOUND

    def __init__(self, kind: str | None, id: UUID | str) -> None:
        # One sentence for both cases: a different one would reveal that the record exists.
        super().__init__(
            "There is nothing with this id, or you may not see it. Check the id, or ask for access."
        )
        self.kind = kind
        self.id = id


class PermissionDeniedError(Refusal):
    """The viewer's role or team does not allow the action."""

    code = ProblemCode.PERMISSION_DENIED


class VersionConflictError(Refusal):
    """Someone changed the record since the viewer read it."""

    code = ProblemCode.VERSION_CONFLICT

    def __init__(self, *, kind: str, id: UUID, expected: int, actual: int) -> None:
        super().__init__(
            f"You expected version {expected}, but the current version is {actual}: someone changed it. "
            "Read it again, and send your change with the current version."
        )
        self.kind = kind
        self.id = id
        self.expected = expected
        self.actual = actual


class DuplicateError(Refusal):
    """The record exists already."""

    code = ProblemCode.DUPLICATE

    def __init__(self, message: str, *, kind: str, id: UUID | None) -> None:
        super().__init__(message)
        self.kind = kind
        self.id = id


class IllegalTransitionError(Refusal):
    """The state machine has no such transition from the current state."""

    code = ProblemCode.ILLEGAL_TRANSITION

    def __init__(
        self,
        *,
        trigger: Trigger,
        state: OpportunityState,
        allowed: Sequence[tuple[Trigger, OpportunityState]],
        opportunity_id: UUID,
        target: OpportunityState | None = None,
    ) -> None:
        transitions = ", ".join(f"{trigger} to {target}" for trigger, target in allowed)
        to = f" to {target}" if target else ""
        super().__init__(f"{trigger}{to} is not possible from {state}. Possible from {state}: {transitions}.")
        self.trigger = trigger
        self.state = state
        self.allowed = tuple(dict.fromkeys(trigger for trigger, _ in allowed))
        self.opportunity_id = opportunity_id


class TransitionBlockedError(Refusal):
    """The gate of the transition has unmet requirements; all of them are listed."""

    code = ProblemCode.TRANSITION_BLOCKED

    def __init__(
        self,
        *,
        trigger: Trigger,
        opportunity_id: UUID,
        unmet: Sequence[HasExplanation],
        overridable: bool,
        advice: str = "",
    ) -> None:
        act = f"to {trigger.lower()} this opportunity"
        count = f"1 requirement {act} is" if len(unmet) == 1 else f"{len(unmet)} requirements {act} are"
        explanations = " ".join(verdict.explanation for verdict in unmet)
        super().__init__(f"{count} not met: {explanations}{advice}")
        self.trigger = trigger
        self.opportunity_id = opportunity_id
        self.unmet = tuple(unmet)
        self.overridable = overridable


class RecordClosedError(Refusal):
    """The opportunity is closed, and read-only until it is reopened."""

    code = ProblemCode.RECORD_CLOSED

    def __init__(self, *, state: OpportunityState, opportunity_id: UUID) -> None:
        who = "An admin" if state is OpportunityState.WON else "A manager"
        super().__init__(
            f"This opportunity is {state.label} and read-only. {who} can reopen it. "
            "Activities can still be logged."
        )
        self.state = state
        self.opportunity_id = opportunity_id
