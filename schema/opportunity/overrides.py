"""Overrides: requirements that somebody passed with a reason, owed until they hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.core.context import Info
from schema.core.dataloader import sure
from schema.core.inputs import maybe, or_none
from schema.core.nodes import Root, is_row, told
from schema.opportunity.requirements import Requirement
from schema.people.types import Actor
from workflow.operations.change.overrides import OverrideGiven
from workflow.queries.opportunity.history import TransitionRow
from workflow.rules.codec import read
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.facts import Actor as ActorRow
from workflow.rules.opportunity.parts import OverrideFacts

if TYPE_CHECKING:
    from schema.opportunity.transitions import Transition
else:
    Transition = Annotated["Transition", strawberry.lazy("schema.opportunity.transitions")]


@strawberry.type(description="Requirements that were passed with a reason; it stays open until each of them holds.")
class Override:
    """A debt."""

    is_type_of = is_row(OverrideFacts)
    requirement_keys: list[str] = told("What was passed.")
    reason: str = told("Why, in the words of who passed it.")
    at: datetime = told("When.")
    expires_at: datetime | None = told("By when it is to be made good.")
    settled_at: datetime | None = told("When each of the requirements held again; null while it is owed.")

    @strawberry.field(graphql_type=Actor, description="Who passed it.")
    def by(self, root: Root) -> ActorRow:
        """The manager."""
        actor: ActorRow = root.by
        return actor

    @strawberry.field(graphql_type=Transition, description="The transition that it let through.")
    async def transition(self, root: Root, info: Info) -> TransitionRow:
        """The arrow."""
        return await sure(info.context.loaders.transition, root.transition_id)

    @strawberry.field(graphql_type=list[Requirement], description="The requirements as they were passed then.")
    async def requirements(self, root: Root, info: Info) -> Sequence[Verdict]:
        """The debt, line by line."""
        arrow = await sure(info.context.loaders.transition, root.transition_id)
        verdicts = [read(Verdict, kept) for kept in arrow.requirements]
        return [verdict for verdict in verdicts if verdict.key in root.requirement_keys]


@strawberry.input(
    description="requirementKeys: exactly the unmet requirements that are being overridden; one left out keeps the gate shut."
)
class OverrideInput:
    """What is passed, and why."""

    requirement_keys: list[str] = told("The keys of the unmet requirements, as `unmet` gives them.")
    reason: str = told("Why, in at least 20 characters; kept and reported.")
    expires_at: datetime | None = maybe("By when it is to be made good.")


def override_given(input: Any) -> OverrideGiven | None:  # Any: an OverrideInput, null, or left out
    """An override as an operation takes it."""
    given: OverrideInput | None = or_none(input)
    if given is None:
        return None
    return OverrideGiven(tuple(given.requirement_keys), given.reason, or_none(given.expires_at))
