"""Moving a deal: options before, mutations, and the history after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from schema import connections
from schema.context import Info
from schema.loaders import sure
from schema.money import Money, money
from schema.nodes import Node, PageInfo, is_row, node_id, told
from schema.people import Actor
from schema.process import SalesProcess
from schema.requirements import Requirement
from workflow.queries import history
from workflow.queries.history import TransitionRow, Visit
from workflow.queries.opportunities import OpportunityRow
from workflow.queries.paging import Term
from workflow.queries.processes import ProcessRow
from workflow.rules.machine import Option
from workflow.rules.plain import read
from workflow.rules.requirements import Verdict
from workflow.rules.states import (
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityState,
    TransitionReadiness,
    TransitionSource,
    Trigger,
    WinReason,
)

ORDER = (Term("sequence", descending=True),)


@strawberry.type(description="How an opportunity ended.")
class Close:
    """The end."""

    outcome: OpportunityState = told("WON, LOST or DISQUALIFIED.")
    closed_on: date = told("The day, in the organization's time zone.")
    from_state: OpportunityState = told("The state it was closed from.")
    win_reason: WinReason | None = told("Why it was won.")
    loss_reason: LossReason | None = told("Why it was lost.")
    disqualify_reason: DisqualifyReason | None = told("Why we stopped.")
    note: str | None = told("In the words of who closed it.")


@strawberry.type(description="How long a deal has been in a state.")
class TimeInState:
    """A clock."""

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
    def from_(self, root: strawberry.Parent[Any]) -> OpportunityState:
        """Before."""
        state: OpportunityState = root.from_state
        return state

    @strawberry.field(description="The state that was entered.")
    def to(self, root: strawberry.Parent[Any]) -> OpportunityState:
        """After."""
        state: OpportunityState = root.to_state
        return state

    @strawberry.field(
        graphql_type=list[Requirement],
        description="The gate as it was evaluated then, with the process version it came from.",
    )
    def requirements(self, root: strawberry.Parent[Any]) -> Sequence[Verdict]:
        """The gate then."""
        return [read(Verdict, kept) for kept in root.requirements]

    @strawberry.field(graphql_type=SalesProcess, description="The process version whose gate was judged.")
    async def process(self, root: strawberry.Parent[Any], info: Info) -> ProcessRow:
        """The rules then."""
        return await sure(info.context.loaders.process, root.process_id)

    @strawberry.field(description="The close that this transition made.")
    def close(self, root: strawberry.Parent[Any]) -> Close | None:
        """The end it made."""
        if root.closed_on is None:
            return None
        return Close(
            outcome=root.to_state,
            closed_on=root.closed_on,
            from_state=root.from_state,
            win_reason=root.win_reason,
            loss_reason=root.loss_reason,
            disqualify_reason=root.disqualify_reason,
            note=root.note,
        )

    @strawberry.field(description="As it was then.")
    def value(self, root: strawberry.Parent[Any]) -> Money | None:
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
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        """All of them."""
        return await history.count_history(info.context.viewer, root.scope)


async def history_page(
    info: Info, opportunity_id: UUID, first: int | None, after: str | None
) -> connections.Connection[TransitionRow]:
    """A page of a deal's history."""
    window = connections.window(ORDER, first=first, after=after)
    page = await history.history(info.context.viewer, opportunity_id, window)
    return connections.connection(page, ORDER, opportunity_id)


def close_of(row: OpportunityRow) -> Close | None:
    """The deal's close, while it stands closed."""
    if row.closed_on is None or row.closed_from is None:
        return None
    return Close(
        outcome=row.state,
        closed_on=row.closed_on,
        from_state=row.closed_from,
        win_reason=row.win_reason,
        loss_reason=row.loss_reason,
        disqualify_reason=row.disqualify_reason,
        note=row.close_note,
    )


@dataclass(slots=True)
class _Clock:
    seconds: int = 0
    visits: int = 0


def times_in_states(row: OpportunityRow, visits: Sequence[Visit], now: datetime) -> list[TimeInState]:
    """Each state that the deal has been in, in the order of the states."""
    current = max(0, int((now - row.state_since).total_seconds()))
    clocks: dict[OpportunityState, _Clock] = {}
    for visit in [*visits, Visit(row.state, current)]:
        clock = clocks.setdefault(visit.state, _Clock())
        clock.seconds += visit.seconds
        clock.visits += 1
    return [
        TimeInState(
            state=state,
            current_seconds=current if state is row.state else None,
            cumulative_seconds=clocks[state].seconds,
            visits=clocks[state].visits,
        )
        for state in OpportunityState
        if state in clocks
    ]
