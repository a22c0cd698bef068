"""Moving a deal: options before, mutations, and the history after."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import strawberry

from schema.core import connections
from schema.core.context import Info
from schema.core.dataloader import sure
from schema.core.money import Money, money
from schema.core.nodes import Node, PageInfo, Root, is_row, node_id, told
from schema.opportunity.close import Close, close_made_by
from schema.opportunity.overrides import Override
from schema.opportunity.requirements import Requirement
from schema.people.types import Actor
from schema.process.type import SalesProcess
from workflow.queries.opportunity.history import HISTORY, TransitionRow
from workflow.queries.process.processes import ProcessRow
from workflow.rules.codec import read
from workflow.rules.enums import (
    ForecastCategory,
    OpportunityState,
    TransitionReadiness,
    TransitionSource,
    Trigger,
)
from workflow.rules.gates.machine import Option
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.opportunity.time_in_state import Clock


@strawberry.type(description="How long a deal has been in a state.")
class TimeInState:
    """A clock."""

    is_type_of = is_row(Clock)
    state: OpportunityState = told("The state.")
    current_seconds: int | None = told("The visit that goes on; null where the deal is elsewhere.")
    cumulative_seconds: int = told("All visits together.")
    visits: int = told("How often it came there.")


@strawberry.type(description="One way on from the current state, with every requirement and whether it holds.")
class TransitionOption:
    """An arrow as this viewer sees it."""

    is_type_of = is_row(Option)
    trigger: Trigger = told("What to call.")
    target: OpportunityState = told("Where it leads.")
    readiness: TransitionReadiness = told(
        "READY: nothing unmet. OVERRIDABLE: this viewer may override all that is. FORBIDDEN: not theirs to take. Else BLOCKED."
    )
    requirements: list[Requirement] = told("The gate, all of it.")
    unmet_count: int = told("How many requirements do not hold.")
    required_inputs: list[str] = told("Fields of the input still to be asked for, e.g. `reason`.")
    forbidden_because: str | None = told("Why this viewer may not take it; null where they may.")


@strawberry.type(description="One arrow that was taken; it never changes.")
class Transition(Node):
    """A step of the history."""

    is_type_of = is_row(TransitionRow)
    id: strawberry.ID = node_id("Transition")
    trigger: Trigger = told("What was called.")
    at: datetime = told("When.")
    actor: Actor = told("Who did it.")
    source: TransitionSource = told("By which way.")
    note: str | None = told("In their words.")
    seconds_in_previous_state: int = told("How long the state that was left had lasted.")
    expected_close_date: date | None = told("As it was then.")
    probability: float = told("As it became.")
    forecast_category: ForecastCategory = told("As it became.")

    @strawberry.field(name="from", description="The state that was left.")
    def from_(self, root: Root) -> OpportunityState:
        """Before."""
        state: OpportunityState = root.from_state
        return state

    @strawberry.field(description="The state that was entered.")
    def to(self, root: Root) -> OpportunityState:
        """After."""
        state: OpportunityState = root.to_state
        return state

    @strawberry.field(
        graphql_type=list[Requirement],
        description="The gate as it was evaluated then, with the process version it came from.",
    )
    def requirements(self, root: Root) -> Sequence[Verdict]:
        """The gate then."""
        return [read(Verdict, kept) for kept in root.requirements]

    @strawberry.field(graphql_type=SalesProcess, description="The process version whose gate was judged.")
    async def process(self, root: Root, info: Info) -> ProcessRow:
        """The rules then."""
        return await sure(info.context.loaders.process, root.process_id)

    @strawberry.field(description="The close that this transition made.")
    def close(self, root: Root) -> Close | None:
        """The end it made."""
        return close_made_by(root)

    @strawberry.field(graphql_type=Override | None, description="What was passed, and why; null where nothing was.")
    async def override(self, root: Root, info: Info) -> OverrideFacts | None:
        """The debt it made."""
        return await info.context.loaders.parts.override(root)

    @strawberry.field(description="As it was then.")
    def value(self, root: Root) -> Money | None:
        """The price then."""
        return money(root.value_minor, root.value_currency)


@strawberry.type(description="A transition in a list.")
class TransitionEdge:
    """One row."""

    is_type_of = is_row(connections.Edge)
    cursor: str = told("Go on from here with `after`.")
    node: Transition = told("The transition.")


@strawberry.type(description="A page of history.")
class TransitionConnection:
    """Newest first."""

    is_type_of = is_row(connections.Connection)
    edges: list[TransitionEdge] = told("The rows with their cursors.")
    nodes: list[Transition] = told("The rows.")
    page_info: PageInfo = told("Where the page stands.")

    @strawberry.field(description="How many there are, not only this page.")
    async def total_count(self, root: Root, info: Info) -> int:
        """All of them."""
        return await info.context.loaders.parts.total(HISTORY, root)


async def history_page(
    info: Info, opportunity_id: UUID, *, first: int | None, after: str | None, last: int | None, before: str | None
) -> connections.Connection[TransitionRow]:
    """A page of a deal's history."""
    window = connections.window(HISTORY.order, first=first, after=after, last=last, before=before)
    page = await info.context.loaders.parts.page(HISTORY, opportunity_id, window)
    return connections.connection(page, HISTORY.order, opportunity_id)
