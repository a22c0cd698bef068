"""Stakeholders: each contact of the account once, one of them primary, and their relations."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW, new_organization
from tests.support.refusals import faults, refusal, stored_rows
from tests.support.team import ROLES, WRITERS, SalesTeam, new_sales_team
from workflow.models import Event, Opportunity
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.buyer.profile import update_buyer
from workflow.operations.buyer.stakeholders import (
    NewStakeholder,
    StakeholderChanges,
    add_stakeholder,
    remove_stakeholder,
    update_stakeholder,
)
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import CLOSED_STATES, BuyingRole, OpportunityState, RelationKind
from workflow.rules.errors import (
    DuplicateError,
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    VersionConflictError,
)
from workflow.rules.opportunity.parts import DecisionStepFacts, RelationFacts, StakeholderFacts

K = RelationKind
S = OpportunityState


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    return await new_sales_team()


@pytest.fixture
async def lead(team: SalesTeam, request: pytest.FixtureRequest) -> UUID:
    """Create a deal for one test."""
    return await team.add_deal(S.LEAD, request.node.name)


async def contact(team: SalesTeam, deal: UUID, name: str = "Maria") -> UUID:
    """Create a contact of the deal's account."""
    account = (await Opportunity.get(id=deal)).account_id  # type: ignore[attr-defined]
    return await create_contact(team.ctx["admin"], account, {"name": name})


async def add_people(team: SalesTeam, deal: UUID, *names: str) -> list[UUID]:
    """Add stakeholders with these names to a deal."""
    return [
        await add_stakeholder(team.ctx["admin"], deal, NewStakeholder(await contact(team, deal, name), []))
        for name in names
    ]


async def relations_of(team: SalesTeam, deal: UUID) -> tuple[StakeholderFacts, ...]:
    return (await load_facts(team.organization.id, [deal], NOW))[deal].stakeholders


async def stakeholder_changes(deal: UUID) -> list[Any]:
    """Return the recorded changes of stakeholders, in order."""
    events = await Event.filter(aggregateid=deal, type="stakeholder.updated").order_by("pos")
    return [dict(event.payload)["changes"] for event in events]


async def update(
    team: SalesTeam, id: UUID, given: StakeholderChanges, who: str = "owner", version: int | None = None
) -> UUID:
    return await update_stakeholder(team.ctx[who], id, given, expected_version=version)


async def test_relations_are_stored_and_recorded(team: SalesTeam, lead: UUID) -> None:
    boss, rep, user = await add_people(team, lead, "Boss", "Rep", "User")
    ties = (
        RelationFacts(K.REPORTS_TO, boss),
        RelationFacts(K.INFLUENCES, boss),
        RelationFacts(K.CONFLICTS_WITH, user),
    )

    await update(team, rep, {"relations": ties})

    assert [person.relations for person in await relations_of(team, lead)] == [(), ties, ()]
    new = [{"kind": tie.kind.value, "stakeholderId": str(tie.to_id)} for tie in ties]
    assert await stakeholder_changes(lead) == [{"relations": {"old": [], "new": new}}]


async def test_relations_are_replaced_as_a_list_and_null_clears_them(team: SalesTeam, lead: UUID) -> None:
    boss, rep, user = await add_people(team, lead, "Boss", "Rep", "User")
    await update(team, rep, {"relations": [RelationFacts(K.REPORTS_TO, boss)]})

    await update(team, rep, {"relations": [RelationFacts(K.REPORTS_TO, user)]})
    replaced = (await relations_of(team, lead))[1].relations
    await update(team, rep, {"relations": None})

    assert replaced == (RelationFacts(K.REPORTS_TO, user),)
    assert [person.relations for person in await relations_of(team, lead)] == [(), (), ()]
    old = {"kind": "REPORTS_TO", "stakeholderId": str(user)}
    assert (await stakeholder_changes(lead))[2:] == [{"relations": {"old": [old], "new": []}}]


async def test_omitted_relations_are_kept(team: SalesTeam, lead: UUID) -> None:
    boss, rep = await add_people(team, lead, "Boss", "Rep")
    ties = (RelationFacts(K.REPORTS_TO, boss),)
    await update(team, rep, {"relations": ties})

    await update(team, rep, {"is_primary": True})

    assert [(person.relations, person.is_primary) for person in await relations_of(team, lead)] == [
        ((), False),
        (ties, True),
    ]


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_same_relations_in_any_order_change_nothing(
    team: SalesTeam, lead: UUID, backwards: bool
) -> None:
    boss, rep = await add_people(team, lead, "Boss", "Rep")
    ties = [RelationFacts(K.REPORTS_TO, boss), RelationFacts(K.INFLUENCES, boss)]
    await update(team, rep, {"relations": ties})
    before = await stored_rows(lead)

    await update(team, rep, {"relations": ties[::-1] if backwards else ties})

    assert await stored_rows(lead) == before


async def test_self_relations_and_duplicate_relations_are_refused(team: SalesTeam, lead: UUID) -> None:
    boss, rep = await add_people(team, lead, "Boss", "Rep")
    ties = [
        RelationFacts(K.REPORTS_TO, boss),
        RelationFacts(K.INFLUENCES, rep),
        RelationFacts(K.REPORTS_TO, boss),
    ]

    assert list(await faults(lead, update(team, rep, {"relations": ties}))) == [
        "relations.1.toId",
        "relations.2",
    ]


async def test_a_relation_leads_to_a_stakeholder_of_the_same_deal(team: SalesTeam, lead: UUID) -> None:
    [rep] = await add_people(team, lead, "Rep")
    [elsewhere] = await add_people(team, await team.add_deal(S.LEAD, "other"), "Elsewhere")

    refused = [
        await refusal(lead, update(team, rep, {"relations": [RelationFacts(K.REPORTS_TO, id)], "left": True}))
        for id in (elsewhere, uuid4())
    ]

    assert [type(answer) for answer in refused] == [NotFoundError, NotFoundError]


async def test_removing_a_stakeholder_removes_their_relations(team: SalesTeam, lead: UUID) -> None:
    boss, rep = await add_people(team, lead, "Boss", "Rep")
    await update(team, rep, {"relations": [RelationFacts(K.REPORTS_TO, boss)]})

    await remove_stakeholder(team.ctx["owner"], boss, expected_version=None)

    assert [(person.id, person.relations) for person in await relations_of(team, lead)] == [(rep, ())]


async def test_a_contact_is_a_stakeholder_once(team: SalesTeam, lead: UUID) -> None:
    person = await contact(team, lead)
    id = await add_stakeholder(team.ctx["owner"], lead, NewStakeholder(person, [BuyingRole.USER_BUYER]))

    refused = await refusal(lead, add_stakeholder(team.ctx["owner"], lead, NewStakeholder(person, [])))

    assert isinstance(refused, DuplicateError)
    assert refused.id == id


async def test_a_contact_belongs_to_the_deals_account(team: SalesTeam, lead: UUID) -> None:
    account = await create_account(team.ctx["admin"], {"name": "Elsewhere"})
    stranger = await create_contact(team.ctx["admin"], account, {"name": "Stranger"})

    assert list(
        await faults(lead, add_stakeholder(team.ctx["owner"], lead, NewStakeholder(stranger, [])))
    ) == ["contactId"]
    unknown = await refusal(lead, add_stakeholder(team.ctx["owner"], lead, NewStakeholder(uuid4(), [])))
    assert type(unknown) is NotFoundError


async def test_a_deal_has_at_most_one_primary_stakeholder(team: SalesTeam, lead: UUID) -> None:
    first, second = await add_people(team, lead, "First", "Second")

    for id in (first, second):
        await update(team, id, {"is_primary": True})

    assert [(person.id, person.is_primary) for person in await relations_of(team, lead)] == [
        (first, False),
        (second, True),
    ]


async def test_the_owner_of_a_decision_step_cannot_be_removed(team: SalesTeam, lead: UUID) -> None:
    [owner] = await add_people(team, lead, "Owner")
    await update_buyer(
        team.ctx["owner"], lead, {"decision_steps": [DecisionStepFacts("Sign", owner)]}, expected_version=None
    )

    assert list(await faults(lead, remove_stakeholder(team.ctx["owner"], owner, expected_version=None))) == [
        "id"
    ]


@pytest.mark.parametrize("who", ROLES)
async def test_only_those_who_may_write_the_deal_may_change_stakeholders(team: SalesTeam, who: str) -> None:
    deal = team.deals[S.QUALIFIED]
    boss, rep = await add_people(team, deal, "Boss", "Rep")
    ties = (RelationFacts(K.REPORTS_TO, boss),)
    attempt = update(team, rep, {"relations": ties}, who)

    if who in WRITERS:
        assert await attempt == rep
        assert {person.id: person.relations for person in await relations_of(team, deal)}[rep] == ties
    else:
        assert type(await refusal(deal, attempt)) is PermissionDeniedError


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
async def test_a_closed_deal_accepts_no_stakeholders(team: SalesTeam, state: OpportunityState) -> None:
    deal = team.deals[state]
    person = await contact(team, deal)

    assert (
        type(await refusal(deal, add_stakeholder(team.ctx["admin"], deal, NewStakeholder(person, []))))
        is RecordClosedError
    )


async def test_a_version_conflict_is_reported_before_an_invalid_relation(team: SalesTeam, lead: UUID) -> None:
    [rep] = await add_people(team, lead, "Rep")
    attempt = update(team, rep, {"relations": [RelationFacts(K.REPORTS_TO, rep)]}, version=99)

    assert type(await refusal(lead, attempt)) is VersionConflictError


async def test_another_organization_cannot_find_a_stakeholder(team: SalesTeam, lead: UUID) -> None:
    [rep] = await add_people(team, lead, "Rep")
    foreign = (await new_organization()).ctx

    attempt = update_stakeholder(foreign, rep, {"relations": None}, expected_version=99)

    assert type(await refusal(lead, attempt)) is NotFoundError
