"""The rows of an imported opportunity: its own, the shortest path to its state or the history it tells, and the steps that lie ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tortoise.models import Model

from workflow.models import Milestone, Opportunity, Standing, Transition
from workflow.models.columns import new_id
from workflow.operations.change.snapshots import first_standing
from workflow.operations.core.context import Ctx
from workflow.operations.transfer.lookup import Book
from workflow.operations.transfer.new_opportunity import Birth
from workflow.operations.transfer.new_opportunity_children import NOTHING
from workflow.operations.transfer.row import REASONS
from workflow.queries.opportunity.facts import Home, facts_of_new
from workflow.rules.enums import (
    CLOSED_STATES,
    MilestoneStatus,
    OpportunityState,
    PurchaseProcess,
    TransitionSource,
    Trigger,
)
from workflow.rules.health.stored import judged
from workflow.rules.opportunity.parts import MilestoneFacts, StepFacts

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
class Newborn:
    """The rows of a new opportunity: its own, and what hangs on it in the order it can be written."""

    deal: Opportunity
    rows: Sequence[Model]


def newborn(ctx: Ctx, book: Book, birth: Birth, number: int) -> Newborn:
    """Everything that is written of a birth, judged as any deal is; one that is told whole is judged when all of it is there."""
    deal, told = _opportunity_row(ctx, book, birth, number), bool(birth.whole.history)
    arrows = [] if told else _history_rows(ctx, book, birth)
    ahead = [] if told or birth.state is not OpportunityState.PROGRESSING else _milestone_rows(ctx, book, birth)
    kept = [first_standing(deal, **columns) for columns in birth.hanging.past] or _standings(birth, deal)
    if birth.whole is NOTHING:
        account = book.profiles[deal.account_id]  # type: ignore[attr-defined]  # the key's column, which Tortoise makes
        parts = {"steps": tuple(map(_step, arrows)), "milestones": tuple(map(_milestone, ahead))}
        facts = facts_of_new(deal, account, Home(book.zone.key, book.base), parts)
        deal.update_from_dict(judged(birth.process.document, facts, ctx.now))
    return Newborn(deal, [*arrows, *kept, *ahead, *birth.hanging.rows])


def _opportunity_row(ctx: Ctx, book: Book, birth: Birth, number: int) -> Opportunity:
    """The deal as it is stored."""
    settings = birth.process.document.settings(birth.state)
    steps = [step.from_state for step in birth.whole.history] or [step[1] for step in SHORTEST_PATH[birth.state]]
    columns: dict[str, object] = {
        "probability": float(settings.probability),
        "probability_is_manual": False,
        "forecast_category": settings.forecast_category,
        "latest_close_date": birth.fields["expected_close_date"],
        "push_count": 0,
        "next_step_agreed": False,
        "purchase_process": PurchaseProcess.UNKNOWN,
        "closed_from": steps[-1] if birth.state in CLOSED_STATES else None,
        **birth.fields,
    }
    return Opportunity(
        id=birth.id,
        organization_id=ctx.viewer.organization_id,
        number=number,
        external_system=book.system,
        external_id=birth.key,
        process_id=birth.process.id,
        state=birth.state,
        version=1,
        created_at=birth.created_at,
        updated_at=ctx.now,
        recorded_at=ctx.now,
        **columns,
    )


def _history_rows(ctx: Ctx, book: Book, birth: Birth) -> list[Transition]:
    """The arrows of the shortest path, all at creation but the last, which carries the close."""
    path, entered = SHORTEST_PATH[birth.state], birth.fields["state_since"]
    assert isinstance(entered, datetime)
    close = {name: birth.fields[name] for name in ("closed_on", *REASONS) if name in birth.fields}
    arrows = []
    for sequence, (trigger, source, target) in enumerate(path, 1):
        last = sequence == len(path)
        settings = birth.process.document.settings(target)
        arrow = Transition(
            id=new_id(),
            organization_id=ctx.viewer.organization_id,
            opportunity_id=birth.id,
            sequence=sequence,
            trigger=trigger,
            from_state=source,
            to_state=target,
            at=entered if last else birth.created_at,
            source=TransitionSource.IMPORT,
            requirements=[],
            process_id=birth.process.id,
            seconds_in_previous_state=int((entered - birth.created_at).total_seconds()) if last else 0,
            probability=float(settings.probability),
            forecast_category=settings.forecast_category,
            **_weight(birth),
            **(close if last else {}),
            **ctx.actor(),
        )
        arrows.append(arrow)
    return arrows


def _standings(birth: Birth, deal: Opportunity) -> list[Standing]:
    """In the state before its own from creation on, where any time was spent there, and then as it is."""
    entered = deal.state_since
    if entered <= birth.created_at:
        return [first_standing(deal, birth.created_at)]
    before = SHORTEST_PATH[birth.state][-1][1] if SHORTEST_PATH[birth.state] else birth.state
    settings = birth.process.document.settings(before)
    forecast = {"probability": float(settings.probability), "forecast_category": settings.forecast_category}
    earlier = {"state": before, "closed_on": None, "until": entered, **forecast}
    return [first_standing(deal, birth.created_at, **earlier), first_standing(deal, entered)]


def _weight(birth: Birth) -> dict[str, object]:
    return {name: birth.fields[name] for name in ("value_minor", "value_currency", "expected_close_date")}


def _milestone_rows(ctx: Ctx, book: Book, birth: Birth) -> list[Milestone]:
    """The steps of the process, due from the day of the import."""
    today: date = ctx.today(book.zone.key)
    return [
        Milestone(
            id=new_id(),
            organization_id=ctx.viewer.organization_id,
            opportunity_id=birth.id,
            template_key=step.key,
            name=step.name,
            side=step.side,
            weight=step.weight,
            status=MilestoneStatus.PLANNED,
            due=None if step.due_after_days is None else today + timedelta(days=step.due_after_days),
            position=position,
            created_at=ctx.now,
        )
        for position, step in enumerate(birth.process.document.milestones, 1)
    ]


def _step(arrow: Transition) -> StepFacts:
    return StepFacts(
        trigger=Trigger(arrow.trigger),
        source=_S(arrow.from_state),
        target=_S(arrow.to_state),
        at=arrow.at,
        seconds=arrow.seconds_in_previous_state,
    )


def _milestone(step: Milestone) -> MilestoneFacts:
    names = ("id", "opportunity_id", "name", "side", "weight", "status", "due")
    return MilestoneFacts(key=step.template_key, **{name: getattr(step, name) for name in names})
