"""Milestones: added by hand, done with evidence, renamed and moved."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from tests.support.scenarios.milestones import (
    LATER,
    SAID,
    TODAY,
    VERBS,
    YESTERDAY,
    a_step,
    deal_of,
    faults,
    last_event,
    refused,
    row,
    version,
)
from tests.support.team import Crew, new_crew
from workflow.models import Milestone
from workflow.operations.buyer.milestones import (
    MilestoneChanges,
    NewMilestone,
    add_milestone,
    complete_milestone,
    update_milestone,
)
from workflow.rules.enums import ActorKind, MilestoneSide, MilestoneStatus, OpportunityState
from workflow.rules.errors import InvalidInputError

PLANNED, DONE = MilestoneStatus.PLANNED, MilestoneStatus.DONE
MISSED, WAIVED = MilestoneStatus.MISSED, MilestoneStatus.WAIVED
SELLER, PROGRESSING = MilestoneSide.SELLER, OpportunityState.PROGRESSING
OPEN = [OpportunityState.LEAD, OpportunityState.QUALIFIED, PROGRESSING]


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """The people; every test takes a deal of its own."""
    return await new_crew()


async def process_step(crew: Crew) -> UUID:
    """A milestone of the process that weighs 25, on a deal of its own."""
    mine = Milestone.filter(opportunity_id=await crew.deal(PROGRESSING))
    found = await mine.filter(template_key="solution_validated").values("id")
    id: UUID = found[0]["id"]
    return id


@pytest.mark.parametrize("state", OPEN)
async def test_one_added_by_hand_comes_after_those_of_the_process(crew: Crew, state: OpportunityState) -> None:
    deal = await crew.deal(state)
    first = await add_milestone(crew.at("owner", LATER), deal, NewMilestone(" They saw it work "))

    second = await add_milestone(crew.at("owner", LATER), deal, NewMilestone("Ours", SELLER, 20, TODAY))

    kept, last = await row(first), await row(second)
    about = ("template_key", "name", "side", "weight", "status", "due", "position")
    assert [kept[name] for name in about] == [None, "They saw it work", "BUYER", 1, "PLANNED", None, 6]
    assert [last[name] for name in about] == [None, "Ours", "SELLER", 20, "PLANNED", TODAY, 7]
    assert await version(deal) == 3


async def test_adding_is_told_with_all_that_was_given(crew: Crew) -> None:
    deal = await crew.deal(PROGRESSING)

    id = await add_milestone(crew.at("owner", LATER), deal, NewMilestone("Ours", SELLER, 3, TODAY))

    type, payload = await last_event(id)
    given = {"name": "Ours", "side": "SELLER", "weight": 3, "status": "PLANNED", "due": TODAY.isoformat()}
    assert type == "milestone.added"
    assert payload["changes"] == {name: {"old": None, "new": value} for name, value in given.items()}
    assert (payload["opportunityId"], payload["version"]) == (str(deal), 2)


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        (NewMilestone("Ours", weight=0), []),
        (NewMilestone("Ours", weight=20), []),
        (NewMilestone("Ours", weight=-1), ["weight"]),
        (NewMilestone("Ours", weight=21), ["weight"]),
        (NewMilestone("x" * 255, due=date(1900, 1, 1)), []),
        (NewMilestone("x" * 256), ["name"]),
        (NewMilestone(" ", weight=21, due=date(1899, 12, 31)), ["name", "weight", "due"]),
    ],
)
async def test_what_is_added_has_a_name_a_weight_up_to_20_and_a_sane_day(
    crew: Crew, given: NewMilestone, wrong: list[str]
) -> None:
    deal = await crew.deal(PROGRESSING)
    attempt = add_milestone(crew.at("owner", LATER), deal, given)

    if wrong:
        refusal = await refused(deal, attempt)
        assert isinstance(refusal, InvalidInputError)
        assert [problem.path for problem in refusal.fields] == [(name,) for name in wrong]
    else:
        assert (await row(await attempt))["weight"] == given.weight


@pytest.mark.parametrize("start", [PLANNED, MISSED])
async def test_done_keeps_when_by_whom_and_what_shows_it(crew: Crew, start: MilestoneStatus) -> None:
    id = await a_step(crew, start)

    await complete_milestone(crew.at("manager", LATER), id, evidence=f" {SAID} ", expected_version=None)

    step, (type, payload) = await row(id), await last_event(id)
    assert (step["status"], step["completed_at"], step["evidence"]) == (DONE, LATER, SAID)
    assert (step["actor_kind"], step["actor_member_id"]) == (ActorKind.MEMBER, crew.member("manager"))
    assert (type, payload["evidence"], payload["key"]) == ("milestone.completed", SAID, None)
    assert payload["changes"] == {"status": {"old": start, "new": DONE}}


@pytest.mark.parametrize("side", MilestoneSide)
@pytest.mark.parametrize(
    "evidence", [None, " ", "N/A", "yes done", "aaaaaaaaaaaa", "2026-03-02 10:00", "to be defined"]
)
async def test_evidence_that_says_nothing_is_refused_and_only_the_seller_may_do_without(
    crew: Crew, side: MilestoneSide, evidence: str | None
) -> None:
    id, absent = await a_step(crew, side=side), evidence is None or not evidence.strip()
    attempt = complete_milestone(crew.at("owner", LATER), id, evidence=evidence, expected_version=None)

    if side is SELLER and absent:
        assert (await row(await attempt))["status"] == DONE
    else:
        assert await faults(id, attempt) == ["evidence"]


@pytest.mark.parametrize("verb", ["complete", "update", "waive"])
@pytest.mark.parametrize("status", [DONE, WAIVED])
async def test_what_is_done_or_waived_is_reopened_first(crew: Crew, verb: str, status: MilestoneStatus) -> None:
    id = await a_step(crew, status)

    refusal = await refused(await deal_of(id), VERBS[verb](crew.at("manager", LATER), id, None))

    assert isinstance(refusal, InvalidInputError)
    assert refusal.message == f"This milestone is {status} already. Reopen it first with reopenMilestone."


async def test_name_and_day_of_the_processs_own_may_change(crew: Crew) -> None:
    id = await process_step(crew)
    due = (await row(id))["due"]

    await update_milestone(crew.at("owner", LATER), id, {"name": " Proven ", "due": None}, expected_version=None)

    step, (type, payload) = await row(id), await last_event(id)
    assert (step["name"], step["due"], step["status"]) == ("Proven", None, PLANNED)
    assert (type, payload["key"]) == ("milestone.updated", "solution_validated")
    assert payload["changes"]["due"] == {"old": due.isoformat(), "new": None}
    assert set(payload["changes"]) == {"name", "due"}


async def test_the_weight_of_the_processs_own_may_be_sent_back_as_it_is(crew: Crew) -> None:
    id = await process_step(crew)

    await update_milestone(crew.at("owner", LATER), id, {"name": "Proven", "weight": 25}, expected_version=None)

    assert ((await row(id))["name"], (await row(id))["weight"]) == ("Proven", 25)


@pytest.mark.parametrize("weight", [24, 20, None])
async def test_the_weight_of_the_processs_own_is_not_changed(crew: Crew, weight: int | None) -> None:
    id = await process_step(crew)

    attempt = update_milestone(crew.at("owner", LATER), id, {"name": "Seen", "weight": weight}, expected_version=None)

    assert await faults(id, attempt) == ["weight"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"weight": 0}, []),
        ({"weight": 20}, []),
        ({"weight": 21}, ["weight"]),
        ({"weight": -1}, ["weight"]),
        ({"weight": None}, ["weight"]),
        ({"name": None, "due": date(1899, 12, 31)}, ["name", "due"]),
        ({"name": "x" * 256}, ["name"]),
    ],
)
async def test_one_added_by_hand_may_weigh_0_to_20(crew: Crew, changes: MilestoneChanges, wrong: list[str]) -> None:
    id = await a_step(crew)
    attempt = update_milestone(crew.at("owner", LATER), id, changes, expected_version=None)

    if wrong:
        assert await faults(id, attempt) == wrong
    else:
        assert (await row(await attempt))["weight"] == changes["weight"]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"due": YESTERDAY - timedelta(days=1)}, MISSED),
        ({"name": "Seen at last"}, MISSED),
        ({"due": TODAY}, PLANNED),
        ({"due": TODAY + timedelta(days=1)}, PLANNED),
        ({"due": None}, PLANNED),
    ],
)
async def test_a_missed_one_with_time_ahead_is_planned_again(
    crew: Crew, changes: MilestoneChanges, status: MilestoneStatus
) -> None:
    id = await a_step(crew, MISSED)

    await update_milestone(crew.at("owner", LATER), id, changes, expected_version=None)

    told = (await last_event(id))[1]["changes"]
    assert (await row(id))["status"] == status
    assert told.get("status") == ({"old": MISSED, "new": PLANNED} if status is PLANNED else None)


async def test_the_same_values_again_change_nothing(crew: Crew) -> None:
    id, ctx = await a_step(crew), crew.at("owner", LATER)
    before = await row(id), await version(await deal_of(id)), await last_event(id)

    await update_milestone(ctx, id, {"name": "They saw it work", "due": YESTERDAY, "weight": 1}, expected_version=None)
    await update_milestone(ctx, id, {}, expected_version=None)

    assert (await row(id), await version(await deal_of(id)), await last_event(id)) == before
