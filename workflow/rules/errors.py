"""Refusals: what a user can mend, said whole, each with the sentence people read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from workflow.rules.enums import OpportunityState, ProblemCode, Trigger


class HasExplanation(Protocol):
    """A verdict, as far as a refusal needs to know one."""

    @property
    def explanation(self) -> str:
        """Why it holds or does not, in a sentence."""
        ...


@dataclass(frozen=True)
class FieldProblem:
    """One fault of an input: where it is and what to do about it."""

    path: tuple[str, ...]
    message: str


class UnavailableError(Exception):
    """The database cannot serve this request now; the same request may succeed in a moment."""


class Refusal(Exception):
    """The thing was not done, and nothing was written."""

    code: ClassVar[ProblemCode]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInputError(Refusal):
    """Fields of the input cannot be taken as they are; every one is told."""

    code = ProblemCode.INVALID_INPUT

    def __init__(self, fields: Sequence[FieldProblem]) -> None:
        self.fields = tuple(fields)
        super().__init__(" ".join(field.message for field in self.fields))


def invalid_field(*path: str, message: str) -> InvalidInputError:
    """One field's fault as a refusal."""
    return InvalidInputError([FieldProblem(path=path, message=message)])


class NotFoundError(Refusal):
    """There is no such record, or the viewer may not see it: the two are never told apart."""

    code = ProblemCode.NOT_FOUND

    def __init__(self, kind: str | None, id: UUID | str) -> None:
        super().__init__(
            "Nothing with this id is there, or you may not see it. Check the id, or ask its owner for access."
        )
        self.kind, self.id = kind, id


class PermissionDeniedError(Refusal):
    """The viewer's role or team does not allow it."""

    code = ProblemCode.PERMISSION_DENIED


class VersionConflictError(Refusal):
    """Somebody changed the record since it was read."""

    code = ProblemCode.VERSION_CONFLICT

    def __init__(self, *, kind: str, id: UUID, expected: int, actual: int) -> None:
        super().__init__(
            f"You expected version {expected}, and it is version {actual} now: somebody changed it since you read it. "
            "Read it again, and send your change with the version it has."
        )
        self.kind, self.id, self.expected, self.actual = kind, id, expected, actual


class DuplicateError(Refusal):
    """The same thing is there already."""

    code = ProblemCode.DUPLICATE

    def __init__(self, message: str, *, kind: str, id: UUID | None) -> None:
        super().__init__(message)
        self.kind, self.id = kind, id


class IllegalTransitionError(Refusal):
    """The machine has no such arrow from the present state."""

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
        transitions = ", ".join(f"{way} to {end}" for way, end in allowed)
        to = f" to {target}" if target else ""
        super().__init__(f"{trigger} does not lead{to} from {state}. What leaves {state}: {transitions}.")
        self.trigger, self.state = trigger, state
        self.allowed = tuple(dict.fromkeys(way for way, _ in allowed))
        self.opportunity_id = opportunity_id


class TransitionBlockedError(Refusal):
    """The arrow is there and its gate does not hold; every unmet requirement is told."""

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
        count = "1 requirement does" if len(unmet) == 1 else f"{len(unmet)} requirements do"
        why = " ".join(verdict.explanation for verdict in unmet)
        super().__init__(f"{count} not hold for {trigger}: {why}{advice}")
        self.trigger, self.opportunity_id = trigger, opportunity_id
        self.unmet, self.overridable = tuple(unmet), overridable


class RecordClosedError(Refusal):
    """A closed opportunity is read-only until it is reopened."""

    code = ProblemCode.RECORD_CLOSED

    def __init__(self, *, state: OpportunityState, opportunity_id: UUID) -> None:
        who = "An admin" if state is OpportunityState.WON else "A manager"
        super().__init__(
            f"This opportunity is {state} and read-only. {who} can reopen it; activities can still be logged."
        )
        self.state, self.opportunity_id = state, opportunity_id
