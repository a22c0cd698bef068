"""Milestones: added by hand, completed with evidence, renamed and moved."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from tests.support.scenarios.milestones import (
    EVIDENCE,
    LATER,
    TODAY,
    VERBS,
    YESTERDAY,
    deal_of,
    deal_version,
    faulty_fields,
    last_event,
    milestone_row,
    new_milestone,
    refusal_of,
)
from tests.support.team import SalesTeam, new_sales_team
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

PLANNED = MilestoneStatus.PLANNED
DONE = MilestoneStatus.DONE
MISSED = MilestoneStatus.MISSED
WAIVED = MilestoneStatus.WAIVED
SELLER = MilestoneSide.SELLER
PROGRESSING = OpportunityState.PROGRESSING
OPEN = [OpportunityState.LEAD, OpportunityState.QUALIFIED, PROGRESSING]


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team; every test uses a deal of its own."""
    return await new_sales_team()


async def process_step(team: SalesTeam) -> UUID:
    """Create a deal with a milestone of the process that has the weight 25."""
    mine = Milestone.filter(opportunity_id=await team.add_deal(PROGRESSING))
    found = await mine.filter(template_key="solution_validated").values("id")
    id: UUID = found[0]["id"]
    return id


@pytest.mark.parametrize("state", OPEN)
async def test_a_manual_milestone_comes_after_those_of_the_process(
    team: SalesTeam, state: OpportunityState
) -> None:
    deal = await team.add_deal(state)
    first = await add_milestone(team.at("owner", LATER), deal, NewMilestone(" They saw it work "))

    second = await add_milestone(team.at("owner", LATER), deal, NewMilestone("Ours", SELLER, 20, TODAY))

    kept = await milestone_row(first)
    last = await milestone_row(second)
    about = ("template_key", "name", "side", "weight", "status", "due", "position")
    assert [kept[name] for name in about] == [None, "They saw it work", "BUYER", 1, "PLANNED", None, 6]
    assert [last[name] for name in about] == [None, "Ours", "SELLER", 20, "PLANNED", TODAY, 7]
    assert await deal_version(deal) == 3


async def test_the_added_event_has_every_field(team: SalesTeam) -> None:
    deal = await team.add_deal(PROGRESSING)

    id = await add_milestone(team.at("owner", LATER), deal, NewMilestone("Ours", SELLER, 3, TODAY))

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
async def test_a_new_milestone_needs_a_name_a_weight_up_to_20_and_a_valid_due_date(
    team: SalesTeam, given: NewMilestone, wrong: list[str]
) -> None:
    deal = await team.add_deal(PROGRESSING)
    attempt = add_milestone(team.at("owner", LATER), deal, given)

    if wrong:
        refusal = await refusal_of(deal, attempt)
        assert isinstance(refusal, InvalidInputError)
        assert [problem.path for problem in refusal.fields] == [(name,) for name in wrong]
    else:
        assert (await milestone_row(await attempt))["weight"] == given.weight


@pytest.mark.parametrize("start", [PLANNED, MISSED])
async def test_completing_stores_time_member_and_evidence(team: SalesTeam, start: MilestoneStatus) -> None:
    id = await new_milestone(team, start)

    await complete_milestone(team.at("manager", LATER), id, evidence=f" {EVIDENCE} ", expected_version=None)

    step = await milestone_row(id)
    (type, payload) = await last_event(id)
    assert (step["status"], step["completed_at"], step["evidence"]) == (DONE, LATER, EVIDENCE)
    assert (step["actor_kind"], step["actor_member_id"]) == (ActorKind.MEMBER, team.member("manager"))
    assert (type, payload["evidence"], payload["key"]) == ("milestone.completed", EVIDENCE, None)
    assert payload["changes"] == {"status": {"old": start, "new": DONE}}


@pytest.mark.parametrize("side", MilestoneSide)
@pytest.mark.parametrize(
    "evidence", [None, " ", "N/A", "yes done", "aaaaaaaaaaaa", "2026-03-02 10:00", "to be defined"]
)
async def test_empty_evidence_is_refused_except_on_seller_milestones(
    team: SalesTeam, side: MilestoneSide, evidence: str | None
) -> None:
    id = await new_milestone(team, side=side)
    absent = evidence is None or not evidence.strip()
    attempt = complete_milestone(team.at("owner", LATER), id, evidence=evidence, expected_version=None)

    if side is SELLER and absent:
        assert (await milestone_row(await attempt))["status"] == DONE
    else:
        assert await faulty_fields(id, attempt) == ["evidence"]


@pytest.mark.parametrize("verb", ["complete", "update", "waive"])
@pytest.mark.parametrize("status", [DONE, WAIVED])
async def test_a_done_or_waived_milestone_must_be_reopened_first(
    team: SalesTeam, verb: str, status: MilestoneStatus
) -> None:
    id = await new_milestone(team, status)

    refusal = await refusal_of(await deal_of(id), VERBS[verb](team.at("manager", LATER), id, None))

    assert isinstance(refusal, InvalidInputError)
    assert refusal.message == f"This milestone is {status.lower()} already. Reopen it first."


async def test_name_and_due_date_of_a_process_milestone_may_change(team: SalesTeam) -> None:
    id = await process_step(team)
    due = (await milestone_row(id))["due"]

    await update_milestone(
        team.at("owner", LATER), id, {"name": " Proven ", "due": None}, expected_version=None
    )

    step = await milestone_row(id)
    (type, payload) = await last_event(id)
    assert (step["name"], step["due"], step["status"]) == ("Proven", None, PLANNED)
    assert (type, payload["key"]) == ("milestone.updated", "solution_validated")
    assert payload["changes"]["due"] == {"old": due.isoformat(), "new": None}
    assert set(payload["changes"]) == {"name", "due"}


async def test_the_unchanged_weight_of_a_process_milestone_is_accepted(team: SalesTeam) -> None:
    id = await process_step(team)

    await update_milestone(
        team.at("owner", LATER), id, {"name": "Proven", "weight": 25}, expected_version=None
    )

    assert ((await milestone_row(id))["name"], (await milestone_row(id))["weight"]) == ("Proven", 25)


@pytest.mark.parametrize("weight", [24, 20, None])
async def test_the_weight_of_a_process_milestone_cannot_change(team: SalesTeam, weight: int | None) -> None:
    id = await process_step(team)

    attempt = update_milestone(
        team.at("owner", LATER), id, {"name": "Seen", "weight": weight}, expected_version=None
    )

    assert await faulty_fields(id, attempt) == ["weight"]


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
async def test_a_manual_milestone_may_weigh_0_to_20(
    team: SalesTeam, changes: MilestoneChanges, wrong: list[str]
) -> None:
    id = await new_milestone(team)
    attempt = update_milestone(team.at("owner", LATER), id, changes, expected_version=None)

    if wrong:
        assert await faulty_fields(id, attempt) == wrong
    else:
        assert (await milestone_row(await attempt))["weight"] == changes["weight"]


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
async def test_a_missed_milestone_with_a_future_due_date_is_planned_again(
    team: SalesTeam, changes: MilestoneChanges, status: MilestoneStatus
) -> None:
    id = await new_milestone(team, MISSED)

    await update_milestone(team.at("owner", LATER), id, changes, expected_version=None)

    recorded = (await last_event(id))[1]["changes"]
    assert (await milestone_row(id))["status"] == status
    assert recorded.get("status") == ({"old": MISSED, "new": PLANNED} if status is PLANNED else None)


async def test_the_same_values_again_change_nothing(team: SalesTeam) -> None:
    id = await new_milestone(team)
    ctx = team.at("owner", LATER)
    before = await milestone_row(id), await deal_version(await deal_of(id)), await last_event(id)

    await update_milestone(
        ctx, id, {"name": "They saw it work", "due": YESTERDAY, "weight": 1}, expected_version=None
    )
    await update_milestone(ctx, id, {}, expected_version=None)

    assert (await milestone_row(id), await deal_version(await deal_of(id)), await last_event(id)) == before
