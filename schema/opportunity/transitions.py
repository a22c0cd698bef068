"""Transitions: the options that an opportunity has, and those recorded in its history."""

from collections.abc import Sequence
from datetime import date, datetime

import strawberry

from schema.core import connections
from schema.core.context import Info
from schema.core.money import Money, money
from schema.core.nodes import Node, Root, Roots, backed_by, batch, described, needs, node_id, referenced
from schema.opportunity.close import Close, transition_close
from schema.opportunity.overrides import Override
from schema.opportunity.requirements import Requirement
from schema.opportunity.resolvers import ownerships
from schema.people.types import ActorType
from schema.process.type import SalesProcess
from workflow.queries.opportunity.history import HISTORY, TransitionRow
from workflow.rules.codec import decode
from workflow.rules.enums import (
    ForecastCategory,
    OpportunityState,
    TransitionReadiness,
    TransitionSource,
    Trigger,
)
from workflow.rules.gates.machine import TransitionPreview, preview_transitions
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.opportunity.time_in_state import StateDuration


@strawberry.type(description="The time that an opportunity has been in one state.")
class TimeInState:
    is_type_of = backed_by(StateDuration)
    state: OpportunityState = described("The state.")
    current_seconds: int | None = described(
        "The seconds since it entered the state. Null if it is in another state now."
    )
    cumulative_seconds: int = described("The seconds of all its visits to the state together.")
    visits: int = described("The number of times it entered the state.")


@strawberry.type(
    description="One transition that leaves the current state, with every requirement of its gate."
)
class TransitionOption:
    is_type_of = backed_by(TransitionPreview)
    trigger: Trigger = described("The trigger.")
    target: OpportunityState = described("The state that it leads to.")
    readiness: TransitionReadiness = described("Whether you can make this transition now.")
    requirements: list[Requirement] = described("All requirements of the gate, met and unmet.")
    unmet_count: int = described("The number of requirements that are not met.")
    required_inputs: list[str] = described(
        "The fields of the mutation's input that you must give, such as `reason`."
    )
    forbidden_because: str | None = described(
        "The reason why you may not make this transition. Null if you may."
    )


@strawberry.type(description="A recorded change of state. It never changes.")
class Transition(Node):
    is_type_of = backed_by(TransitionRow)
    id: strawberry.ID = node_id("Transition")
    trigger: Trigger = described("The trigger.")
    at: datetime = described("The time of the transition.")
    actor: ActorType = described("The member, API key or system that made it.")
    source: TransitionSource = described("The way it was made.")
    note: str | None = described("The note that was given with it.")
    seconds_in_previous_state: int = described(
        "The seconds that the opportunity had been in the state that it left."
    )
    expected_close_date: date | None = described("The expected close date at that time.")
    probability: float = described("The probability after the transition.")
    forecast_category: ForecastCategory = described("The forecast category after the transition.")

    @strawberry.field(name="from", description="The state that it left.")
    def from_(self, root: Root) -> OpportunityState:
        state: OpportunityState = root.from_state
        return state

    @strawberry.field(description="The state that it entered.")
    def to(self, root: Root) -> OpportunityState:
        state: OpportunityState = root.to_state
        return state

    @strawberry.field(
        graphql_type=list[Requirement],
        description="The requirements of the gate, as they were evaluated then.",
    )
    def requirements(self, root: Root) -> Sequence[Verdict]:
        return [decode(Verdict, stored) for stored in root.requirements]

    process: SalesProcess = referenced(
        "process", "process_id", "The process version whose gate was evaluated."
    )

    @strawberry.field(
        description="The close that this transition made. Null if it did not close the opportunity."
    )
    def close(self, root: Root) -> Close | None:
        return transition_close(root)

    @strawberry.field(
        graphql_type=Override | None,
        description="The override that was given with it. Null if there was none.",
    )
    async def override(self, root: Root, info: Info) -> OverrideFacts | None:
        return await info.context.loaders.parts.override(root)

    @strawberry.field(description="The value at that time.")
    def value(self, root: Root) -> Money | None:
        return money(root.value_minor, root.value_currency)


@strawberry.type(description="A page of an opportunity's history.")
class TransitionConnection(connections.Connection[Transition]):
    @strawberry.field(description="The number of items on all pages together.")
    @needs()
    async def total_count(self, root: Root, info: Info) -> int:
        return await info.context.loaders.parts.total(HISTORY, root)


@batch
async def deal_transitions(roots: Roots, info: Info) -> list[Sequence[TransitionPreview]]:
    """Preview every transition that leaves the state of each deal."""
    facts_and_process = await info.context.loaders.facts_and_process(roots)
    return [
        preview_transitions(facts, process, viewer=info.context.viewer, ownership=owned, now=info.context.now)
        for (facts, process), owned in zip(facts_and_process, await ownerships(info, roots), strict=True)
    ]


@needs("id")
async def deal_history(
    root: Root,
    info: Info,
    first: connections.First = 20,
    after: connections.After = strawberry.UNSET,
    last: connections.Last = strawberry.UNSET,
    before: connections.Before = strawberry.UNSET,
) -> connections.Connection[TransitionRow]:
    """Return a page of a deal's transitions."""
    window = connections.window(HISTORY.order, first=first, after=after, last=last, before=before)
    page = await info.context.loaders.parts.page(HISTORY, root.id, window)
    return connections.to_connection(page, HISTORY.order, root.id)
