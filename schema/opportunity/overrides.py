"""Overrides: requirements that were passed without being met, with a reason."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.inputs import optional, or_none
from schema.core.nodes import Root, Roots, backed_by, batch, described, referenced
from schema.opportunity.requirements import Requirement
from schema.people.types import ActorType
from workflow.operations.change.overrides import NewOverride
from workflow.rules.codec import decode
from workflow.rules.gates.machine import is_override_open
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.parts import Actor, OverrideFacts

if TYPE_CHECKING:
    from schema.opportunity.transitions import Transition
else:
    Transition = Annotated["Transition", strawberry.lazy("schema.opportunity.transitions")]


@strawberry.type(
    description="Requirements that were passed without being met, with a reason. It stays open "
    "until each of them is met."
)
class Override:
    is_type_of = backed_by(OverrideFacts)
    requirement_keys: list[str] = described("The keys of the requirements that were passed.")
    reason: str = described("The reason that was given.")
    at: datetime = described("The time of the override.")
    expires_at: datetime | None = described(
        "The time by which the requirements should be met. Null if none was set."
    )
    settled_at: datetime | None = described(
        "The time when all of the requirements were met. Null while the override is open."
    )

    @strawberry.field(graphql_type=ActorType, description="The member or API key that gave the override.")
    def by(self, root: Root) -> Actor:
        actor: Actor = root.by
        return actor

    transition: Transition = referenced("transition", "transition_id", "The transition that it allowed.")

    @strawberry.field(
        graphql_type=list[Requirement], description="The requirements as they were when they were passed."
    )
    async def requirements(self, root: Root, info: Info) -> Sequence[Verdict]:
        transition = await load_required(info.context.loaders.transition, root.transition_id)
        verdicts = [decode(Verdict, stored) for stored in transition.requirements]
        return [verdict for verdict in verdicts if verdict.key in root.requirement_keys]


@strawberry.input(
    description="Passes the unmet requirements of a gate with a reason. It must name exactly the "
    "requirements that are unmet. A manager can pass SOFT ones, an admin all; not on an "
    "opportunity that they work on themselves."
)
class OverrideInput:
    requirement_keys: list[str] = described("The keys of the unmet requirements, as listed in `unmet`.")
    reason: str = described("The reason, at least 20 characters. It is stored and appears in reports.")
    expires_at: datetime | None = optional(
        "The time by which the requirements should be met. After it, an alert is raised."
    )


@batch
async def deal_open_overrides(roots: Roots, info: Info) -> list[list[OverrideFacts]]:
    """Return the overrides of each deal whose requirements are still not met."""
    now = info.context.now
    return [
        [one for one in facts.overrides if is_override_open(one, facts, process, now)]
        for facts, process in await info.context.loaders.facts_and_process(roots)
    ]


def parse_override(input: Any) -> NewOverride | None:  # Any: an OverrideInput, null, or left out
    """Convert the input for an operation."""
    override: OverrideInput | None = or_none(input)
    if override is None:
        return None
    return NewOverride(tuple(override.requirement_keys), override.reason, or_none(override.expires_at))
