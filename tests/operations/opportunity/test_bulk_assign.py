"""Assigning deals: who may assign which deal to whom, and what changes."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.team import SELLER_EMAIL, SalesTeam, event_payloads, new_sales_team
from workflow.models import Collaborator, Event, Member, Opportunity
from workflow.operations.opportunity.bulk import BulkItem, assign_opportunities
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import CLOSED_STATES, OpportunityState, Role
from workflow.rules.errors import (
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    Refusal,
    VersionConflictError,
)

S = OpportunityState
DONE = None
NOT_TEAMS = "team"
NOT_ROLES = "role"
NOT_THEM = "member"
WHO_ASSIGNS_TO_WHOM = {
    ("owner", "owner"): NOT_ROLES,
    ("owner", "helper"): NOT_ROLES,
    ("helper", "helper"): NOT_ROLES,
    ("stranger", "stranger"): NOT_ROLES,
    ("observer", "owner"): NOT_ROLES,
    ("manager", "manager"): DONE,
    ("manager", "mate"): DONE,
    ("manager", "stranger"): NOT_THEM,
    ("manager", "other manager"): NOT_THEM,
    ("manager", "admin"): NOT_THEM,
    ("other manager", "other manager"): NOT_TEAMS,
    ("other manager", "mate"): NOT_THEM,
    ("admin", "admin"): DONE,
    ("admin", "stranger"): DONE,
    ("integrator", "mate"): DONE,
    ("integrator", "stranger"): DONE,
    ("integrator", "observer"): DONE,
}
"""The outcome of each assignment of the owner's deal: done, or the reason of the refusal."""


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team; each test has a deal of its own."""
    return await new_sales_team()


async def member(sales_team: SalesTeam, name: str) -> UUID:
    """Return the member of a name; `mate` is another seller of the owner's team."""
    if name != "mate":
        return sales_team.member(name)
    mate = (await sales_team.organization.ctx_of(Role.REP, "mate@example.com")).viewer.member_id
    assert mate
    team = (await Member.filter(id=sales_team.member("owner")).values("team_id"))[0]["team_id"]
    await Member.filter(id=mate).update(team_id=team)
    return mate


async def stored_rows(id: UUID) -> tuple[Any, ...]:
    """Return every row that an attempt could have written."""
    return await Opportunity.filter(id=id).values(), await Event.filter(aggregateid=id).count()


async def owner_of(id: UUID) -> UUID:
    """Return the owner of the deal."""
    found: UUID = (await Opportunity.filter(id=id).values("owner_id"))[0]["owner_id"]
    return found


@pytest.mark.parametrize(("who", "to"), WHO_ASSIGNS_TO_WHOM)
async def test_a_manager_assigns_within_the_team_an_admin_and_an_integrator_everybody(
    team: SalesTeam, who: str, to: str
) -> None:
    id = await team.add_deal(S.QUALIFIED)
    new = await member(team, to)
    before = await stored_rows(id)
    outcome = WHO_ASSIGNS_TO_WHOM[who, to]

    if outcome in (NOT_ROLES, NOT_THEM):
        with pytest.raises(PermissionDeniedError):
            await assign_opportunities(team.ctx[who], [BulkItem(id)], new)
    else:
        [row] = await assign_opportunities(team.ctx[who], [BulkItem(id)], new)
        assert isinstance(row.problem, PermissionDeniedError) == (outcome is NOT_TEAMS)

    if outcome is DONE:
        assert await owner_of(id) == new
    else:
        assert await stored_rows(id) == before


async def test_an_owner_is_an_active_member_of_the_organization(team: SalesTeam) -> None:
    id = await team.add_deal(S.LEAD)
    gone = await team.organization.ctx_of(Role.REP, "gone@example.com")
    await Member.filter(id=gone.viewer.member_id).update(active=False)
    before = await stored_rows(id)

    for nobody in (gone.viewer.member_id or uuid4(), uuid4(), (await new_organization()).admin_id):
        with pytest.raises(InvalidInputError) as refusal:
            await assign_opportunities(team.ctx["admin"], [BulkItem(id)], nobody)
        assert [fault.path for fault in refusal.value.fields] == [("ownerId",)]

    assert await stored_rows(id) == before


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
async def test_a_closed_deal_keeps_its_owner(team: SalesTeam, state: OpportunityState) -> None:
    id = await team.add_deal(state)
    before = await stored_rows(id)

    [row] = await assign_opportunities(team.ctx["admin"], [BulkItem(id)], team.member("admin"))

    assert isinstance(row.problem, RecordClosedError)
    assert await stored_rows(id) == before


async def test_the_same_owner_again_changes_nothing(team: SalesTeam) -> None:
    id = await team.add_deal(S.QUALIFIED)
    before = await stored_rows(id)

    [row] = await assign_opportunities(team.ctx["manager"], [BulkItem(id)], team.member("owner"))

    assert (row.id, row.problem) == (id, None)
    assert await stored_rows(id) == before


async def test_a_new_owner_is_removed_from_the_collaborators_and_the_event_has_both_changes(
    team: SalesTeam,
) -> None:
    id = await team.add_deal(S.QUALIFIED)
    admin = team.ctx["admin"]
    helpers = [team.member("helper"), team.member("stranger")]
    await update_opportunity(admin, id, {"collaborator_ids": helpers}, expected_version=None)

    await assign_opportunities(admin, [BulkItem(id)], helpers[0])

    last = (await event_payloads(id, "opportunity.updated"))[-1]
    owners = {"old": str(team.member("owner")), "new": str(helpers[0])}
    assert await owner_of(id) == helpers[0]
    assert await Collaborator.filter(opportunity_id=id).values_list("member_id", flat=True) == helpers[1:]
    assert (last["changes"], last["version"]) == ({"ownerId": owners}, 3)
    assert last["collaboratorIds"] == {"added": [], "removed": [str(helpers[0])]}


async def test_each_row_has_its_own_version_and_its_own_answer(team: SalesTeam) -> None:
    first, stale, third = [await team.add_deal(S.LEAD) for _ in range(3)]
    new = team.member("admin")
    unknown = uuid4()
    refs = [BulkItem(first, 1), BulkItem(stale, 9), BulkItem(unknown), BulkItem(third)]

    rows = await assign_opportunities(team.ctx["admin"], refs, new)

    problems: list[type[Refusal] | None] = [type(row.problem) if row.problem else None for row in rows]
    assert [row.id for row in rows] == [first, stale, unknown, third]
    assert problems == [None, VersionConflictError, NotFoundError, None]
    assert [await owner_of(id) for id in (first, stale, third)] == [new, team.member("owner"), new]


@pytest.mark.parametrize("count", [0, 101])
async def test_one_to_a_hundred_deals_can_be_assigned(team: SalesTeam, count: int) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await assign_opportunities(team.ctx["admin"], [BulkItem(uuid4())] * count, team.member("admin"))

    assert [fault.path for fault in refusal.value.fields] == [("opportunities",)]


async def test_an_imported_owner_is_removed_from_the_collaborators(team: SalesTeam) -> None:
    key = uuid4().hex
    admin = team.ctx["admin"]
    helper = team.member("helper")
    row = ImportRow(key, "Deal", "Acme", SELLER_EMAIL)
    [outcome] = await import_rows(admin, "owners", [row])
    id = outcome.opportunity_id
    assert id
    await update_opportunity(admin, id, {"collaborator_ids": [helper]}, expected_version=None)

    await import_rows(admin, "owners", [replace(row, owner_email="helper@example.com")])

    assert (await owner_of(id), await Collaborator.filter(opportunity_id=id).count()) == (helper, 0)
    assert (await event_payloads(id, "opportunity.updated"))[-1]["collaboratorIds"] == {
        "added": [],
        "removed": [str(helper)],
    }
