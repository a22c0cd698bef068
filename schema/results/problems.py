"""Problems: what a mutation answers when it does not do the thing, each a type of its own."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types.field import StrawberryField

from schema.core import ids
from schema.core.context import Info
from schema.core.loaders import Loaders
from schema.core.nodes import Node, described
from workflow.rules import errors
from workflow.rules.enums import OpportunityState, ProblemCode, Trigger

if TYPE_CHECKING:
    from schema.opportunity.requirements import Requirement
    from schema.opportunity.type import Opportunity
else:
    Opportunity = Annotated["Opportunity", strawberry.lazy("schema.opportunity.type")]
    Requirement = Annotated["Requirement", strawberry.lazy("schema.opportunity.requirements")]


@strawberry.interface(
    description="Every expected failure of a mutation is data, of a type that implements this interface."
)
class Problem:
    code: ProblemCode = described("Which kind of problem, for programs.")
    message: str = described("What is wrong and what to do about it, for people.")


@strawberry.type(name="FieldProblem", description="One fault of an input.")
class FieldProblemType:
    path: list[str] = described('Path inside the input, e.g. ["value", "currency"].')
    message: str = described("What is wrong there and what is allowed.")


@strawberry.type(description="Fields of the input cannot be taken as they are; every fault is told.")
class InvalidInput(Problem):
    fields: list[FieldProblemType] = described("Each fault with its path.")


@strawberry.type(description="It is not there, or the viewer may not see it: the two are never told apart.")
class NotFound(Problem):
    id: strawberry.ID = described("The id that was asked for.")


@strawberry.type(description="The viewer's role or team does not allow it.")
class PermissionDenied(Problem):
    pass


@strawberry.type(description="`expectedVersion` was not the record's version: somebody changed it since it was read.")
class VersionConflict(Problem):
    expected_version: int = described("What the client expected.")
    actual_version: int = described("What it is now.")
    current: Node = described("The record as it stands.")


@strawberry.type(description="The same thing is there already.")
class Duplicate(Problem):
    existing: Node | None = described("The one that is there; null where the viewer may not see it.")


@strawberry.type(description="The state machine has no such arrow from the current state.")
class IllegalTransition(Problem):
    trigger: Trigger = described("What was tried.")
    from_: OpportunityState = strawberry.field(name="from", description="The state the opportunity is in.")
    allowed_triggers: list[Trigger] = described("What leads out of that state, whoever asks.")
    opportunity: Opportunity = described("The opportunity as stored.")


@strawberry.type(
    description="The arrow exists and its guards do not hold. `unmet` is the whole list, never only the first."
)
class TransitionBlocked(Problem):
    trigger: Trigger = described("What was tried.")
    opportunity: Opportunity = described("The opportunity as stored.")
    unmet: list[Requirement] = described("Every requirement that does not hold, with its remedy.")
    overridable: bool = described("True where the viewer may pass the unmet requirements with `override`.")


@strawberry.type(description="A closed opportunity is read-only until it is reopened.")
class RecordClosed(Problem):
    state: OpportunityState = described("How it was closed.")
    opportunity: Opportunity = described("The opportunity as stored.")


async def to_problem(refusal: errors.Refusal, loaders: Loaders) -> Any:  # Any: one of the types above
    """A refusal as the type that tells it."""
    problem, load_fields = PROBLEMS[type(refusal)]
    return problem(code=refusal.code, message=refusal.message, **await load_fields(refusal, loaders))


def _handler(refusal: type[errors.Refusal]) -> strawberry.ExceptionHandler[Any, Any]:
    """Turns one kind of refusal into its union member, so that no mutation needs a try."""

    class Handler:
        exception_type = refusal
        error_type = PROBLEMS[refusal][0]

        async def handle(self, exception: Any, *, field: StrawberryField, info: Info) -> Any:
            return await to_problem(exception, info.context.reset_loaders())

    return Handler()


async def _invalid_input_fields(refusal: errors.InvalidInputError, loaders: Loaders) -> dict[str, Any]:
    return {"fields": [FieldProblemType(path=list(fault.path), message=fault.message) for fault in refusal.fields]}


async def _not_found_fields(refusal: errors.NotFoundError, loaders: Loaders) -> dict[str, Any]:
    id = refusal.id
    return {"id": id if isinstance(id, str) or refusal.kind is None else ids.encode(refusal.kind, id)}


async def _permission_denied_fields(refusal: errors.PermissionDeniedError, loaders: Loaders) -> dict[str, Any]:
    return {}


async def _version_conflict_fields(refusal: errors.VersionConflictError, loaders: Loaders) -> dict[str, Any]:
    current = await loaders.row(refusal.kind, refusal.id)
    return {"expected_version": refusal.expected, "actual_version": refusal.actual, "current": current}


async def _duplicate_fields(refusal: errors.DuplicateError, loaders: Loaders) -> dict[str, Any]:
    return {"existing": None if refusal.id is None else await loaders.row(refusal.kind, refusal.id)}


async def _illegal_transition_fields(refusal: errors.IllegalTransitionError, loaders: Loaders) -> dict[str, Any]:
    opportunity = await loaders.row("Opportunity", refusal.opportunity_id)
    return {
        "trigger": refusal.trigger,
        "from_": refusal.state,
        "allowed_triggers": list(refusal.allowed),
        "opportunity": opportunity,
    }


async def _transition_blocked_fields(refusal: errors.TransitionBlockedError, loaders: Loaders) -> dict[str, Any]:
    opportunity = await loaders.row("Opportunity", refusal.opportunity_id)
    return {
        "trigger": refusal.trigger,
        "opportunity": opportunity,
        "unmet": list(refusal.unmet),
        "overridable": refusal.overridable,
    }


async def _record_closed_fields(refusal: errors.RecordClosedError, loaders: Loaders) -> dict[str, Any]:
    return {"state": refusal.state, "opportunity": await loaders.row("Opportunity", refusal.opportunity_id)}


PROBLEMS: dict[type[errors.Refusal], tuple[type, Any]] = {
    errors.InvalidInputError: (InvalidInput, _invalid_input_fields),
    errors.NotFoundError: (NotFound, _not_found_fields),
    errors.PermissionDeniedError: (PermissionDenied, _permission_denied_fields),
    errors.VersionConflictError: (VersionConflict, _version_conflict_fields),
    errors.DuplicateError: (Duplicate, _duplicate_fields),
    errors.IllegalTransitionError: (IllegalTransition, _illegal_transition_fields),
    errors.TransitionBlockedError: (TransitionBlocked, _transition_blocked_fields),
    errors.RecordClosedError: (RecordClosed, _record_closed_fields),
}
"""Each kind of refusal, the type that tells it, and what that type holds beside code and message."""
HANDLERS = [_handler(refusal) for refusal in PROBLEMS]
