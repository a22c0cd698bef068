"""The day, reason and exchange rate of a close, and its removal by REOPEN."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW
from tests.support.team import SELLER_EMAIL, SalesTeam, new_sales_team, override_all
from workflow.models import Opportunity, Transition
from workflow.operations.buyer.competitors import NewCompetitor, add_competitor
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.edit import delete_opportunity, update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import (
    LossDetails,
    WinDetails,
    disqualify,
    lose,
    regress,
    reopen,
    win,
)
from workflow.operations.pricing.exchange_rates import set_exchange_rate
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import (
    CompetitorKind,
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityState,
    WinReason,
)
from workflow.rules.errors import InvalidInputError, TransitionBlockedError
from workflow.rules.opportunity.time_in_state import StateDuration, state_durations

S = OpportunityState
PRICE = LossReason.PRICE
NOTHING = OpportunityChanges()
TODAY = NOW.date()
DAY = timedelta(days=1)
HUNDRED = MoneyAmount(Decimal(100), "USD")
CLOSE = ("closed_on", "win_reason", "loss_reason", "disqualify_reason", "lost_to_id")
WHERE = [
    ("Pacific/Auckland", 12, date(2026, 2, 2), date(2026, 2, 11), date(2026, 3, 4)),
    ("America/Los_Angeles", 6, date(2026, 1, 31), date(2026, 2, 9), date(2026, 3, 2)),
    ("UTC", 12, date(2026, 2, 1), date(2026, 2, 10), date(2026, 3, 3)),
]
"""The local days of a creation on 1 February, a state since 10 February and now, 3 March."""


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team; a dollar is 0.50 since 10 February and 0.80 since 1 March. Each test has its own deal."""
    team = await new_sales_team()
    await set_exchange_rate(team.ctx["admin"], "USD", Decimal("0.5"), date(2026, 2, 10))
    await set_exchange_rate(team.ctx["admin"], "USD", Decimal("0.8"), date(2026, 3, 1))
    return team


async def deal_of_100_dollars(team: SalesTeam, state: OpportunityState = S.PROGRESSING) -> UUID:
    """Return a deal with a value of a hundred dollars."""
    id = await team.add_deal(state)
    await update_opportunity(team.ctx["admin"], id, {"value": HUNDRED}, expected_version=None)
    return id


async def close_columns(id: UUID) -> dict[str, Any]:
    """Return the columns of the close."""
    names = (*CLOSE, "closed_from", "close_note")
    return {
        name: value for name, value in (await Opportunity.filter(id=id).values(*names))[0].items() if value
    }


async def base_value(id: UUID) -> int | None:
    """Return the base value in cents."""
    found: int | None = (await Opportunity.get(id=id)).base_minor
    return found


@pytest.mark.parametrize(("zone", "hour", "made", "entered", "today"), WHERE, ids=[row[0] for row in WHERE])
async def test_the_close_date_lies_between_creation_and_today_in_the_organizations_time_zone(
    zone: str, hour: int, made: date, entered: date, today: date
) -> None:
    team = await new_sales_team(time_zone=zone)
    began, since, now = (datetime(2026, *day, hour, tzinfo=UTC) for day in ((2, 1), (2, 10), (3, 3)))
    row = ImportRow("one", "One", "Acme", SELLER_EMAIL, S.PROGRESSING, created_at=began, state_since=since)
    [outcome] = await import_rows(team.organization.ctx, "zone", [row])
    id = outcome.opportunity_id
    assert id

    async def may_close(who: str, day: date) -> bool:
        try:
            await lose(
                team.at(who, now), id, LossDetails(PRICE, closed_on=day), TransitionOptions(dry_run=True)
            )
        except InvalidInputError as refusal:
            assert [fault.path for fault in refusal.fields] == [("closedOn",)]
            return False
        return True

    first = {"owner": entered, "manager": entered, "integrator": entered, "admin": made}
    days = {who: [day - DAY, day, today, today + DAY] for who, day in first.items()}
    found = {who: [await may_close(who, day) for day in tried] for who, tried in days.items()}
    await lose(team.at("owner", now), id, LossDetails(PRICE), TransitionOptions())
    assert found == {who: [False, True, True, False] for who in first}
    assert (await close_columns(id))["closed_on"] == today


async def test_a_lost_deal_has_its_day_reason_and_competitor(team: SalesTeam) -> None:
    id = await team.add_deal(S.PROGRESSING)
    owner = team.ctx["owner"]
    rival = await add_competitor(owner, id, NewCompetitor(CompetitorKind.VENDOR, "Rival"))
    lost = LossDetails(LossReason.LOST_TO_COMPETITOR, rival, date(2026, 2, 20))

    await lose(owner, id, lost, TransitionOptions(note=" They were there first. "))

    close = {"closed_on": date(2026, 2, 20), "loss_reason": "LOST_TO_COMPETITOR", "lost_to_id": rival}
    note = "They were there first."
    assert await close_columns(id) == {**close, "closed_from": "PROGRESSING", "close_note": note}
    [last] = await Transition.filter(opportunity_id=id, trigger="LOSE").values(*CLOSE, "note")
    assert last == {**dict.fromkeys(CLOSE), **close, "note": note}


async def test_won_and_disqualified_deals_have_a_reason(team: SalesTeam) -> None:
    won = await deal_of_100_dollars(team)
    stopped = await team.add_deal(S.LEAD)

    await win(team.ctx["admin"], won, WinDetails(WinReason.SPEED, date(2026, 2, 20)), override_all())
    await disqualify(team.ctx["owner"], stopped, DisqualifyReason.NO_PAIN, TransitionOptions())

    assert await close_columns(won) == {
        "closed_on": date(2026, 2, 20),
        "closed_from": "PROGRESSING",
        "win_reason": "SPEED",
    }
    assert await close_columns(stopped) == {
        "closed_on": TODAY,
        "closed_from": "LEAD",
        "disqualify_reason": "NO_PAIN",
    }


@pytest.mark.parametrize(
    ("closed_on", "worth"),
    [(date(2026, 2, 10), 5000), (date(2026, 2, 28), 5000), (date(2026, 3, 1), 8000), (None, 8000)],
)
async def test_the_base_value_is_frozen_at_the_rate_of_the_day_it_was_closed(
    team: SalesTeam, closed_on: date | None, worth: int
) -> None:
    id = await deal_of_100_dollars(team)
    assert await base_value(id) == 8000

    await lose(team.ctx["owner"], id, LossDetails(PRICE, closed_on=closed_on), TransitionOptions())

    assert await base_value(id) == worth


async def test_a_deal_cannot_be_closed_on_a_day_without_an_exchange_rate(team: SalesTeam) -> None:
    id = await deal_of_100_dollars(team)
    before = await Opportunity.filter(id=id).values()

    faults = []
    for terms in (override_all(), TransitionOptions()):
        with pytest.raises(InvalidInputError) as refusal:
            await win(team.ctx["admin"], id, WinDetails(WinReason.SPEED, date(2026, 2, 9)), terms)
        faults.append([fault.path for fault in refusal.value.fields])

    assert faults == [[("closedOn",)]] * 2
    assert await Opportunity.filter(id=id).values() == before


async def test_a_new_exchange_rate_revalues_open_deals_only() -> None:
    team = await new_sales_team()
    admin = team.ctx["admin"]
    later = team.at("admin", NOW + DAY)
    await set_exchange_rate(admin, "USD", Decimal("0.5"), date(2026, 1, 1))
    open_, lost, gone = [await deal_of_100_dollars(team) for _ in range(3)]
    await lose(admin, lost, LossDetails(PRICE), TransitionOptions())
    await delete_opportunity(admin, gone, reason="A test deal", expected_version=None)
    ids = [open_, lost, gone]
    before = {id: (await Opportunity.filter(id=id).values())[0] for id in ids}

    await set_exchange_rate(later, "USD", Decimal("0.9"), date(2026, 2, 1))
    await set_exchange_rate(later, "USD", Decimal("3"), NOW.date() + 2 * DAY)

    after = {id: (await Opportunity.filter(id=id).values())[0] for id in ids}
    assert after == {**before, open_: {**before[open_], "base_minor": 9000}}
    assert [before[id]["base_minor"] for id in ids] == [5000] * 3


async def test_a_reopened_deal_has_no_close_but_its_history_keeps_it(team: SalesTeam) -> None:
    id = await deal_of_100_dollars(team)
    closed_on = date(2026, 2, 20)
    then = NOW + 3 * DAY
    await lose(
        team.at("owner", NOW + DAY),
        id,
        LossDetails(PRICE, closed_on=closed_on),
        TransitionOptions(note="Too dear"),
    )
    assert await base_value(id) == 5000

    await reopen(team.at("manager", then), id, S.LEAD, NOTHING, TransitionOptions(note="They came back."))

    deal = await Opportunity.get(id=id)
    facts = (await load_facts(team.organization.id, [id], then + DAY))[id]
    [kept] = await Transition.filter(opportunity_id=id, trigger="LOSE").values(*CLOSE)
    lead = next(clock for clock in state_durations(facts, then + DAY) if clock.state is S.LEAD)
    assert await close_columns(id) == {}
    assert kept == {**dict.fromkeys(CLOSE), "closed_on": closed_on, "loss_reason": "PRICE"}
    assert (deal.state, deal.state_since, deal.base_minor) == ("LEAD", then, 8000)
    assert lead == StateDuration(S.LEAD, current_seconds=86_400, cumulative_seconds=86_400, visits=2)


async def test_the_agreed_value_is_written_before_the_gate_is_evaluated(team: SalesTeam) -> None:
    id = await team.add_deal(S.PROGRESSING)
    admin = team.ctx["admin"]
    agreed = WinDetails(WinReason.PRICE_VALUE, date(2026, 2, 20), {"value": HUNDRED})

    with pytest.raises(TransitionBlockedError) as refusal:
        await win(admin, id, agreed, TransitionOptions())
    await win(admin, id, agreed, override_all())

    unmet = [verdict.key for verdict in refusal.value.unmet]  # type: ignore[attr-defined]  # verdicts
    assert unmet == ["milestone.decision_made", "milestone.terms_agreed"]
    step = await Transition.get(opportunity_id=id, trigger="WIN")
    assert (step.value_minor, step.value_currency, await base_value(id)) == (10_000, "USD", 5000)


@pytest.mark.parametrize(
    ("trigger", "state", "settings"),
    [
        ("regress", S.PROGRESSING, (0.25, "PIPELINE")),
        ("win", S.PROGRESSING, (1.0, "CLOSED")),
        ("lose", S.QUALIFIED, (0.0, "OMITTED")),
        ("disqualify", S.LEAD, (0.0, "OMITTED")),
    ],
)
async def test_a_transition_resets_a_manual_forecast_to_the_states_default(
    team: SalesTeam, trigger: str, state: OpportunityState, settings: tuple[float, str]
) -> None:
    id = await team.add_deal(state, uuid4().hex)
    admin = team.ctx["admin"]
    by_hand: OpportunityChanges = {"probability": 0.9, "forecast_category": ForecastCategory.COMMIT}
    await update_opportunity(admin, id, by_hand, expected_version=None)
    note = TransitionOptions(note="They want to think again.")

    await {
        "regress": lambda: regress(admin, id, note),
        "win": lambda: win(admin, id, WinDetails(WinReason.SPEED), override_all()),
        "lose": lambda: lose(admin, id, LossDetails(PRICE), note),
        "disqualify": lambda: disqualify(admin, id, DisqualifyReason.NO_FIT, note),
    }[trigger]()

    deal = await Opportunity.get(id=id)
    assert (deal.probability, deal.forecast_category, deal.probability_is_manual) == (*settings, False)
    step = (await Transition.filter(opportunity_id=id).order_by("-sequence").limit(1))[0]
    assert (step.probability, step.forecast_category) == settings
