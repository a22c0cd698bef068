"""The people of a purchase: each contact of the account once, one primary, and how they stand to each other."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW, new_organization
from tests.support.refusals import faults, refusal, written
from tests.support.team import ROLES, WRITERS, Crew, new_crew
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

K, S = RelationKind, OpportunityState


@pytest.fixture(scope="module")
async def crew() -> Crew:
    return await new_crew()


@pytest.fixture
async def lead(crew: Crew, request: pytest.FixtureRequest) -> UUID:
    """A deal of the test's own."""
    return await crew.deal(S.LEAD, request.node.name)


async def contact(crew: Crew, deal: UUID, name: str = "Maria") -> UUID:
    """A new contact of the deal's account."""
    account = (await Opportunity.get(id=deal)).account_id  # type: ignore[attr-defined]
    return await create_contact(crew.ctx["admin"], account, {"name": name})


async def people(crew: Crew, deal: UUID, *names: str) -> list[UUID]:
    """Stakeholders of the deal with these names."""
    return [
        await add_stakeholder(crew.ctx["admin"], deal, NewStakeholder(await contact(crew, deal, name), []))
        for name in names
    ]


async def known(crew: Crew, deal: UUID) -> tuple[StakeholderFacts, ...]:
    return (await load_facts(crew.organization.id, [deal], NOW))[deal].stakeholders


async def changes(deal: UUID) -> list[Any]:
    """The changes of people that were told, in order."""
    events = await Event.filter(aggregateid=deal, type="stakeholder.updated").order_by("pos")
    return [dict(event.payload)["changes"] for event in events]


async def update(
    crew: Crew, id: UUID, given: StakeholderChanges, who: str = "owner", version: int | None = None
) -> UUID:
    return await update_stakeholder(crew.ctx[who], id, given, expected_version=version)


async def test_a_person_stands_to_others_as_it_is_said_and_told(crew: Crew, lead: UUID) -> None:
    boss, rep, user = await people(crew, lead, "Boss", "Rep", "User")
    ties = (RelationFacts(K.REPORTS_TO, boss), RelationFacts(K.INFLUENCES, boss), RelationFacts(K.CONFLICTS_WITH, user))

    await update(crew, rep, {"relations": ties})

    assert [person.relations for person in await known(crew, lead)] == [(), ties, ()]
    new = [{"kind": tie.kind.value, "stakeholderId": str(tie.to_id)} for tie in ties]
    assert await changes(lead) == [{"relations": {"old": [], "new": new}}]


async def test_relations_are_replaced_whole_and_null_takes_them_away(crew: Crew, lead: UUID) -> None:
    boss, rep, user = await people(crew, lead, "Boss", "Rep", "User")
    await update(crew, rep, {"relations": [RelationFacts(K.REPORTS_TO, boss)]})

    await update(crew, rep, {"relations": [RelationFacts(K.REPORTS_TO, user)]})
    replaced = (await known(crew, lead))[1].relations
    await update(crew, rep, {"relations": None})

    assert replaced == (RelationFacts(K.REPORTS_TO, user),)
    assert [person.relations for person in await known(crew, lead)] == [(), (), ()]
    old = {"kind": "REPORTS_TO", "stakeholderId": str(user)}
    assert (await changes(lead))[2:] == [{"relations": {"old": [old], "new": []}}]


async def test_relations_that_are_left_out_are_kept(crew: Crew, lead: UUID) -> None:
    boss, rep = await people(crew, lead, "Boss", "Rep")
    ties = (RelationFacts(K.REPORTS_TO, boss),)
    await update(crew, rep, {"relations": ties})

    await update(crew, rep, {"is_primary": True})

    assert [(person.relations, person.is_primary) for person in await known(crew, lead)] == [((), False), (ties, True)]


@pytest.mark.parametrize("backwards", [False, True])
async def test_the_same_relations_in_any_order_change_nothing(crew: Crew, lead: UUID, backwards: bool) -> None:
    boss, rep = await people(crew, lead, "Boss", "Rep")
    ties = [RelationFacts(K.REPORTS_TO, boss), RelationFacts(K.INFLUENCES, boss)]
    await update(crew, rep, {"relations": ties})
    before = await written(lead)

    await update(crew, rep, {"relations": ties[::-1] if backwards else ties})

    assert await written(lead) == before


async def test_nobody_stands_to_themselves_nor_twice_alike_to_another(crew: Crew, lead: UUID) -> None:
    boss, rep = await people(crew, lead, "Boss", "Rep")
    ties = [RelationFacts(K.REPORTS_TO, boss), RelationFacts(K.INFLUENCES, rep), RelationFacts(K.REPORTS_TO, boss)]

    assert list(await faults(lead, update(crew, rep, {"relations": ties}))) == ["relations.1.toId", "relations.2"]


async def test_a_relation_leads_to_somebody_of_the_same_deal(crew: Crew, lead: UUID) -> None:
    [rep] = await people(crew, lead, "Rep")
    [elsewhere] = await people(crew, await crew.deal(S.LEAD, "other"), "Elsewhere")

    refused = [
        await refusal(lead, update(crew, rep, {"relations": [RelationFacts(K.REPORTS_TO, id)], "left": True}))
        for id in (elsewhere, uuid4())
    ]

    assert [type(answer) for answer in refused] == [NotFoundError, NotFoundError]


async def test_who_goes_takes_their_relations_along(crew: Crew, lead: UUID) -> None:
    boss, rep = await people(crew, lead, "Boss", "Rep")
    await update(crew, rep, {"relations": [RelationFacts(K.REPORTS_TO, boss)]})

    await remove_stakeholder(crew.ctx["owner"], boss, expected_version=None)

    assert [(person.id, person.relations) for person in await known(crew, lead)] == [(rep, ())]


async def test_a_contact_takes_part_once(crew: Crew, lead: UUID) -> None:
    person = await contact(crew, lead)
    id = await add_stakeholder(crew.ctx["owner"], lead, NewStakeholder(person, [BuyingRole.USER_BUYER]))

    refused = await refusal(lead, add_stakeholder(crew.ctx["owner"], lead, NewStakeholder(person, [])))

    assert isinstance(refused, DuplicateError)
    assert refused.id == id


async def test_a_contact_belongs_to_the_deals_account(crew: Crew, lead: UUID) -> None:
    account = await create_account(crew.ctx["admin"], {"name": "Elsewhere"})
    stranger = await create_contact(crew.ctx["admin"], account, {"name": "Stranger"})

    assert list(await faults(lead, add_stakeholder(crew.ctx["owner"], lead, NewStakeholder(stranger, [])))) == [
        "contactId"
    ]
    unknown = await refusal(lead, add_stakeholder(crew.ctx["owner"], lead, NewStakeholder(uuid4(), [])))
    assert type(unknown) is NotFoundError


async def test_there_is_one_primary_at_most(crew: Crew, lead: UUID) -> None:
    first, second = await people(crew, lead, "First", "Second")

    for id in (first, second):
        await update(crew, id, {"is_primary": True})

    assert [(person.id, person.is_primary) for person in await known(crew, lead)] == [(first, False), (second, True)]


async def test_the_owner_of_a_decision_step_stays_on_record(crew: Crew, lead: UUID) -> None:
    [owner] = await people(crew, lead, "Owner")
    await update_buyer(
        crew.ctx["owner"], lead, {"decision_steps": [DecisionStepFacts("Sign", owner)]}, expected_version=None
    )

    assert list(await faults(lead, remove_stakeholder(crew.ctx["owner"], owner, expected_version=None))) == ["id"]


@pytest.mark.parametrize("who", ROLES)
async def test_who_writes_the_deal_says_how_people_stand(crew: Crew, who: str) -> None:
    deal = crew.deals[S.QUALIFIED]
    boss, rep = await people(crew, deal, "Boss", "Rep")
    ties = (RelationFacts(K.REPORTS_TO, boss),)
    attempt = update(crew, rep, {"relations": ties}, who)

    if who in WRITERS:
        assert await attempt == rep
        assert {person.id: person.relations for person in await known(crew, deal)}[rep] == ties
    else:
        assert type(await refusal(deal, attempt)) is PermissionDeniedError


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
async def test_a_closed_deal_takes_nobody_in(crew: Crew, state: OpportunityState) -> None:
    deal = crew.deals[state]
    person = await contact(crew, deal)

    assert (
        type(await refusal(deal, add_stakeholder(crew.ctx["admin"], deal, NewStakeholder(person, []))))
        is RecordClosedError
    )


async def test_a_version_that_has_passed_is_told_before_a_bad_relation(crew: Crew, lead: UUID) -> None:
    [rep] = await people(crew, lead, "Rep")
    attempt = update(crew, rep, {"relations": [RelationFacts(K.REPORTS_TO, rep)]}, version=99)

    assert type(await refusal(lead, attempt)) is VersionConflictError


async def test_another_organization_finds_nobody(crew: Crew, lead: UUID) -> None:
    [rep] = await people(crew, lead, "Rep")
    foreign = (await new_organization()).ctx

    attempt = update_stakeholder(foreign, rep, {"relations": None}, expected_version=99)

    assert type(await refusal(lead, attempt)) is NotFoundError
