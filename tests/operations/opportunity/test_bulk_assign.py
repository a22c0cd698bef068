"""Assigning: who may give which deal to whom, and what changes with it."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.team import SELLER, Crew, new_crew, told
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
NOT_TEAMS, NOT_ROLES, NOT_THEM = "team", "role", "member"
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
"""Whether a deal of the owner's is given, or what stands in the way: the role, whom it is to be given to, or whose it is."""


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew; each test has a deal of its own."""
    return await new_crew()


async def member(crew: Crew, name: str) -> UUID:
    """The member behind a name; `mate` is another seller of the owner's team."""
    if name != "mate":
        return crew.member(name)
    mate = (await crew.organization.ctx_of(Role.REP, "mate@example.com")).viewer.member_id
    assert mate
    team = (await Member.filter(id=crew.member("owner")).values("team_id"))[0]["team_id"]
    await Member.filter(id=mate).update(team_id=team)
    return mate


async def rows_of(id: UUID) -> tuple[Any, ...]:
    """All that an attempt could have written."""
    return await Opportunity.filter(id=id).values(), await Event.filter(aggregateid=id).count()


async def owner_of(id: UUID) -> UUID:
    """Whose the deal is."""
    found: UUID = (await Opportunity.filter(id=id).values("owner_id"))[0]["owner_id"]
    return found


@pytest.mark.parametrize(("who", "to"), WHO_ASSIGNS_TO_WHOM)
async def test_a_manager_assigns_within_the_team_an_admin_and_an_integrator_everybody(
    crew: Crew, who: str, to: str
) -> None:
    id, new = await crew.deal(S.QUALIFIED), await member(crew, to)
    before, outcome = await rows_of(id), WHO_ASSIGNS_TO_WHOM[who, to]

    if outcome in (NOT_ROLES, NOT_THEM):
        with pytest.raises(PermissionDeniedError):
            await assign_opportunities(crew.ctx[who], [BulkItem(id)], new)
    else:
        [row] = await assign_opportunities(crew.ctx[who], [BulkItem(id)], new)
        assert isinstance(row.problem, PermissionDeniedError) == (outcome is NOT_TEAMS)

    if outcome is DONE:
        assert await owner_of(id) == new
    else:
        assert await rows_of(id) == before


async def test_an_owner_is_an_active_member_of_the_organization(crew: Crew) -> None:
    id, gone = await crew.deal(S.LEAD), await crew.organization.ctx_of(Role.REP, "gone@example.com")
    await Member.filter(id=gone.viewer.member_id).update(active=False)
    before = await rows_of(id)

    for nobody in (gone.viewer.member_id or uuid4(), uuid4(), (await new_organization()).admin_id):
        with pytest.raises(InvalidInputError) as refusal:
            await assign_opportunities(crew.ctx["admin"], [BulkItem(id)], nobody)
        assert [fault.path for fault in refusal.value.fields] == [("ownerId",)]

    assert await rows_of(id) == before


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
async def test_a_closed_deal_keeps_its_owner(crew: Crew, state: OpportunityState) -> None:
    id = await crew.deal(state)
    before = await rows_of(id)

    [row] = await assign_opportunities(crew.ctx["admin"], [BulkItem(id)], crew.member("admin"))

    assert isinstance(row.problem, RecordClosedError)
    assert await rows_of(id) == before


async def test_the_same_owner_again_changes_nothing(crew: Crew) -> None:
    id = await crew.deal(S.QUALIFIED)
    before = await rows_of(id)

    [row] = await assign_opportunities(crew.ctx["manager"], [BulkItem(id)], crew.member("owner"))

    assert (row.id, row.problem) == (id, None)
    assert await rows_of(id) == before


async def test_who_becomes_the_owner_collaborates_no_more_and_both_is_told(crew: Crew) -> None:
    id, admin = await crew.deal(S.QUALIFIED), crew.ctx["admin"]
    helpers = [crew.member("helper"), crew.member("stranger")]
    await update_opportunity(admin, id, {"collaborator_ids": helpers}, expected_version=None)

    await assign_opportunities(admin, [BulkItem(id)], helpers[0])

    last = (await told(id, "opportunity.updated"))[-1]
    owners = {"old": str(crew.member("owner")), "new": str(helpers[0])}
    assert await owner_of(id) == helpers[0]
    assert await Collaborator.filter(opportunity_id=id).values_list("member_id", flat=True) == helpers[1:]
    assert (last["changes"], last["version"]) == ({"ownerId": owners}, 3)
    assert last["collaboratorIds"] == {"added": [], "removed": [str(helpers[0])]}


async def test_each_row_has_its_own_version_and_its_own_answer(crew: Crew) -> None:
    first, stale, third = [await crew.deal(S.LEAD) for _ in range(3)]
    new, unknown = crew.member("admin"), uuid4()
    refs = [BulkItem(first, 1), BulkItem(stale, 9), BulkItem(unknown), BulkItem(third)]

    rows = await assign_opportunities(crew.ctx["admin"], refs, new)

    problems: list[type[Refusal] | None] = [type(row.problem) if row.problem else None for row in rows]
    assert [row.id for row in rows] == [first, stale, unknown, third]
    assert problems == [None, VersionConflictError, NotFoundError, None]
    assert [await owner_of(id) for id in (first, stale, third)] == [new, crew.member("owner"), new]


@pytest.mark.parametrize("count", [0, 101])
async def test_one_to_a_hundred_are_assigned_at_once(crew: Crew, count: int) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await assign_opportunities(crew.ctx["admin"], [BulkItem(uuid4())] * count, crew.member("admin"))

    assert [fault.path for fault in refusal.value.fields] == [("opportunities",)]


async def test_an_import_that_names_a_collaborator_the_owner_makes_them_no_collaborator(crew: Crew) -> None:
    key, admin, helper = uuid4().hex, crew.ctx["admin"], crew.member("helper")
    row = ImportRow(key, "Deal", "Acme", SELLER)
    [outcome] = await import_rows(admin, "owners", [row])
    id = outcome.opportunity_id
    assert id
    await update_opportunity(admin, id, {"collaborator_ids": [helper]}, expected_version=None)

    await import_rows(admin, "owners", [replace(row, owner_email="helper@example.com")])

    assert (await owner_of(id), await Collaborator.filter(opportunity_id=id).count()) == (helper, 0)
    assert (await told(id, "opportunity.updated"))[-1]["collaboratorIds"] == {"added": [], "removed": [str(helper)]}
