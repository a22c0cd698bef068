"""Problems: the results of mutations that were refused, one type for each reason."""

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
    description="A reason why a mutation did nothing. Each expected failure has its own type that "
    "implements this interface."
)
class Problem:
    code: ProblemCode = described("The kind of problem, for programs.")
    message: str = described("The reason and the remedy, for people.")


@strawberry.type(name="FieldProblem", description="One invalid field of an input.")
class FieldProblemType:
    path: list[str] = described('The path of the field inside the input, such as ["value", "currency"].')
    message: str = described("The fault, and the values that are allowed.")


@strawberry.type(description="One or more fields of the input are invalid. Nothing was changed.")
class InvalidInput(Problem):
    fields: list[FieldProblemType] = described("Every invalid field, not only the first.")


@strawberry.type(
    description="The record does not exist, or you cannot see it. Both cases give the same answer."
)
class NotFound(Problem):
    id: strawberry.ID = described("The id that you passed.")


@strawberry.type(description="Your role or your team does not allow this.")
class PermissionDenied(Problem):
    pass


@strawberry.type(
    description="Someone changed the record after you read it: `expectedVersion` is not its current version."
)
class VersionConflict(Problem):
    expected_version: int = described("The version that you passed.")
    actual_version: int = described("The current version.")
    current: Node = described("The record as it is now.")


@strawberry.type(description="A record with the same key exists already.")
class Duplicate(Problem):
    existing: Node | None = described("The existing record. Null if you cannot see it.")


@strawberry.type(description="The trigger does not lead anywhere from the opportunity's current state.")
class IllegalTransition(Problem):
    trigger: Trigger = described("The trigger that you asked for.")
    from_: OpportunityState = strawberry.field(name="from", description="The opportunity's current state.")
    allowed_triggers: list[Trigger] = described("The triggers that leave this state, for anyone.")
    opportunity: Opportunity = described("The opportunity as it is stored now.")


@strawberry.type(description="The transition exists, but requirements of its gate are not met.")
class TransitionBlocked(Problem):
    trigger: Trigger = described("The trigger that you asked for.")
    opportunity: Opportunity = described("The opportunity as it is stored now.")
    unmet: list[Requirement] = described(
        "Every requirement that is not met, with its remedy. Never only the first."
    )
    overridable: bool = described("True if you may pass all of them with `override`.")


@strawberry.type(description="The opportunity is closed and read-only. Reopen it before you change it.")
class RecordClosed(Problem):
    state: OpportunityState = described("The state in which it was closed.")
    opportunity: Opportunity = described("The opportunity as it is stored now.")


async def to_problem(refusal: errors.Refusal, loaders: Loaders) -> Any:  # Any: one of the types above
    """Convert a refusal to its GraphQL type."""
    problem, load_fields = PROBLEMS[type(refusal)]
    return problem(code=refusal.code, message=refusal.message, **await load_fields(refusal, loaders))


def _handler(refusal: type[errors.Refusal]) -> strawberry.ExceptionHandler[Any, Any]:
    """Return a handler that converts one kind of refusal, so that no resolver needs a try."""

    class Handler:
        exception_type = refusal
        error_type = PROBLEMS[refusal][0]

        async def handle(self, exception: Any, *, field: StrawberryField, info: Info) -> Any:
            return await to_problem(exception, info.context.reset_loaders())

    return Handler()


async def _invalid_input_fields(refusal: errors.InvalidInputError, loaders: Loaders) -> dict[str, Any]:
    return {
        "fields": [FieldProblemType(path=list(fault.path), message=fault.message) for fault in refusal.fields]
    }


async def _not_found_fields(refusal: errors.NotFoundError, loaders: Loaders) -> dict[str, Any]:
    id = refusal.id
    return {"id": id if isinstance(id, str) or refusal.kind is None else ids.encode(refusal.kind, id)}


async def _permission_denied_fields(
    refusal: errors.PermissionDeniedError, loaders: Loaders
) -> dict[str, Any]:
    return {}


async def _version_conflict_fields(refusal: errors.VersionConflictError, loaders: Loaders) -> dict[str, Any]:
    current = await loaders.row(refusal.kind, refusal.id)
    return {"expected_version": refusal.expected, "actual_version": refusal.actual, "current": current}


async def _duplicate_fields(refusal: errors.DuplicateError, loaders: Loaders) -> dict[str, Any]:
    return {"existing": None if refusal.id is None else await loaders.row(refusal.kind, refusal.id)}


async def _illegal_transition_fields(
    refusal: errors.IllegalTransitionError, loaders: Loaders
) -> dict[str, Any]:
    opportunity = await loaders.row("Opportunity", refusal.opportunity_id)
    return {
        "trigger": refusal.trigger,
        "from_": refusal.state,
        "allowed_triggers": list(refusal.allowed),
        "opportunity": opportunity,
    }


async def _transition_blocked_fields(
    refusal: errors.TransitionBlockedError, loaders: Loaders
) -> dict[str, Any]:
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
"""The GraphQL type of each kind of refusal, and the function that loads its other fields."""
HANDLERS = [_handler(refusal) for refusal in PROBLEMS]
