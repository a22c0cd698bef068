"""Moving a deal: options before, mutations, and the history after."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import strawberry

from schema.core import connections
from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.money import Money, money
from schema.core.nodes import Node, PageInfo, Root, backed_by, described, node_id
from schema.opportunity.close import Close, close_from_transition
from schema.opportunity.overrides import Override
from schema.opportunity.requirements import Requirement
from schema.people.types import ActorType
from schema.process.type import SalesProcess
from workflow.queries.opportunity.history import HISTORY, TransitionRow
from workflow.queries.process.processes import ProcessRow
from workflow.rules.codec import decode
from workflow.rules.enums import (
    ForecastCategory,
    OpportunityState,
    TransitionReadiness,
    TransitionSource,
    Trigger,
)
from workflow.rules.gates.machine import TransitionPreview
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.opportunity.time_in_state import StateDuration


@strawberry.type(description="How long a deal has been in a state.")
class TimeInState:
    is_type_of = backed_by(StateDuration)
    state: OpportunityState = described("The state.")
    current_seconds: int | None = described("The visit that goes on; null where the deal is elsewhere.")
    cumulative_seconds: int = described("All visits together.")
    visits: int = described("How often it came there.")


@strawberry.type(description="One way on from the current state, with every requirement and whether it holds.")
class TransitionOption:
    is_type_of = backed_by(TransitionPreview)
    trigger: Trigger = described("What to call.")
    target: OpportunityState = described("Where it leads.")
    readiness: TransitionReadiness = described(
        "READY: nothing unmet. OVERRIDABLE: this viewer may override all that is. FORBIDDEN: not theirs to take. Else BLOCKED."
    )
    requirements: list[Requirement] = described("The gate, all of it.")
    unmet_count: int = described("How many requirements do not hold.")
    required_inputs: list[str] = described("Fields of the input still to be asked for, e.g. `reason`.")
    forbidden_because: str | None = described("Why this viewer may not take it; null where they may.")


@strawberry.type(description="One arrow that was taken; it never changes.")
class Transition(Node):
    is_type_of = backed_by(TransitionRow)
    id: strawberry.ID = node_id("Transition")
    trigger: Trigger = described("What was called.")
    at: datetime = described("When.")
    actor: ActorType = described("Who did it.")
    source: TransitionSource = described("By which way.")
    note: str | None = described("In their words.")
    seconds_in_previous_state: int = described("How long the state that was left had lasted.")
    expected_close_date: date | None = described("As it was then.")
    probability: float = described("As it became.")
    forecast_category: ForecastCategory = described("As it became.")

    @strawberry.field(name="from", description="The state that was left.")
    def from_(self, root: Root) -> OpportunityState:
        state: OpportunityState = root.from_state
        return state

    @strawberry.field(description="The state that was entered.")
    def to(self, root: Root) -> OpportunityState:
        state: OpportunityState = root.to_state
        return state

    @strawberry.field(
        graphql_type=list[Requirement],
        description="The gate as it was evaluated then, with the process version it came from.",
    )
    def requirements(self, root: Root) -> Sequence[Verdict]:
        return [decode(Verdict, stored) for stored in root.requirements]

    @strawberry.field(graphql_type=SalesProcess, description="The process version whose gate was judged.")
    async def process(self, root: Root, info: Info) -> ProcessRow:
        return await load_required(info.context.loaders.process, root.process_id)

    @strawberry.field(description="The close that this transition made.")
    def close(self, root: Root) -> Close | None:
        return close_from_transition(root)

    @strawberry.field(graphql_type=Override | None, description="What was passed, and why; null where nothing was.")
    async def override(self, root: Root, info: Info) -> OverrideFacts | None:
        return await info.context.loaders.parts.override(root)

    @strawberry.field(description="As it was then.")
    def value(self, root: Root) -> Money | None:
        return money(root.value_minor, root.value_currency)


@strawberry.type(description="A transition in a list.")
class TransitionEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after`.")
    node: Transition = described("The transition.")


@strawberry.type(description="A page of history.")
class TransitionConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[TransitionEdge] = described("The rows with their cursors.")
    nodes: list[Transition] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")

    @strawberry.field(description="How many there are, not only this page.")
    async def total_count(self, root: Root, info: Info) -> int:
        return await info.context.loaders.parts.total(HISTORY, root)


async def history_page(
    info: Info, opportunity_id: UUID, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> connections.Connection[TransitionRow]:
    """A page of a deal's history."""
    window = connections.window(HISTORY.order, first=first, after=after, last=last, before=before)
    page = await info.context.loaders.parts.page(HISTORY, opportunity_id, window)
    return connections.to_connection(page, HISTORY.order, opportunity_id)
