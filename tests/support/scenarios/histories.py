"""Random histories of deals, run by the product's operations with a changing clock, and recorded."""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.support.team import SalesTeam, override_all
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.bulk import BulkItem, assign_opportunities
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, QualifyChanges, WinDetails
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.queries.conditions import Days
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, SlipReason, WinReason

S = OpportunityState
Changes = dict[str, Any]
OPEN = (S.LEAD, S.QUALIFIED, S.PROGRESSING)
PROBABILITY = {
    S.LEAD: "0.1",
    S.QUALIFIED: "0.25",
    S.PROGRESSING: "0.5",
    S.WON: "1",
    S.LOST: "0",
    S.DISQUALIFIED: "0",
}
CATEGORY = {S.LEAD: "OMITTED", S.QUALIFIED: "PIPELINE", S.PROGRESSING: "BEST_CASE"}
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
PERIODS = [Days(date(2026, month, 1), date(2026, month + 2, 28)) for month in (1, 3, 4, 7, 10)]
RATES = ((date(2025, 1, 1), Decimal("0.9")), (date(2026, 4, 15), Decimal("0.75")))
"""Exchange rates from dollars to euros, each from a day on."""


@dataclass(frozen=True)
class PastState:
    """The values of a deal from an instant on, and the event that caused them."""

    at: datetime
    state: OpportunityState
    owner: str
    minor: int | None = None
    currency: str = "EUR"
    day: date | None = None
    closed_on: date | None = None
    slip: SlipReason | None = None
    entered: bool = False
    forced: bool = False


@dataclass
class History:
    """The recorded history of one deal."""

    id: UUID
    states: list[PastState] = field(default_factory=list)

    @property
    def current(self) -> PastState:
        """The latest values."""
        return self.states[-1]

    def at(self, instant: datetime) -> PastState | None:
        """Return the values at an instant, or None before the deal was created."""
        return next((one for one in reversed(self.states) if one.at <= instant), None)

    def add(self, **changes: Any) -> None:
        """Record new values."""
        self.states.append(
            replace(self.current, **{"slip": None, "entered": False, "forced": False, **changes})
        )


def base_value(minor: int | None, currency: str, on: date) -> int:
    """Convert an amount to minor units of euros on a day."""
    if minor is None:
        return 0
    exchange_rate = (
        Decimal(1) if currency == "EUR" else next(rate for since, rate in reversed(RATES) if since <= on)
    )
    return int((Decimal(minor) * exchange_rate).quantize(Decimal(1), "ROUND_HALF_UP"))


def end_of(day: date) -> datetime:
    """Return the last instant of a day."""
    return datetime.combine(day, time.max, UTC)


def within(day: date | None, period: Days) -> bool:
    """Return whether a day is in a period."""
    assert period.start is not None and period.end is not None
    return day is not None and period.start <= day <= period.end


async def create_histories(team: SalesTeam, account: UUID, count: int, seed: int) -> list[History]:
    """Create deals, each with a random history."""
    rng = random.Random(seed)
    for since, rate in RATES:
        await set_exchange_rate(team.at("admin", START), "USD", rate, since)
    return [await _create_history(team, account, rng) for _ in range(count)]


@dataclass(frozen=True)
class HistoryStep:
    """One step of a history: a random action on a deal at an instant."""

    team: SalesTeam
    history: History
    at: datetime
    rng: random.Random
    value: tuple[int | None, str]
    day: date | None

    @property
    def ctx(self) -> Ctx:
        """An admin who owns none of the deals."""
        return self.team.at("admin", self.at)

    @property
    def id(self) -> UUID:
        """The deal."""
        return self.history.id


async def _create_history(team: SalesTeam, account: UUID, rng: random.Random) -> History:
    at = START + timedelta(days=rng.randrange(120), hours=rng.randrange(24))
    place = NewOpportunity(account, team.member("owner"), None)
    value = _value(rng)
    day = _day(rng)
    given = OpportunityChanges(name="Deal", value=_money(value), expected_close_date=day)
    id = await create_opportunity(team.at("admin", at), place, given)
    history = History(id, [PastState(at, S.LEAD, "owner", *value, day, entered=True)])
    for _ in range(rng.randrange(1, 9)):
        at += timedelta(hours=rng.randrange(1, 24 * 25))
        change = rng.choice(CHANGES_BY_STATE.get(history.current.state, (_reopen,)))
        history.add(at=at, **await change(HistoryStep(team, history, at, rng, _value(rng), _day(rng))))
    return history


async def _revalue(step: HistoryStep) -> Changes:
    await update_opportunity(step.ctx, step.id, {"value": _money(step.value)}, expected_version=None)
    return {"minor": step.value[0], "currency": step.value[1]}


async def _reschedule(step: HistoryStep) -> Changes:
    slip = step.rng.choice(list(SlipReason))
    given = OpportunityChanges(expected_close_date=step.day, slip_reason=slip)
    await update_opportunity(step.ctx, step.id, given, expected_version=None)
    return {"day": step.day, "slip": slip if _is_push(step.history, step.day) else None}


async def _reassign(step: HistoryStep) -> Changes:
    other = "stranger" if step.history.current.owner == "owner" else "owner"
    await assign_opportunities(step.ctx, [BulkItem(step.id)], step.team.member(other))
    return {"owner": other}


async def _qualify(step: HistoryStep) -> Changes:
    await triggers.qualify(step.ctx, step.id, QualifyChanges(), override_all())
    return {"state": S.QUALIFIED, "entered": True, "forced": True}


async def _progress(step: HistoryStep) -> Changes:
    given = OpportunityChanges(value=_money(step.value), expected_close_date=step.day)
    await triggers.progress(step.ctx, step.id, given, override_all())
    changes = {"minor": step.value[0], "currency": step.value[1], "day": step.day}
    return {**changes, "state": S.PROGRESSING, "entered": True, "forced": True}


async def _win(step: HistoryStep) -> Changes:
    minor = step.rng.randrange(1, 10**6)
    currency = step.value[1]
    given = OpportunityChanges(value=_money((minor, currency)))
    await triggers.win(step.ctx, step.id, WinDetails(WinReason.SPEED, changes=given), override_all())
    return {"minor": minor, "currency": currency, "forced": True, **_closed(step, S.WON)}


async def _lose(step: HistoryStep) -> Changes:
    await triggers.lose(step.ctx, step.id, LossDetails(LossReason.PRICE), TransitionOptions())
    return _closed(step, S.LOST)


async def _disqualify(step: HistoryStep) -> Changes:
    await triggers.disqualify(step.ctx, step.id, DisqualifyReason.NO_FIT, TransitionOptions())
    return _closed(step, S.DISQUALIFIED)


async def _regress(step: HistoryStep) -> Changes:
    await triggers.regress(step.ctx, step.id, TransitionOptions(note="Not yet."))
    return {"state": OPEN[OPEN.index(step.history.current.state) - 1], "entered": True}


async def _reopen(step: HistoryStep) -> Changes:
    state = step.history.current.state
    to = {S.LOST: step.rng.choice(OPEN), S.DISQUALIFIED: S.LEAD, S.WON: S.PROGRESSING}[state]
    override = None if to is S.LEAD else override_all().override
    await triggers.reopen(
        step.ctx, step.id, to, {}, TransitionOptions(note="They called again.", override=override)
    )
    return {"state": to, "closed_on": None, "entered": True, "forced": override is not None}


def _closed(step: HistoryStep, state: OpportunityState) -> Changes:
    return {"state": state, "closed_on": step.at.date(), "entered": True}


CHANGES_BY_STATE: Mapping[OpportunityState, tuple[Callable[[HistoryStep], Awaitable[Changes]], ...]] = {
    S.LEAD: (_revalue, _reschedule, _reassign, _qualify, _qualify, _disqualify),
    S.QUALIFIED: (_revalue, _reschedule, _reassign, _progress, _progress, _lose, _disqualify, _regress),
    S.PROGRESSING: (_revalue, _reschedule, _reschedule, _win, _win, _lose, _disqualify, _regress),
}
"""Possible actions in each state; a closed deal can only be reopened."""


def _is_push(history: History, day: date | None) -> bool:
    """Move the close date to a later month than any before."""
    last = next((one.day for one in reversed(history.states) if one.day), None)
    return last is not None and day is not None and (day.year, day.month) > (last.year, last.month)


def _value(rng: random.Random) -> tuple[int | None, str]:
    return rng.choice([None, rng.randrange(10**6)]), rng.choice(["EUR", "USD"])


def _money(value: tuple[int | None, str]) -> MoneyAmount | None:
    return None if value[0] is None else MoneyAmount(Decimal(value[0]) / 100, value[1])


def _day(rng: random.Random) -> date | None:
    return rng.choice([None, *(date(2026, 1, 1) + timedelta(days=rng.randrange(400)) for _ in range(5))])
