"""How an imported opportunity comes to be: its row, the shortest path to its state, and the steps that lie ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from workflow.models import Milestone, Opportunity, Standing, Transition
from workflow.models.columns import new_id
from workflow.operations.checks import MoneyGiven, merged
from workflow.operations.context import Ctx
from workflow.operations.import_book import Book
from workflow.operations.imported import REASONS, begins, day, instant, judge_dates, remembered
from workflow.operations.judging import judged
from workflow.operations.standings import first_standing
from workflow.queries.facts import Home, facts_of_new
from workflow.rules.errors import invalid
from workflow.rules.parts import MilestoneFacts, StepFacts
from workflow.rules.states import (
    CLOSED_STATES,
    MilestoneStatus,
    OpportunityState,
    OpportunityType,
    PurchaseProcess,
    TransitionSource,
    Trigger,
)

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
class Birth:
    """A new opportunity: the columns of its row but the number, and the row to remember."""

    id: UUID
    key: str
    state: OpportunityState
    created_at: datetime
    fields: Mapping[str, object]
    row: Mapping[str, object]


def born(ctx: Ctx, book: Book, columns: Mapping[str, object]) -> Birth:
    """A new opportunity as the row tells it; its state binds without a gate."""
    state = _S(str(columns.get("state") or _S.LEAD))
    judge_dates(columns, state, ctx.now, book.zone)
    closed_on = day(columns, "closed_on")
    if state in CLOSED_STATES and closed_on is None:
        raise invalid("closedOn", message=f"A row that is {state} needs `closedOn`, the day it was closed.")
    created_at = instant(columns, "created_at") or _earliest(ctx, book, columns)
    value = columns.get("value")
    worth = book.worth(value if isinstance(value, MoneyGiven) else None, closed_on or ctx.today(book.zone.key))
    given = columns.get("attributes")
    fields = {
        "name": columns["name"],
        "name_folded": str(columns["name"]).casefold(),
        "type": columns.get("type") or OpportunityType.NEW_BUSINESS,
        "source": columns.get("source"),
        "expected_close_date": columns.get("expected_close_date"),
        "attributes": merged({}, given if isinstance(given, Mapping) else {}),
        "owner_id": _owner(ctx, book, columns),
        "account_id": book.account(str(columns["account_name"])),
        "state_since": _entered(book, columns, created_at),
        **worth,
        **{name: columns[name] for name in ("closed_on", *REASONS) if columns.get(name) is not None},
    }
    key = str(columns["external_id"])
    return Birth(id=new_id(), key=key, state=state, created_at=created_at, fields=fields, row=remembered(columns))


@dataclass(frozen=True, slots=True)
class Newborn:
    """The rows of a new opportunity: its own, its arrows, how it stood, and the steps that lie ahead."""

    deal: Opportunity
    arrows: Sequence[Transition]
    standings: Sequence[Standing]
    steps: Sequence[Milestone]


def newborn(ctx: Ctx, book: Book, birth: Birth, number: int) -> Newborn:
    """Everything that is written of a birth, judged as any deal is."""
    deal, arrows = _opportunity_row(ctx, book, birth, number), _history_rows(ctx, book, birth)
    steps = _milestone_rows(ctx, book, birth) if birth.state is OpportunityState.PROGRESSING else []
    account = book.profiles[deal.account_id]  # type: ignore[attr-defined]  # the key's column, which Tortoise makes
    parts = {"steps": tuple(map(_step, arrows)), "milestones": tuple(map(_milestone, steps))}
    facts = facts_of_new(deal, account, Home(book.zone.key, book.base), parts)
    deal.update_from_dict(judged(book.process.document, facts, ctx.now))
    return Newborn(deal, arrows, _standings(book, birth, deal), steps)


def _opportunity_row(ctx: Ctx, book: Book, birth: Birth, number: int) -> Opportunity:
    """The deal as it is stored."""
    settings = book.process.document.settings(birth.state)
    path = SHORTEST_PATH[birth.state]
    return Opportunity(
        id=birth.id,
        organization_id=ctx.viewer.organization_id,
        number=number,
        external_system=book.system,
        external_id=birth.key,
        process_id=book.process.id,
        state=birth.state,
        probability=float(settings.probability),
        probability_is_manual=False,
        forecast_category=settings.forecast_category,
        latest_close_date=birth.fields["expected_close_date"],
        push_count=0,
        next_step_agreed=False,
        purchase_process=PurchaseProcess.UNKNOWN,
        closed_from=path[-1][1] if birth.state in CLOSED_STATES else None,
        version=1,
        created_at=birth.created_at,
        updated_at=ctx.now,
        recorded_at=ctx.now,
        **birth.fields,
    )


def _history_rows(ctx: Ctx, book: Book, birth: Birth) -> list[Transition]:
    """The arrows of the shortest path, all at creation but the last, which carries the close."""
    path, entered = SHORTEST_PATH[birth.state], birth.fields["state_since"]
    assert isinstance(entered, datetime)
    close = {name: birth.fields[name] for name in ("closed_on", *REASONS) if name in birth.fields}
    arrows = []
    for sequence, (trigger, source, target) in enumerate(path, 1):
        last = sequence == len(path)
        settings = book.process.document.settings(target)
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
            process_id=book.process.id,
            seconds_in_previous_state=int((entered - birth.created_at).total_seconds()) if last else 0,
            probability=float(settings.probability),
            forecast_category=settings.forecast_category,
            **_weight(birth),
            **(close if last else {}),
            **ctx.actor(),
        )
        arrows.append(arrow)
    return arrows


def _standings(book: Book, birth: Birth, deal: Opportunity) -> list[Standing]:
    """In the state before its own from creation on, where any time was spent there, and then as it is."""
    entered = deal.state_since
    if entered <= birth.created_at:
        return [first_standing(deal, birth.created_at)]
    before = SHORTEST_PATH[birth.state][-1][1] if SHORTEST_PATH[birth.state] else birth.state
    settings = book.process.document.settings(before)
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
        for position, step in enumerate(book.process.document.milestones, 1)
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


def _owner(ctx: Ctx, book: Book, columns: Mapping[str, object]) -> UUID:
    if columns.get("owner_email"):
        return book.owner(str(columns["owner_email"]))
    if ctx.viewer.member_id is None:
        raise invalid("ownerEmail", message="This key stands for no member: name the owner with `ownerEmail`.")
    return ctx.viewer.member_id


def _earliest(ctx: Ctx, book: Book, columns: Mapping[str, object]) -> datetime:
    """The row's earliest date, or now where it has none that has come."""
    days = (day(columns, "closed_on"), day(columns, "expected_close_date"))
    moments = [instant(columns, "state_since"), *(begins(value, book.zone) for value in days if value)]
    return min((moment for moment in moments if moment and moment <= ctx.now), default=ctx.now)


def _entered(book: Book, columns: Mapping[str, object], created_at: datetime) -> datetime:
    """When the last arrow was taken: at `stateSince`, or on the day of `closedOn` where closed."""
    since, closed_on = instant(columns, "state_since"), day(columns, "closed_on")
    if closed_on is None or (since and since.astimezone(book.zone).date() == closed_on):
        return since or created_at
    return max(begins(closed_on, book.zone), created_at)
