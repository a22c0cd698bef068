"""Random histories of deals, done by the product's own operations at a moved clock, and kept beside it as they were done."""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.support.team import Crew, forced
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.bulk import BulkItem, assign_opportunities
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, QualifyChanges, WinDetails
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.queries.opportunity.filter import Days
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, SlipReason, WinReason

S = OpportunityState
Changes = dict[str, Any]
OPEN = (S.LEAD, S.QUALIFIED, S.PROGRESSING)
CHANCE = {S.LEAD: "0.1", S.QUALIFIED: "0.25", S.PROGRESSING: "0.5", S.WON: "1", S.LOST: "0", S.DISQUALIFIED: "0"}
CATEGORY = {S.LEAD: "OMITTED", S.QUALIFIED: "PIPELINE", S.PROGRESSING: "BEST_CASE"}
BEGINNING = datetime(2026, 1, 5, 9, tzinfo=UTC)
PERIODS = [Days(date(2026, month, 1), date(2026, month + 2, 28)) for month in (1, 3, 4, 7, 10)]
RATES = ((date(2025, 1, 1), Decimal("0.9")), (date(2026, 4, 15), Decimal("0.75")))
"""What a dollar is worth in euros, from a day on."""


@dataclass(frozen=True)
class Stood:
    """How a deal stood from an instant on, and what made it so."""

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
    """One deal as it went."""

    id: UUID
    stood: list[Stood] = field(default_factory=list)

    @property
    def now(self) -> Stood:
        """How it stands at last."""
        return self.stood[-1]

    def at(self, instant: datetime) -> Stood | None:
        """How it stood at an instant; None where it was not there yet."""
        return next((one for one in reversed(self.stood) if one.at <= instant), None)

    def go(self, **changes: Any) -> None:
        """It stands anew."""
        self.stood.append(replace(self.now, **{"slip": None, "entered": False, "forced": False, **changes}))


def worth(minor: int | None, currency: str, on: date) -> int:
    """Minor units of euros on a day."""
    if minor is None:
        return 0
    rate = Decimal(1) if currency == "EUR" else next(rate for since, rate in reversed(RATES) if since <= on)
    return int((Decimal(minor) * rate).quantize(Decimal(1), "ROUND_HALF_UP"))


def end_of(day: date) -> datetime:
    """The last moment of a day."""
    return datetime.combine(day, time.max, UTC)


def within(day: date | None, period: Days) -> bool:
    """Whether a day lies in a period."""
    assert period.start is not None and period.end is not None
    return day is not None and period.start <= day <= period.end


async def histories(crew: Crew, account: UUID, count: int, seed: int) -> list[History]:
    """So many deals, each through some moves."""
    chance = random.Random(seed)
    for since, rate in RATES:
        await set_exchange_rate(crew.at("admin", BEGINNING), "USD", rate, since)
    return [await _history(crew, account, chance) for _ in range(count)]


@dataclass(frozen=True)
class Turn:
    """A moment in which something is done with a deal: by whom, when, and what chance would have it be."""

    crew: Crew
    history: History
    at: datetime
    chance: random.Random
    value: tuple[int | None, str]
    day: date | None

    @property
    def ctx(self) -> Ctx:
        """An admin, who holds none of the deals."""
        return self.crew.at("admin", self.at)

    @property
    def id(self) -> UUID:
        """The deal."""
        return self.history.id


async def _history(crew: Crew, account: UUID, chance: random.Random) -> History:
    at = BEGINNING + timedelta(days=chance.randrange(120), hours=chance.randrange(24))
    place = NewOpportunity(account, crew.member("owner"), None)
    value, day = _value(chance), _day(chance)
    given = OpportunityChanges(name="Deal", value=_given(value), expected_close_date=day)
    id = await create_opportunity(crew.at("admin", at), place, given)
    history = History(id, [Stood(at, S.LEAD, "owner", *value, day, entered=True)])
    for _ in range(chance.randrange(1, 9)):
        at += timedelta(hours=chance.randrange(1, 24 * 25))
        way = chance.choice(WAYS.get(history.now.state, (_reopen,)))
        history.go(at=at, **await way(Turn(crew, history, at, chance, _value(chance), _day(chance))))
    return history


async def _revalue(turn: Turn) -> Changes:
    await update_opportunity(turn.ctx, turn.id, {"value": _given(turn.value)}, expected_version=None)
    return {"minor": turn.value[0], "currency": turn.value[1]}


async def _reschedule(turn: Turn) -> Changes:
    slip = turn.chance.choice(list(SlipReason))
    given = OpportunityChanges(expected_close_date=turn.day, slip_reason=slip)
    await update_opportunity(turn.ctx, turn.id, given, expected_version=None)
    return {"day": turn.day, "slip": slip if _pushes(turn.history, turn.day) else None}


async def _hand_over(turn: Turn) -> Changes:
    other = "stranger" if turn.history.now.owner == "owner" else "owner"
    await assign_opportunities(turn.ctx, [BulkItem(turn.id)], turn.crew.member(other))
    return {"owner": other}


async def _qualify(turn: Turn) -> Changes:
    await triggers.qualify(turn.ctx, turn.id, QualifyChanges(), forced())
    return {"state": S.QUALIFIED, "entered": True, "forced": True}


async def _progress(turn: Turn) -> Changes:
    given = OpportunityChanges(value=_given(turn.value), expected_close_date=turn.day)
    await triggers.progress(turn.ctx, turn.id, given, forced())
    worth = {"minor": turn.value[0], "currency": turn.value[1], "day": turn.day}
    return {**worth, "state": S.PROGRESSING, "entered": True, "forced": True}


async def _win(turn: Turn) -> Changes:
    minor, currency = turn.chance.randrange(1, 10**6), turn.value[1]
    given = OpportunityChanges(value=_given((minor, currency)))
    await triggers.win(turn.ctx, turn.id, WinDetails(WinReason.SPEED, changes=given), forced())
    return {"minor": minor, "currency": currency, "forced": True, **_closed(turn, S.WON)}


async def _lose(turn: Turn) -> Changes:
    await triggers.lose(turn.ctx, turn.id, LossDetails(LossReason.PRICE), TransitionOptions())
    return _closed(turn, S.LOST)


async def _stop(turn: Turn) -> Changes:
    await triggers.disqualify(turn.ctx, turn.id, DisqualifyReason.NO_FIT, TransitionOptions())
    return _closed(turn, S.DISQUALIFIED)


async def _regress(turn: Turn) -> Changes:
    await triggers.regress(turn.ctx, turn.id, TransitionOptions(note="Not yet."))
    return {"state": OPEN[OPEN.index(turn.history.now.state) - 1], "entered": True}


async def _reopen(turn: Turn) -> Changes:
    state = turn.history.now.state
    to = {S.LOST: turn.chance.choice(OPEN), S.DISQUALIFIED: S.LEAD, S.WON: S.PROGRESSING}[state]
    passing = None if to is S.LEAD else forced().override
    await triggers.reopen(turn.ctx, turn.id, to, {}, TransitionOptions(note="They called again.", override=passing))
    return {"state": to, "closed_on": None, "entered": True, "forced": passing is not None}


def _closed(turn: Turn, state: OpportunityState) -> Changes:
    return {"state": state, "closed_on": turn.at.date(), "entered": True}


WAYS: Mapping[OpportunityState, tuple[Callable[[Turn], Awaitable[Changes]], ...]] = {
    S.LEAD: (_revalue, _reschedule, _hand_over, _qualify, _qualify, _stop),
    S.QUALIFIED: (_revalue, _reschedule, _hand_over, _progress, _progress, _lose, _stop, _regress),
    S.PROGRESSING: (_revalue, _reschedule, _reschedule, _win, _win, _lose, _stop, _regress),
}
"""What can be done with a deal as it stands; a closed one can only be reopened."""


def _pushes(history: History, day: date | None) -> bool:
    """To a later month than the last date that was ever set."""
    last = next((one.day for one in reversed(history.stood) if one.day), None)
    return last is not None and day is not None and (day.year, day.month) > (last.year, last.month)


def _value(chance: random.Random) -> tuple[int | None, str]:
    return chance.choice([None, chance.randrange(10**6)]), chance.choice(["EUR", "USD"])


def _given(value: tuple[int | None, str]) -> MoneyAmount | None:
    return None if value[0] is None else MoneyAmount(Decimal(value[0]) / 100, value[1])


def _day(chance: random.Random) -> date | None:
    return chance.choice([None, *(date(2026, 1, 1) + timedelta(days=chance.randrange(400)) for _ in range(5))])
