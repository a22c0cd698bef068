"""Pushes: which moves of the expected close date count, what they need, and that nothing makes them forgotten."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW
from tests.support.team import SELLER, Crew, forced, new_crew, told
from workflow.models import Opportunity
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import (
    LossDetails,
    QualifyChanges,
    lose,
    progress,
    qualify,
    regress,
    reopen,
)
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import LossReason, OpportunityState, SlipReason
from workflow.rules.errors import InvalidInputError

S = OpportunityState
MARCH, LATE_MARCH, APRIL, MAY = date(2026, 3, 10), date(2026, 3, 31), date(2026, 4, 1), date(2026, 5, 20)
DECEMBER, JANUARY = date(2026, 12, 31), date(2027, 1, 1)


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew; each test has a deal of its own."""
    return await new_crew()


async def dated(crew: Crew, *days: date | None, state: OpportunityState = S.LEAD) -> UUID:
    """A deal whose expected close date has been each of these, moves to a later month for a reason."""
    id = await crew.deal(state)
    for day in days:
        await moved(crew.ctx["owner"], id, day)
    return id


async def moved(ctx: Ctx, id: UUID, day: date | None, reason: SlipReason | None = SlipReason.BUDGET) -> None:
    """The expected close date is this one now."""
    changes: OpportunityChanges = {"expected_close_date": day, "slip_reason": reason}
    await update_opportunity(ctx, id, changes, expected_version=None)


async def pushes(id: UUID) -> int:
    """How often the date was pushed."""
    found: int = (await Opportunity.get(id=id)).push_count
    return found


@pytest.mark.parametrize(
    ("days", "to", "is_push"),
    [
        ((), MAY, False),
        ((MARCH,), MARCH, False),
        ((MARCH,), LATE_MARCH, False),
        ((LATE_MARCH,), APRIL, True),
        ((LATE_MARCH,), MARCH, False),
        ((APRIL,), LATE_MARCH, False),
        ((DECEMBER,), JANUARY, True),
        ((JANUARY,), DECEMBER, False),
        ((date(2026, 12, 1),), date(2027, 11, 1), True),
        ((APRIL, MARCH), APRIL, True),
        ((MARCH, None), LATE_MARCH, False),
        ((MARCH, None), APRIL, True),
        ((MARCH, None, None), APRIL, True),
        ((MARCH,), None, False),
        ((date(2025, 12, 1),), date(2026, 1, 1), True),
    ],
)
async def test_a_move_to_a_later_month_than_the_last_that_was_set_needs_a_reason(
    crew: Crew, days: tuple[date | None, ...], to: date | None, is_push: bool
) -> None:
    id = await dated(crew, *days)
    before = await Opportunity.filter(id=id).values()
    count = before[0]["push_count"]

    if is_push:
        with pytest.raises(InvalidInputError) as refusal:
            await moved(crew.ctx["owner"], id, to, None)
        assert [fault.path for fault in refusal.value.fields] == [("slipReason",)]
        assert await Opportunity.filter(id=id).values() == before
        await moved(crew.ctx["owner"], id, to)
    else:
        await moved(crew.ctx["owner"], id, to, None)

    assert (await pushes(id), (await Opportunity.get(id=id)).expected_close_date) == (count + is_push, to)


async def test_each_push_is_told_with_its_reason(crew: Crew) -> None:
    id = await dated(crew, MARCH, None)

    await moved(crew.ctx["owner"], id, APRIL, SlipReason.LEGAL_PROCUREMENT)
    await moved(crew.ctx["owner"], id, APRIL + timedelta(days=1), SlipReason.OTHER)
    await moved(crew.ctx["owner"], id, MAY, SlipReason.BUYER_PROCESS)

    names = ("from", "to", "slipReason", "pushCount")
    assert [{name: event[name] for name in names} for event in await told(id, "closeDate.pushed")] == [
        {"from": "2026-03-10", "to": "2026-04-01", "slipReason": "LEGAL_PROCUREMENT", "pushCount": 1},
        {"from": "2026-04-02", "to": "2026-05-20", "slipReason": "BUYER_PROCESS", "pushCount": 2},
    ]


async def test_a_date_that_is_past_is_taken(crew: Crew) -> None:
    past = NOW.date() - timedelta(days=400)

    id = await dated(crew, past)

    assert (await Opportunity.get(id=id)).expected_close_date == past


async def test_a_day_before_1900_is_taken_for_a_slip_of_the_finger(crew: Crew) -> None:
    id = await dated(crew, date(1900, 1, 1))

    with pytest.raises(InvalidInputError) as refusal:
        await moved(crew.ctx["owner"], id, date(1899, 12, 31))

    assert [fault.path for fault in refusal.value.fields] == [("expectedCloseDate",)]


async def test_a_date_given_with_progress_is_a_new_baseline(crew: Crew) -> None:
    id = await dated(crew, MARCH, state=S.QUALIFIED)

    await progress(crew.ctx["admin"], id, {"expected_close_date": APRIL}, forced())
    assert await pushes(id) == 0
    await moved(crew.ctx["owner"], id, date(2026, 4, 30), None)
    await moved(crew.ctx["owner"], id, MAY)

    assert await pushes(id) == 1
    assert [event["from"] for event in await told(id, "closeDate.pushed")] == ["2026-04-30"]


async def test_a_date_given_with_reopen_is_a_new_baseline(crew: Crew) -> None:
    id = await dated(crew, MARCH, state=S.QUALIFIED)
    await lose(crew.ctx["owner"], id, LossDetails(LossReason.TIMING), TransitionOptions())

    note = TransitionOptions(note="They have the money now.")
    await reopen(crew.ctx["manager"], id, S.LEAD, {"expected_close_date": MAY}, note)
    assert await pushes(id) == 0
    await moved(crew.ctx["owner"], id, MAY + timedelta(days=1), None)
    await moved(crew.ctx["owner"], id, JANUARY)

    assert await pushes(id) == 1


async def test_no_arrow_makes_the_count_forgotten(crew: Crew) -> None:
    id, admin, note = await dated(crew, MARCH, APRIL, MAY), crew.ctx["admin"], "They want to think it over."
    terms, count = TransitionOptions(note=note), await pushes(id)

    arrows: list[Callable[[], Awaitable[object]]] = [
        lambda: qualify(admin, id, QualifyChanges(), forced()),
        lambda: progress(admin, id, {"expected_close_date": DECEMBER}, forced()),
        lambda: regress(admin, id, terms),
        lambda: lose(admin, id, LossDetails(LossReason.PRICE), terms),
        lambda: reopen(admin, id, S.PROGRESSING, {"expected_close_date": JANUARY}, forced(note)),
    ]
    counts = []
    for arrow in arrows:
        await arrow()
        counts.append(await pushes(id))

    assert (count, counts) == (2, [2] * 5)


async def test_an_import_pushes_without_a_reason(crew: Crew) -> None:
    key, admin = uuid4().hex, crew.ctx["admin"]
    counts = []

    for day in (MARCH, LATE_MARCH, APRIL, None, MAY, MARCH, APRIL):
        row = ImportRow(key, "Deal", "Acme", SELLER, expected_close_date=day)
        [outcome] = await import_rows(admin, "pushes", [row])
        assert outcome.opportunity_id
        counts.append(await pushes(outcome.opportunity_id))

    assert counts == [0, 0, 1, 1, 2, 2, 3]


async def test_what_was_set_here_is_the_baseline_of_an_import(crew: Crew) -> None:
    key, admin = uuid4().hex, crew.ctx["admin"]
    row = ImportRow(key, "Deal", "Acme", SELLER, expected_close_date=MARCH)
    [outcome] = await import_rows(admin, "pushes", [row])
    assert outcome.opportunity_id
    await moved(crew.ctx["owner"], outcome.opportunity_id, MAY)

    await import_rows(admin, "pushes", [replace(row, expected_close_date=APRIL)])

    assert await pushes(outcome.opportunity_id) == 1
