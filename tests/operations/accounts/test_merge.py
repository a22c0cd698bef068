"""Merging two accounts moves every part of the merged one and leaves no dangling reference."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.statements import statements
from tests.support.team import SalesTeam, event_payloads, new_sales_team
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
from workflow.rules.errors import (
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    VersionConflictError,
)


@pytest.fixture
async def team() -> SalesTeam:
    """A team with a deal in each state at the account Acme."""
    return await new_sales_team()


@pytest.fixture
async def merged_account(team: SalesTeam) -> UUID:
    """The account of all the deals, which is merged into the other."""
    [row] = await Account.filter(organization_id=team.organization.id, name="Acme").values("id")
    id: UUID = row["id"]
    return id


@pytest.fixture
async def kept_account(team: SalesTeam) -> UUID:
    """The account that is kept."""
    return await create_account(
        team.ctx["admin"], {"name": "Acme Ltd", "country": "France", "attributes": {"tier": "A"}}
    )


async def test_contacts_and_deals_of_every_state_move_and_the_merged_id_is_gone(
    team: SalesTeam, merged_account: UUID, kept_account: UUID
) -> None:
    admin = team.ctx["admin"]
    lead = team.deals[OpportunityState.LEAD]
    contact = await create_contact(admin, merged_account, {"name": "Grace"})
    stakeholder = await add_stakeholder(admin, lead, NewStakeholder(contact, [BuyingRole.CHAMPION]))
    gone = await create_opportunity(
        team.ctx["owner"], NewOpportunity(merged_account, None, None), {"name": "Gone"}
    )
    await delete_opportunity(admin, gone, reason="A test", expected_version=None)

    await merge_accounts(admin, kept_account, merged_account, expected_version=1)

    assert (
        await Opportunity.filter(organization_id=team.organization.id)
        .exclude(account_id=kept_account)
        .count()
        == 0
    )
    assert await Contact.filter(id=contact).values_list("account_id", flat=True) == [kept_account]
    assert await Stakeholder.filter(id=stakeholder).values_list("contact_id", flat=True) == [contact]
    assert await accounts_by_id(admin.viewer, [merged_account]) == {}
    with pytest.raises(NotFoundError):
        await merge_accounts(admin, kept_account, merged_account, expected_version=None)


async def test_the_deals_of_a_batch_are_moved_with_as_many_statements(team: SalesTeam) -> None:
    counts = []
    for count in (10, 30):
        kept, merged = [await create_account(team.ctx["admin"], {"name": uuid4().hex}) for _ in range(2)]
        for number in range(count):
            place = NewOpportunity(merged, None, None)
            await create_opportunity(team.ctx["owner"], place, {"name": f"Deal {number}"})
            await create_contact(team.ctx["owner"], merged, {"name": f"Contact {number}"})
        async with statements() as seen:
            await merge_accounts(team.ctx["admin"], kept, merged, expected_version=None)
        assert await Opportunity.filter(account_id=kept).count() == count
        counts.append(seen.by_table())

    assert counts[0] == counts[1]


async def test_each_moved_record_has_its_event(
    team: SalesTeam, merged_account: UUID, kept_account: UUID
) -> None:
    await merge_accounts(team.ctx["integrator"], kept_account, merged_account, expected_version=None)

    [merged] = await event_payloads(kept_account, "account.merged")
    assert (merged["mergedAccountId"], merged["mergedName"]) == (str(merged_account), "Acme")
    assert (merged["contacts"], merged["opportunities"], merged["version"]) == (0, 6, 2)
    for deal in team.deals.values():
        assert (await event_payloads(deal, "opportunity.updated"))[-1]["changes"] == {
            "accountId": {"old": str(merged_account), "new": str(kept_account)}
        }
    broken = await fetch(BROKEN_VERSIONS.format(version=PAYLOAD_VERSION[dialect()]))
    assert [row for row in broken if str(row["organization_id"]) == str(team.organization.id)] == []


async def test_the_kept_account_takes_over_only_missing_fields(team: SalesTeam, kept_account: UUID) -> None:
    admin = team.ctx["admin"]
    known = {"country": "Spain", "domain": "acme.example", "external_system": "crm", "external_id": "7"}
    going = await create_account(admin, {"name": "ACME", **known, "attributes": {"tier": "B", "zone": 4}})  # type: ignore[typeddict-item]

    await merge_accounts(admin, kept_account, going, expected_version=None)

    [row] = await Account.filter(id=kept_account).values()
    assert (row["name"], row["country"], row["domain"], row["external_id"]) == (
        "Acme Ltd",
        "France",
        "acme.example",
        "7",
    )
    assert row["attributes"] == {"tier": "A", "zone": 4}


@pytest.mark.parametrize("who", ["owner", "manager", "observer"])
async def test_merging_needs_write_permission_on_every_deal(
    team: SalesTeam, merged_account: UUID, kept_account: UUID, who: str
) -> None:
    with pytest.raises(PermissionDeniedError):
        await merge_accounts(team.ctx[who], kept_account, merged_account, expected_version=None)

    assert await Account.filter(id=merged_account).exists()


async def test_an_invalid_merge_is_refused_and_writes_nothing(
    team: SalesTeam, merged_account: UUID, kept_account: UUID
) -> None:
    admin = team.ctx["admin"]
    strangers = await new_organization()
    theirs = await create_account(strangers.ctx, {"name": "Theirs"})

    for keep, going, version, problem in (
        (kept_account, kept_account, None, InvalidInputError),
        (kept_account, uuid4(), None, NotFoundError),
        (kept_account, theirs, None, NotFoundError),
        (theirs, merged_account, None, NotFoundError),
        (kept_account, merged_account, 7, VersionConflictError),
    ):
        with pytest.raises(problem):
            await merge_accounts(admin, keep, going, expected_version=version)

    assert await Opportunity.filter(account_id=merged_account).count() == 6


async def test_records_added_during_a_merge_are_moved_or_refused(
    team: SalesTeam, merged_account: UUID, kept_account: UUID
) -> None:
    async def come(number: int) -> None:
        place = NewOpportunity(merged_account, None, None)
        await create_contact(team.ctx["owner"], merged_account, {"name": f"Late {number}"})
        await create_opportunity(team.ctx["owner"], place, {"name": f"Late {number}"})

    done = await asyncio.gather(
        *(come(number) for number in range(6)),
        merge_accounts(team.ctx["admin"], kept_account, merged_account, expected_version=None),
        *(come(number) for number in range(6, 12)),
        return_exceptions=True,
    )

    assert {type(one) for one in done if isinstance(one, BaseException)} <= {NotFoundError}
    assert done[6] == kept_account
    for table in (Contact, Opportunity):
        assert (
            await table.filter(organization_id=team.organization.id).exclude(account_id=kept_account).count()
            == 0
        )


async def test_open_deals_of_an_account_with_the_same_name_are_possible_duplicates(
    team: SalesTeam, merged_account: UUID, kept_account: UUID
) -> None:
    owner = team.ctx["owner"]
    names = {
        "one": (merged_account, "GTX-Pro, 2nd site"),
        "two": (merged_account, " gtx pro  2nd SITE!"),
        "else": (merged_account, "GTX Pro"),
    }
    names["elsewhere"] = (kept_account, "GTX-Pro, 2nd site")
    made = {
        key: await create_opportunity(owner, NewOpportunity(account, None, None), {"name": name})
        for key, (account, name) in names.items()
    }

    called = {key: DealName(*name) for key, name in names.items()}
    found = await open_deals_by_name(owner.viewer, set(called.values()))
    await delete_opportunity(team.ctx["admin"], made["two"], reason="Twice", expected_version=None)
    of_a_stranger = replace(owner.viewer, visibility=Visibility.OWN, member_id=team.member("stranger"))

    both = (made["one"], made["two"])
    expected = {"one": both, "two": both, "else": (made["else"],), "elsewhere": (made["elsewhere"],)}
    assert {key: found[name] for key, name in called.items()} == expected
    assert await open_deals_by_name(owner.viewer, [called["one"]]) == {called["one"]: (made["one"],)}
    assert await open_deals_by_name(of_a_stranger, [called["one"]]) == {called["one"]: ()}
