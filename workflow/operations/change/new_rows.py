"""Builders of the rows that a new opportunity and a transition are stored in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from workflow.models import Opportunity, Transition
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.queries.process.processes import ProcessRow
from workflow.rules.codec import encode
from workflow.rules.enums import OpportunityState, OpportunityType, PurchaseProcess, Trigger
from workflow.rules.gates.requirements import Verdict
from workflow.rules.process.document import StateSettings

DEFAULTS: Mapping[str, object] = {
    "type": OpportunityType.NEW_BUSINESS,
    "attributes": {},
    "next_step_agreed": False,
}
"""The columns that a client may set, with the value of a new opportunity that does not set them."""

VALUE_COLUMNS = ("value_minor", "value_currency", "expected_close_date")
"""The columns of a deal that each of its transitions records."""


@dataclass(frozen=True, slots=True)
class NewTransition:
    """A transition that is about to be recorded; `values` has the deal's VALUE_COLUMNS."""

    opportunity_id: UUID
    process_id: UUID
    sequence: int
    trigger: Trigger
    from_state: OpportunityState
    to_state: OpportunityState
    at: datetime
    seconds_in_previous_state: int
    values: Mapping[str, object]
    close: Mapping[str, object] = field(default_factory=dict)
    note: str | None = None
    verdicts: Sequence[Verdict] = ()


def opportunity_row(
    ctx: Ctx,
    process: ProcessRow,
    *,
    id: UUID,
    number: int,
    state: OpportunityState,
    created_at: datetime,
    fields: Mapping[str, object],
) -> Opportunity:
    """Build the unsaved row of a new opportunity. A column that `fields` does not give has its default."""
    columns: dict[str, Any] = {  # Any: columns of several kinds
        **DEFAULTS,
        "state_since": created_at,
        "push_count": 0,
        "purchase_process": PurchaseProcess.UNKNOWN,
        "probability_is_manual": False,
        **state_forecast(process.document.state_settings(state)),
        **fields,
    }
    return Opportunity(
        id=id,
        organization_id=ctx.viewer.organization_id,
        number=number,
        process_id=process.id,
        state=state,
        version=1,
        created_at=created_at,
        updated_at=ctx.now,
        recorded_at=ctx.now,
        **columns,
    )


def transition_row(ctx: Ctx, new: NewTransition, settings: StateSettings) -> Transition:
    """Build the unsaved row of a transition into the state that the settings are of."""
    ids: dict[str, Any] = {
        "id": new_id(),
        "organization_id": ctx.viewer.organization_id,
        "opportunity_id": new.opportunity_id,
    }
    return Transition(**ids, **transition_columns(ctx, new, settings))


def transition_columns(
    ctx: Ctx, new: NewTransition, settings: StateSettings
) -> dict[str, Any]:  # Any: columns of several kinds
    """Return the columns of a transition into the state that the settings are of, without its ids."""
    return {
        "process_id": new.process_id,
        "sequence": new.sequence,
        "trigger": new.trigger,
        "from_state": new.from_state,
        "to_state": new.to_state,
        "at": new.at,
        "source": ctx.source,
        "note": new.note,
        "requirements": [encode(verdict) for verdict in new.verdicts],
        "seconds_in_previous_state": new.seconds_in_previous_state,
        **new.values,
        **new.close,
        **state_forecast(settings),
        **ctx.actor(),
    }


def state_forecast(settings: StateSettings) -> dict[str, object]:
    """Return the probability and forecast category that a state gives to a deal."""
    return {"probability": float(settings.probability), "forecast_category": settings.forecast_category}
