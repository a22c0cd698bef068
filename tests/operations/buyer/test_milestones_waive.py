"""Milestones waived by managers who do not work the deal, and milestones reopened."""

from uuid import UUID

import pytest

from tests.support.scenarios.milestones import (
    EVIDENCE,
    LATER,
    REASON,
    VERBS,
    YESTERDAY,
    deal_of,
    faulty_fields,
    last_event,
    milestone_row,
    new_milestone,
    refusal_of,
)
from tests.support.team import ROLES, SalesTeam, new_sales_team
from workflow.models import Opportunity
from workflow.operations.buyer.milestones import reopen_milestone, waive_milestone
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import MilestoneStatus
from workflow.rules.errors import PermissionDeniedError

PLANNED = MilestoneStatus.PLANNED
DONE = MilestoneStatus.DONE
MISSED = MilestoneStatus.MISSED
WAIVED = MilestoneStatus.WAIVED
WAIVERS = {"manager", "admin"}
REASON_TO_REOPEN = "It broke on their data."


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team; every test uses a deal of its own."""
    return await new_sales_team()


async def make_collaborator(team: SalesTeam, deal: UUID, name: str) -> None:
    """Make a person a collaborator of a deal."""
    helpers = [team.member(name)]
    await update_opportunity(
        team.organization.ctx, deal, {"collaborator_ids": helpers}, expected_version=None
    )


@pytest.mark.parametrize("who", ROLES)
async def test_only_the_teams_manager_or_an_admin_may_waive(team: SalesTeam, who: str) -> None:
    id = await new_milestone(team)
    await make_collaborator(team, await deal_of(id), "helper")
    attempt = VERBS["waive"](team.at(who, LATER), id, None)

    if who in WAIVERS:
        assert (await milestone_row(await attempt))["status"] == WAIVED
    else:
        assert type(await refusal_of(await deal_of(id), attempt)) is PermissionDeniedError


@pytest.mark.parametrize("who", sorted(WAIVERS))
async def test_owners_and_collaborators_cannot_waive(team: SalesTeam, who: str) -> None:
    helping = await new_milestone(team)
    owning = await new_milestone(team)
    await make_collaborator(team, await deal_of(helping), who)
    await Opportunity.filter(id=await deal_of(owning)).update(owner_id=team.member(who))

    refusals = [
        await refusal_of(await deal_of(id), VERBS["waive"](team.at(who, LATER), id, None))
        for id in (helping, owning)
    ]

    who = "a manager of the owner's team or an admin, who does not work the deal"
    expected = (PermissionDeniedError, f"Only {who}, can waive a milestone. Ask one of them.")
    assert [(type(refusal), refusal.message) for refusal in refusals] == [expected, expected]


@pytest.mark.parametrize("start", [PLANNED, MISSED])
async def test_a_waiver_stores_member_and_reason(team: SalesTeam, start: MilestoneStatus) -> None:
    id = await new_milestone(team, start)

    await waive_milestone(team.at("manager", LATER), id, reason=f" {REASON} ", expected_version=None)

    step = await milestone_row(id)
    (type, payload) = await last_event(id)
    manager = team.member("manager")
    assert (step["status"], step["waive_reason"], step["actor_member_id"]) == (WAIVED, REASON, manager)
    assert (step["completed_at"], step["evidence"]) == (None, None)
    assert (type, payload["reason"], payload["actor"]["memberId"]) == (
        "milestone.waived",
        REASON,
        str(manager),
    )
    assert payload["changes"] == {"status": {"old": start, "new": WAIVED}}


@pytest.mark.parametrize(
    ("reason", "taken"), [("x" * 20, True), ("x" * 19, False), (" " * 9 + "x" * 19 + " ", False), ("", False)]
)
async def test_a_waiver_needs_a_reason_of_20_characters(team: SalesTeam, reason: str, taken: bool) -> None:
    id = await new_milestone(team)
    attempt = waive_milestone(team.at("manager", LATER), id, reason=reason, expected_version=None)

    if taken:
        assert (await milestone_row(await attempt))["waive_reason"] == reason
    else:
        assert await faulty_fields(id, attempt) == ["reason"]


@pytest.mark.parametrize("start", [DONE, WAIVED])
async def test_a_reopened_milestone_is_planned_and_keeps_only_its_due_date(
    team: SalesTeam, start: MilestoneStatus
) -> None:
    id = await new_milestone(team, start)
    before = await milestone_row(id)

    await reopen_milestone(team.at("owner", LATER), id, reason=f" {REASON_TO_REOPEN} ", expected_version=None)

    gone = dict.fromkeys(
        ("completed_at", "evidence", "waive_reason", "actor_kind", "actor_name", "actor_member_id")
    )
    assert await milestone_row(id) == {**before, **gone, "status": PLANNED}
    assert before["due"] == YESTERDAY


@pytest.mark.parametrize(("start", "evidence", "waiver"), [(DONE, EVIDENCE, None), (WAIVED, None, REASON)])
async def test_the_reopened_event_has_the_previous_values(
    team: SalesTeam, start: MilestoneStatus, evidence: str | None, waiver: str | None
) -> None:
    id = await new_milestone(team, start)
    done_at = (await milestone_row(id))["completed_at"]

    await reopen_milestone(team.at("owner", LATER), id, reason=REASON_TO_REOPEN, expected_version=None)

    type, payload = await last_event(id)
    was = {"evidence": evidence, "completedAt": done_at and done_at.isoformat(), "waiveReason": waiver}
    assert (type, payload["reason"], payload["was"]) == ("milestone.reopened", REASON_TO_REOPEN, was)
    assert payload["changes"] == {"status": {"old": start, "new": PLANNED}}


@pytest.mark.parametrize("reason", ["", " \n"])
async def test_reopening_needs_a_reason(team: SalesTeam, reason: str) -> None:
    id = await new_milestone(team, DONE)

    attempt = reopen_milestone(team.at("owner", LATER), id, reason=reason, expected_version=None)

    assert await faulty_fields(id, attempt) == ["reason"]


@pytest.mark.parametrize("start", [PLANNED, MISSED])
async def test_an_open_milestone_cannot_be_reopened(team: SalesTeam, start: MilestoneStatus) -> None:
    id = await new_milestone(team, start)

    assert await faulty_fields(id, VERBS["reopen"](team.at("owner", LATER), id, None)) == ["id"]
