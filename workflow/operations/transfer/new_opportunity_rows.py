"""The rows of an imported opportunity: its own, the shortest path to its state or the history it tells, and the steps that lie ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tortoise.models import Model

from workflow.models import Milestone, Opportunity, Snapshot, Transition
from workflow.models.columns import new_id
from workflow.operations.change.snapshots import first_snapshot
from workflow.operations.core.context import Ctx
from workflow.operations.transfer.lookup import ImportLookup
from workflow.operations.transfer.new_opportunity import ImportedOpportunity
from workflow.operations.transfer.new_opportunity_children import EMPTY_DOCUMENT
from workflow.operations.transfer.row import REASONS
from workflow.queries.opportunity.facts import OrganizationSettings, facts_of_new_opportunity
from workflow.rules.enums import (
    CLOSED_STATES,
    MilestoneStatus,
    OpportunityState,
    PurchaseProcess,
    TransitionSource,
    Trigger,
)
from workflow.rules.health.stored import evaluation_columns
from workflow.rules.opportunity.parts import MilestoneFacts, TransitionFacts

_S = OpportunityState
_TO_PROGRESSING: Final = ((Trigger.QUALIFY, _S.LEAD, _S.QUALIFIED), (Trigger.PROGRESS, _S.QUALIFIED, _S.PROGRESSING))
SHORTEST_PATH: Final[Mapping[OpportunityState, tuple[tuple[Trigger, OpportunityState, OpportunityState], ...]]] = {
    _S.LEAD: (),
    _S.QUALIFIED: _TO_PROGRESSING[:1],
    _S.PROGRESSING: _TO_PROGRESSING,
    _S.WON: (*_TO_PROGRESSING, (Trigger.WIN, _S.PROGRESSING, _S.WON)),
    _S.LOST: (*_TO_PROGRESSING, (Trigger.LOSE, _S.PROGRESSING, _S.LOST)),
    _S.DISQUALIFIED: ((Trigger.DISQUALIFY, _S.LEAD, _S.DISQUALIFIED),),
}


@dataclass(frozen=True, slots=True)
class NewOpportunityRows:
    """The rows of a new opportunity: its own, and what hangs on it in the order it can be written."""

    deal: Opportunity
    rows: Sequence[Model]


def build_rows(ctx: Ctx, lookup: ImportLookup, opportunity: ImportedOpportunity, number: int) -> NewOpportunityRows:
    """Everything that is written of a birth, judged as any deal is; one that is told whole is judged when all of it is there."""
    deal, has_history = _opportunity_row(ctx, lookup, opportunity, number), bool(opportunity.document.history)
    transitions = [] if has_history else _transition_rows(ctx, lookup, opportunity)
    milestones = (
        []
        if has_history or opportunity.state is not OpportunityState.PROGRESSING
        else _milestone_rows(ctx, lookup, opportunity)
    )
    snapshots = [first_snapshot(deal, **columns) for columns in opportunity.children.snapshots] or _snapshots(
        opportunity, deal
    )
    if opportunity.document is EMPTY_DOCUMENT:
        account = lookup.account_facts[deal.account_id]  # type: ignore[attr-defined]  # the key's column, which Tortoise makes
        parts = {
            "transitions": tuple(map(_step_facts, transitions)),
            "milestones": tuple(map(_milestone_facts, milestones)),
        }
        facts = facts_of_new_opportunity(
            deal, account, OrganizationSettings(lookup.time_zone.key, lookup.base_currency), parts
        )
        deal.update_from_dict(evaluation_columns(opportunity.process.document, facts, ctx.now))
    return NewOpportunityRows(deal, [*transitions, *snapshots, *milestones, *opportunity.children.rows])


def _opportunity_row(ctx: Ctx, lookup: ImportLookup, opportunity: ImportedOpportunity, number: int) -> Opportunity:
    """The deal as it is stored."""
    settings = opportunity.process.document.state_settings(opportunity.state)
    states_left = [step.from_state for step in opportunity.document.history] or [
        step[1] for step in SHORTEST_PATH[opportunity.state]
    ]
    columns: dict[str, object] = {
        "probability": float(settings.probability),
        "probability_is_manual": False,
        "forecast_category": settings.forecast_category,
        "latest_close_date": opportunity.fields["expected_close_date"],
        "push_count": 0,
        "next_step_agreed": False,
        "purchase_process": PurchaseProcess.UNKNOWN,
        "closed_from": states_left[-1] if opportunity.state in CLOSED_STATES else None,
        **opportunity.fields,
    }
    return Opportunity(
        id=opportunity.id,
        organization_id=ctx.viewer.organization_id,
        number=number,
        external_system=lookup.external_system,
        external_id=opportunity.external_id,
        process_id=opportunity.process.id,
        state=opportunity.state,
        version=1,
        created_at=opportunity.created_at,
        updated_at=ctx.now,
        recorded_at=ctx.now,
        **columns,
    )


def _transition_rows(ctx: Ctx, lookup: ImportLookup, opportunity: ImportedOpportunity) -> list[Transition]:
    """The arrows of the shortest path, all at creation but the last, which carries the close."""
    path, entered = SHORTEST_PATH[opportunity.state], opportunity.fields["state_since"]
    assert isinstance(entered, datetime)
    close = {name: opportunity.fields[name] for name in ("closed_on", *REASONS) if name in opportunity.fields}
    transitions = []
    for sequence, (trigger, source, target) in enumerate(path, 1):
        last = sequence == len(path)
        settings = opportunity.process.document.state_settings(target)
        transition = Transition(
            id=new_id(),
            organization_id=ctx.viewer.organization_id,
            opportunity_id=opportunity.id,
            sequence=sequence,
            trigger=trigger,
            from_state=source,
            to_state=target,
            at=entered if last else opportunity.created_at,
            source=TransitionSource.IMPORT,
            requirements=[],
            process_id=opportunity.process.id,
            seconds_in_previous_state=int((entered - opportunity.created_at).total_seconds()) if last else 0,
            probability=float(settings.probability),
            forecast_category=settings.forecast_category,
            **_value_columns(opportunity),
            **(close if last else {}),
            **ctx.actor(),
        )
        transitions.append(transition)
    return transitions


def _snapshots(opportunity: ImportedOpportunity, deal: Opportunity) -> list[Snapshot]:
    """In the state before its own from creation on, where any time was spent there, and then as it is."""
    entered = deal.state_since
    if entered <= opportunity.created_at:
        return [first_snapshot(deal, opportunity.created_at)]
    previous_state = SHORTEST_PATH[opportunity.state][-1][1] if SHORTEST_PATH[opportunity.state] else opportunity.state
    settings = opportunity.process.document.state_settings(previous_state)
    forecast = {"probability": float(settings.probability), "forecast_category": settings.forecast_category}
    earlier = {"state": previous_state, "closed_on": None, "until": entered, **forecast}
    return [first_snapshot(deal, opportunity.created_at, **earlier), first_snapshot(deal, entered)]


def _value_columns(opportunity: ImportedOpportunity) -> dict[str, object]:
    return {name: opportunity.fields[name] for name in ("value_minor", "value_currency", "expected_close_date")}


def _milestone_rows(ctx: Ctx, lookup: ImportLookup, opportunity: ImportedOpportunity) -> list[Milestone]:
    """The steps of the process, due from the day of the import."""
    today: date = ctx.today(lookup.time_zone.key)
    return [
        Milestone(
            id=new_id(),
            organization_id=ctx.viewer.organization_id,
            opportunity_id=opportunity.id,
            template_key=template.key,
            name=template.name,
            side=template.side,
            weight=template.weight,
            status=MilestoneStatus.PLANNED,
            due=None if template.due_after_days is None else today + timedelta(days=template.due_after_days),
            position=position,
            created_at=ctx.now,
        )
        for position, template in enumerate(opportunity.process.document.milestones, 1)
    ]


def _step_facts(transition: Transition) -> TransitionFacts:
    return TransitionFacts(
        trigger=Trigger(transition.trigger),
        source=_S(transition.from_state),
        target=_S(transition.to_state),
        at=transition.at,
        seconds=transition.seconds_in_previous_state,
    )


def _milestone_facts(milestone: Milestone) -> MilestoneFacts:
    names = ("id", "opportunity_id", "name", "side", "weight", "status", "due")
    return MilestoneFacts(key=milestone.template_key, **{name: getattr(milestone, name) for name in names})
