"""Build the rows of an imported opportunity: its own row, its transitions, snapshots and milestones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tortoise.models import Model

from workflow.models import Milestone, Opportunity, Snapshot, Transition
from workflow.operations.buyer.milestone_plan import milestone_rows
from workflow.operations.change.new_rows import (
    VALUE_COLUMNS,
    NewTransition,
    opportunity_row,
    state_forecast,
    transition_row,
)
from workflow.operations.change.snapshots import first_snapshot
from workflow.operations.core.context import Ctx
from workflow.operations.transfer.lookup import ImportLookup
from workflow.operations.transfer.new_opportunity import ImportedOpportunity
from workflow.operations.transfer.new_opportunity_children import EMPTY_DOCUMENT
from workflow.operations.transfer.row import REASONS
from workflow.queries.opportunity.facts import OrganizationSettings, facts_of_new_opportunity
from workflow.rules.enums import CLOSED_STATES, OpportunityState, Trigger
from workflow.rules.health.stored import evaluation_columns
from workflow.rules.opportunity.parts import MilestoneFacts, TransitionFacts

_S = OpportunityState
_TO_PROGRESSING: Final = (
    (Trigger.QUALIFY, _S.LEAD, _S.QUALIFIED),
    (Trigger.PROGRESS, _S.QUALIFIED, _S.PROGRESSING),
)
IMPORTED_PATH: Final[
    Mapping[OpportunityState, tuple[tuple[Trigger, OpportunityState, OpportunityState], ...]]
] = {
    _S.LEAD: (),
    _S.QUALIFIED: _TO_PROGRESSING[:1],
    _S.PROGRESSING: _TO_PROGRESSING,
    _S.WON: (*_TO_PROGRESSING, (Trigger.WIN, _S.PROGRESSING, _S.WON)),
    # LOSE may also leave QUALIFIED, but a deal that another system lists as lost was usually in progress.
    _S.LOST: (*_TO_PROGRESSING, (Trigger.LOSE, _S.PROGRESSING, _S.LOST)),
    _S.DISQUALIFIED: ((Trigger.DISQUALIFY, _S.LEAD, _S.DISQUALIFIED),),
}
"""The transitions that a row without a history is assumed to have made before it was in its state.

Other systems export only the current state, whereas reports need the way to it. The funnel counts a won and a
lost deal alike as qualified and in progress, so the win rate compares both.
"""


@dataclass(frozen=True, slots=True)
class NewOpportunityRows:
    """The row of a new opportunity, and those of its parts in an order that can be inserted."""

    deal: Opportunity
    rows: Sequence[Model]


def build_rows(
    ctx: Ctx, lookup: ImportLookup, opportunity: ImportedOpportunity, number: int
) -> NewOpportunityRows:
    """Build every row of a new opportunity.

    One with a document is evaluated later, when its parts are stored.
    """
    deal = _opportunity_row(ctx, lookup, opportunity, number)
    transitions: list[Transition] = []
    milestones: list[Milestone] = []
    if not opportunity.document.history:
        transitions = _transition_rows(ctx, opportunity)
        milestones = _milestone_rows(ctx, lookup, opportunity)
    snapshots = [first_snapshot(deal, **columns) for columns in opportunity.children.snapshots]
    if not snapshots:
        snapshots = _snapshots(opportunity, deal)
    if opportunity.document is EMPTY_DOCUMENT:
        account = lookup.account_facts[deal.account_id]  # type: ignore[attr-defined]  # a column of Tortoise
        parts = {
            "transitions": tuple(map(_transition_facts, transitions)),
            "milestones": tuple(map(_milestone_facts, milestones)),
        }
        settings = OrganizationSettings(lookup.time_zone.key, lookup.base_currency)
        facts = facts_of_new_opportunity(deal, account, settings, parts)
        deal.update_from_dict(evaluation_columns(opportunity.process.document, facts, ctx.now))
    return NewOpportunityRows(deal, [*transitions, *snapshots, *milestones, *opportunity.children.rows])


def _opportunity_row(
    ctx: Ctx, lookup: ImportLookup, opportunity: ImportedOpportunity, number: int
) -> Opportunity:
    states_left = [step.from_ for step in opportunity.document.history]
    if not states_left:
        states_left = [from_state for _, from_state, _ in IMPORTED_PATH[opportunity.state]]
    return opportunity_row(
        ctx,
        opportunity.process,
        id=opportunity.id,
        number=number,
        state=opportunity.state,
        created_at=opportunity.created_at,
        fields={
            "external_system": lookup.external_system,
            "external_id": opportunity.external_id,
            "latest_close_date": opportunity.fields["expected_close_date"],
            "closed_from": states_left[-1] if opportunity.state in CLOSED_STATES else None,
            **opportunity.fields,
        },
    )


def _transition_rows(ctx: Ctx, opportunity: ImportedOpportunity) -> list[Transition]:
    """Build the transitions of the assumed path: all at creation except the last, which has the close."""
    path = IMPORTED_PATH[opportunity.state]
    entered = opportunity.fields["state_since"]
    assert isinstance(entered, datetime)
    close = {name: opportunity.fields[name] for name in ("closed_on", *REASONS) if name in opportunity.fields}
    transitions = []
    for sequence, (trigger, from_state, to_state) in enumerate(path, 1):
        is_last = sequence == len(path)
        new = NewTransition(
            opportunity_id=opportunity.id,
            process_id=opportunity.process.id,
            sequence=sequence,
            trigger=trigger,
            from_state=from_state,
            to_state=to_state,
            at=entered if is_last else opportunity.created_at,
            seconds_in_previous_state=int((entered - opportunity.created_at).total_seconds())
            if is_last
            else 0,
            values={name: opportunity.fields[name] for name in VALUE_COLUMNS},
            close=close if is_last else {},
        )
        transitions.append(transition_row(ctx, new, opportunity.process.document.state_settings(to_state)))
    return transitions


def _snapshots(opportunity: ImportedOpportunity, deal: Opportunity) -> list[Snapshot]:
    """Build a snapshot of the state, and one of the previous state if the deal spent time there."""
    entered = deal.state_since
    if entered <= opportunity.created_at:
        return [first_snapshot(deal, opportunity.created_at)]
    path = IMPORTED_PATH[opportunity.state]
    previous_state = path[-1][1] if path else opportunity.state
    forecast = state_forecast(opportunity.process.document.state_settings(previous_state))
    previous = {"state": previous_state, "closed_on": None, "until": entered, **forecast}
    return [first_snapshot(deal, opportunity.created_at, **previous), first_snapshot(deal, entered)]


def _milestone_rows(ctx: Ctx, lookup: ImportLookup, opportunity: ImportedOpportunity) -> list[Milestone]:
    """Build the milestones of a deal in progress, due from the day of the import."""
    if opportunity.state is not OpportunityState.PROGRESSING:
        return []
    return milestone_rows(
        opportunity.process.document,
        organization_id=ctx.viewer.organization_id,
        opportunity_id=opportunity.id,
        today=ctx.today(lookup.time_zone.key),
        now=ctx.now,
    )


def _transition_facts(transition: Transition) -> TransitionFacts:
    return TransitionFacts(
        trigger=Trigger(transition.trigger),
        source=OpportunityState(transition.from_state),
        target=OpportunityState(transition.to_state),
        at=transition.at,
        seconds=transition.seconds_in_previous_state,
    )


def _milestone_facts(milestone: Milestone) -> MilestoneFacts:
    names = ("id", "opportunity_id", "name", "side", "weight", "status", "due")
    return MilestoneFacts(key=milestone.template_key, **{name: getattr(milestone, name) for name in names})
