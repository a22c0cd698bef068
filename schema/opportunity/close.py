"""How an opportunity ended."""

from datetime import date
from uuid import UUID

import strawberry

from schema.buyer.competitors import Competitor
from schema.core.context import Info
from schema.core.nodes import described
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, WinReason
from workflow.rules.opportunity.parts import CompetitorFacts


@strawberry.type(description="The end of an opportunity.")
class Close:
    outcome: OpportunityState = described("WON, LOST or DISQUALIFIED.")
    closed_on: date = described("The day on which it was closed, in the organization's time zone.")
    from_state: OpportunityState = described("The state before it was closed.")
    win_reason: WinReason | None = described("The reason, if it was won.")
    loss_reason: LossReason | None = described("The reason, if it was lost.")
    disqualify_reason: DisqualifyReason | None = described("The reason, if it was disqualified.")
    note: str | None = described("The note of the member who closed it.")
    opportunity_id: strawberry.Private[UUID]
    lost_to_id: strawberry.Private[UUID | None]

    @strawberry.field(graphql_type=Competitor | None, description="The competitor that it was lost to, if any.")
    async def competitor(self, info: Info) -> CompetitorFacts | None:
        competitors = await info.context.loaders.part("competitors", self.opportunity_id)
        return next((competitor for competitor in competitors if competitor.id == self.lost_to_id), None)


def close_from_opportunity(row: OpportunityRow) -> Close | None:
    """The deal's close, while it stands closed."""
    if row.closed_on is None or row.closed_from is None:
        return None
    return _close(
        row, row.id, outcome=row.state, closed_on=row.closed_on, from_state=row.closed_from, note=row.close_note
    )


def close_from_transition(row: TransitionRow) -> Close | None:
    """The close that a transition made, None where it made none."""
    if row.closed_on is None:
        return None
    deal, source = row.opportunity_id, row.from_state
    return _close(row, deal, outcome=row.to_state, closed_on=row.closed_on, from_state=source, note=row.note)


def _close(
    row: OpportunityRow | TransitionRow,
    opportunity_id: UUID,
    *,
    outcome: OpportunityState,
    closed_on: date,
    from_state: OpportunityState,
    note: str | None,
) -> Close:
    return Close(
        outcome=outcome,
        closed_on=closed_on,
        from_state=from_state,
        win_reason=row.win_reason,
        loss_reason=row.loss_reason,
        disqualify_reason=row.disqualify_reason,
        note=note,
        opportunity_id=opportunity_id,
        lost_to_id=row.lost_to_id,
    )
