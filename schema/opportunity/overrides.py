"""Overrides: requirements that somebody passed with a reason, owed until they hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none
from schema.core.nodes import Root, backed_by, described
from schema.opportunity.requirements import Requirement
from schema.people.types import ActorType
from workflow.operations.change.overrides import NewOverride
from workflow.queries.opportunity.history import TransitionRow
from workflow.rules.codec import decode
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.parts import Actor, OverrideFacts

if TYPE_CHECKING:
    from schema.opportunity.transitions import Transition
else:
    Transition = Annotated["Transition", strawberry.lazy("schema.opportunity.transitions")]


@strawberry.type(description="Requirements that were passed with a reason; it stays open until each of them holds.")
class Override:
    is_type_of = backed_by(OverrideFacts)
    requirement_keys: list[str] = described("What was passed.")
    reason: str = described("Why, in the words of who passed it.")
    at: datetime = described("When.")
    expires_at: datetime | None = described("By when it is to be made good.")
    settled_at: datetime | None = described("When each of the requirements held again; null while it is owed.")

    @strawberry.field(graphql_type=ActorType, description="Who passed it.")
    def by(self, root: Root) -> Actor:
        actor: Actor = root.by
        return actor

    @strawberry.field(graphql_type=Transition, description="The transition that it let through.")
    async def transition(self, root: Root, info: Info) -> TransitionRow:
        return await load_required(info.context.loaders.transition, root.transition_id)

    @strawberry.field(graphql_type=list[Requirement], description="The requirements as they were passed then.")
    async def requirements(self, root: Root, info: Info) -> Sequence[Verdict]:
        transition = await load_required(info.context.loaders.transition, root.transition_id)
        verdicts = [decode(Verdict, stored) for stored in transition.requirements]
        return [verdict for verdict in verdicts if verdict.key in root.requirement_keys]


@strawberry.input(
    description="requirementKeys: exactly the unmet requirements that are being overridden; one left out keeps the gate shut."
)
class OverrideInput:
    requirement_keys: list[str] = described("The keys of the unmet requirements, as `unmet` gives them.")
    reason: str = described("Why, in at least 20 characters; kept and reported.")
    expires_at: datetime | None = optional("By when it is to be made good.")


def parse_override(input: Any) -> NewOverride | None:  # Any: an OverrideInput, null, or left out
    """An override as an operation takes it."""
    override: OverrideInput | None = or_none(input)
    if override is None:
        return None
    return NewOverride(tuple(override.requirement_keys), override.reason, or_none(override.expires_at))
