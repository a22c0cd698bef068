"""Two accounts that are one company: all that hangs on the one moves to the other, and nothing dangles."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.team import Crew, new_crew, told
from workflow.models import Account, Contact, Opportunity, Stakeholder
from workflow.models.engine.database import dialect, fetch
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.operations.accounts.merge import merge_accounts
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, delete_opportunity
from workflow.queries.integrity import BROKEN_VERSIONS, PAYLOAD_VERSION
from workflow.queries.opportunity.accounts import accounts_by_id
from workflow.queries.opportunity.duplicates import DealName, open_deals_by_name
from workflow.rules.enums import BuyingRole, OpportunityState, Visibility
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError, VersionConflictError


@pytest.fixture
async def crew() -> Crew:
    """People, and a deal in each state at the account Acme."""
    return await new_crew()


@pytest.fixture
async def acme(crew: Crew) -> UUID:
    """The account of all the deals, which goes."""
    [row] = await Account.filter(organization_id=crew.organization.id, name="Acme").values("id")
    id: UUID = row["id"]
    return id


@pytest.fixture
async def stays(crew: Crew) -> UUID:
    """The account that stays."""
    return await create_account(
        crew.ctx["admin"], {"name": "Acme Ltd", "country": "France", "attributes": {"tier": "A"}}
    )


async def test_contacts_and_deals_of_every_state_move_and_the_merged_id_is_gone(
    crew: Crew, acme: UUID, stays: UUID
) -> None:
    admin, lead = crew.ctx["admin"], crew.deals[OpportunityState.LEAD]
    contact = await create_contact(admin, acme, {"name": "Grace"})
    stakeholder = await add_stakeholder(admin, lead, NewStakeholder(contact, [BuyingRole.CHAMPION]))
    gone = await create_opportunity(crew.ctx["owner"], NewOpportunity(acme, None, None), {"name": "Gone"})
    await delete_opportunity(admin, gone, reason="A test", expected_version=None)

    await merge_accounts(admin, stays, acme, expected_version=1)

    assert await Opportunity.filter(organization_id=crew.organization.id).exclude(account_id=stays).count() == 0
    assert await Contact.filter(id=contact).values_list("account_id", flat=True) == [stays]
    assert await Stakeholder.filter(id=stakeholder).values_list("contact_id", flat=True) == [contact]
    assert await accounts_by_id(admin.viewer, [acme]) == {}
    with pytest.raises(NotFoundError):
        await merge_accounts(admin, stays, acme, expected_version=None)


async def test_each_move_is_told_and_every_version_has_its_event(crew: Crew, acme: UUID, stays: UUID) -> None:
    await merge_accounts(crew.ctx["integrator"], stays, acme, expected_version=None)

    [merged] = await told(stays, "account.merged")
    assert (merged["mergedAccountId"], merged["mergedName"]) == (str(acme), "Acme")
    assert (merged["contacts"], merged["opportunities"], merged["version"]) == (0, 6, 2)
    for deal in crew.deals.values():
        assert (await told(deal, "opportunity.updated"))[-1]["changes"] == {
            "accountId": {"old": str(acme), "new": str(stays)}
        }
    broken = await fetch(BROKEN_VERSIONS.format(version=PAYLOAD_VERSION[dialect()]))
    assert [row for row in broken if str(row["organization_id"]) == str(crew.organization.id)] == []


async def test_what_the_one_lacks_it_takes_over_and_keeps_its_own(crew: Crew, stays: UUID) -> None:
    admin = crew.ctx["admin"]
    known = {"country": "Spain", "domain": "acme.example", "external_system": "crm", "external_id": "7"}
    going = await create_account(admin, {"name": "ACME", **known, "attributes": {"tier": "B", "zone": 4}})  # type: ignore[typeddict-item]

    await merge_accounts(admin, stays, going, expected_version=None)

    [row] = await Account.filter(id=stays).values()
    assert (row["name"], row["country"], row["domain"], row["external_id"]) == (
        "Acme Ltd",
        "France",
        "acme.example",
        "7",
    )
    assert row["attributes"] == {"tier": "A", "zone": 4}


@pytest.mark.parametrize("who", ["owner", "manager", "observer"])
async def test_who_may_not_write_every_deal_may_not_merge(crew: Crew, acme: UUID, stays: UUID, who: str) -> None:
    with pytest.raises(PermissionDeniedError):
        await merge_accounts(crew.ctx[who], stays, acme, expected_version=None)

    assert await Account.filter(id=acme).exists()


async def test_what_cannot_be_merged_is_refused_and_nothing_is_written(crew: Crew, acme: UUID, stays: UUID) -> None:
    admin, strangers = crew.ctx["admin"], await new_organization()
    theirs = await create_account(strangers.ctx, {"name": "Theirs"})

    for keep, going, version, problem in (
        (stays, stays, None, InvalidInputError),
        (stays, uuid4(), None, NotFoundError),
        (stays, theirs, None, NotFoundError),
        (theirs, acme, None, NotFoundError),
        (stays, acme, 7, VersionConflictError),
    ):
        with pytest.raises(problem):
            await merge_accounts(admin, keep, going, expected_version=version)

    assert await Opportunity.filter(account_id=acme).count() == 6


async def test_what_comes_to_the_account_meanwhile_moves_or_is_refused(crew: Crew, acme: UUID, stays: UUID) -> None:
    async def come(number: int) -> None:
        place = NewOpportunity(acme, None, None)
        await create_contact(crew.ctx["owner"], acme, {"name": f"Late {number}"})
        await create_opportunity(crew.ctx["owner"], place, {"name": f"Late {number}"})

    done = await asyncio.gather(
        *(come(number) for number in range(6)),
        merge_accounts(crew.ctx["admin"], stays, acme, expected_version=None),
        *(come(number) for number in range(6, 12)),
        return_exceptions=True,
    )

    assert {type(one) for one in done if isinstance(one, BaseException)} <= {NotFoundError}
    assert done[6] == stays
    for table in (Contact, Opportunity):
        assert await table.filter(organization_id=crew.organization.id).exclude(account_id=stays).count() == 0


async def test_open_deals_of_an_account_by_one_name_may_be_one(crew: Crew, acme: UUID, stays: UUID) -> None:
    owner = crew.ctx["owner"]
    names = {"one": (acme, "GTX-Pro, 2nd site"), "two": (acme, " gtx pro  2nd SITE!"), "else": (acme, "GTX Pro")}
    names["elsewhere"] = (stays, "GTX-Pro, 2nd site")
    made = {
        key: await create_opportunity(owner, NewOpportunity(account, None, None), {"name": name})
        for key, (account, name) in names.items()
    }

    called = {key: DealName(*name) for key, name in names.items()}
    found = await open_deals_by_name(owner.viewer, set(called.values()))
    await delete_opportunity(crew.ctx["admin"], made["two"], reason="Twice", expected_version=None)
    of_a_stranger = replace(owner.viewer, visibility=Visibility.OWN, member_id=crew.member("stranger"))

    both = (made["one"], made["two"])
    expected = {"one": both, "two": both, "else": (made["else"],), "elsewhere": (made["elsewhere"],)}
    assert {key: found[name] for key, name in called.items()} == expected
    assert await open_deals_by_name(owner.viewer, [called["one"]]) == {called["one"]: (made["one"],)}
    assert await open_deals_by_name(of_a_stranger, [called["one"]]) == {called["one"]: ()}
