"""The close of an opportunity."""

from datetime import date
from uuid import UUID

import strawberry

from schema.buyer.competitors import Competitor
from schema.core.context import Info
from schema.core.nodes import Root, described
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

    @strawberry.field(
        graphql_type=Competitor | None, description="The competitor that it was lost to, if any."
    )
    async def competitor(self, info: Info) -> CompetitorFacts | None:
        competitors = await info.context.loaders.part("competitors", self.opportunity_id)
        return next((competitor for competitor in competitors if competitor.id == self.lost_to_id), None)


def deal_close(root: Root) -> Close | None:
    """Return the close of a deal; None while it is open."""
    if root.closed_on is None or root.closed_from is None:
        return None
    return _close(
        root,
        root.id,
        outcome=root.state,
        closed_on=root.closed_on,
        from_state=root.closed_from,
        note=root.close_note,
    )


def transition_close(root: Root) -> Close | None:
    """Return the close that a transition made; None if it made none."""
    if root.closed_on is None:
        return None
    return _close(
        root,
        root.opportunity_id,
        outcome=root.to_state,
        closed_on=root.closed_on,
        from_state=root.from_state,
        note=root.note,
    )


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
