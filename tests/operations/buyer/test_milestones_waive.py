"""Milestones waived by who does not work the deal, and milestones reopened."""

from uuid import UUID

import pytest

from tests.support.scenarios.milestones import (
    LATER,
    REASON,
    SAID,
    VERBS,
    YESTERDAY,
    a_step,
    deal_of,
    faults,
    last_event,
    refused,
    row,
)
from tests.support.team import ROLES, Crew, new_crew
from workflow.models import Opportunity
from workflow.operations.buyer.milestones import reopen_milestone, waive_milestone
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import MilestoneStatus
from workflow.rules.errors import PermissionDeniedError

PLANNED, DONE = MilestoneStatus.PLANNED, MilestoneStatus.DONE
MISSED, WAIVED = MilestoneStatus.MISSED, MilestoneStatus.WAIVED
WAIVERS = {"manager", "admin"}
BROKE = "It broke on their data."


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """The people; every test takes a deal of its own."""
    return await new_crew()


async def helped(crew: Crew, deal: UUID, name: str) -> None:
    """The person works the deal with its owner."""
    helpers = [crew.member(name)]
    await update_opportunity(crew.organization.ctx, deal, {"collaborator_ids": helpers}, expected_version=None)


@pytest.mark.parametrize("who", ROLES)
async def test_only_a_manager_of_the_team_or_an_admin_waives(crew: Crew, who: str) -> None:
    id = await a_step(crew)
    await helped(crew, await deal_of(id), "helper")
    attempt = VERBS["waive"](crew.at(who, LATER), id, None)

    if who in WAIVERS:
        assert (await row(await attempt))["status"] == WAIVED
    else:
        assert type(await refused(await deal_of(id), attempt)) is PermissionDeniedError


@pytest.mark.parametrize("who", sorted(WAIVERS))
async def test_nobody_waives_on_a_deal_they_work(crew: Crew, who: str) -> None:
    helping, owning = await a_step(crew), await a_step(crew)
    await helped(crew, await deal_of(helping), who)
    await Opportunity.filter(id=await deal_of(owning)).update(owner_id=crew.member(who))

    refusals = [
        await refused(await deal_of(id), VERBS["waive"](crew.at(who, LATER), id, None)) for id in (helping, owning)
    ]

    needed = "a manager of the owner's team or an admin, who does not work the deal"
    told = (PermissionDeniedError, f"To waive a milestone needs {needed}. Ask one of them.")
    assert [(type(refusal), refusal.message) for refusal in refusals] == [told, told]


@pytest.mark.parametrize("start", [PLANNED, MISSED])
async def test_a_waiver_keeps_who_gave_it_and_why(crew: Crew, start: MilestoneStatus) -> None:
    id = await a_step(crew, start)

    await waive_milestone(crew.at("manager", LATER), id, reason=f" {REASON} ", expected_version=None)

    step, (type, payload) = await row(id), await last_event(id)
    manager = crew.member("manager")
    assert (step["status"], step["waive_reason"], step["actor_member_id"]) == (WAIVED, REASON, manager)
    assert (step["completed_at"], step["evidence"]) == (None, None)
    assert (type, payload["reason"], payload["actor"]["memberId"]) == ("milestone.waived", REASON, str(manager))
    assert payload["changes"] == {"status": {"old": start, "new": WAIVED}}


@pytest.mark.parametrize(
    ("reason", "taken"), [("x" * 20, True), ("x" * 19, False), (" " * 9 + "x" * 19 + " ", False), ("", False)]
)
async def test_a_waiver_gives_a_reason_of_20_characters(crew: Crew, reason: str, taken: bool) -> None:
    id = await a_step(crew)
    attempt = waive_milestone(crew.at("manager", LATER), id, reason=reason, expected_version=None)

    if taken:
        assert (await row(await attempt))["waive_reason"] == reason
    else:
        assert await faults(id, attempt) == ["reason"]


@pytest.mark.parametrize("start", [DONE, WAIVED])
async def test_a_reopened_one_is_planned_with_its_day_and_nothing_of_what_it_was(
    crew: Crew, start: MilestoneStatus
) -> None:
    id = await a_step(crew, start)
    before = await row(id)

    await reopen_milestone(crew.at("owner", LATER), id, reason=f" {BROKE} ", expected_version=None)

    gone = dict.fromkeys(("completed_at", "evidence", "waive_reason", "actor_kind", "actor_name", "actor_member_id"))
    assert await row(id) == {**before, **gone, "status": PLANNED}
    assert before["due"] == YESTERDAY


@pytest.mark.parametrize(("start", "evidence", "waiver"), [(DONE, SAID, None), (WAIVED, None, REASON)])
async def test_the_event_of_a_reopened_one_tells_what_it_was(
    crew: Crew, start: MilestoneStatus, evidence: str | None, waiver: str | None
) -> None:
    id = await a_step(crew, start)
    done_at = (await row(id))["completed_at"]

    await reopen_milestone(crew.at("owner", LATER), id, reason=BROKE, expected_version=None)

    type, payload = await last_event(id)
    was = {"evidence": evidence, "completedAt": done_at and done_at.isoformat(), "waiveReason": waiver}
    assert (type, payload["reason"], payload["was"]) == ("milestone.reopened", BROKE, was)
    assert payload["changes"] == {"status": {"old": start, "new": PLANNED}}


@pytest.mark.parametrize("reason", ["", " \n"])
async def test_reopening_says_why(crew: Crew, reason: str) -> None:
    id = await a_step(crew, DONE)

    attempt = reopen_milestone(crew.at("owner", LATER), id, reason=reason, expected_version=None)

    assert await faults(id, attempt) == ["reason"]


@pytest.mark.parametrize("start", [PLANNED, MISSED])
async def test_what_is_open_cannot_be_reopened(crew: Crew, start: MilestoneStatus) -> None:
    id = await a_step(crew, start)

    assert await faults(id, VERBS["reopen"](crew.at("owner", LATER), id, None)) == ["id"]
