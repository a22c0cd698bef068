"""Many deals for lists, inserted into the tables without the history that operations would record."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID

from tests.support.organizations import NOW, TestOrganization
from workflow.models import Account, Contact, Member, Opportunity, SalesProcess, Stakeholder
from workflow.models.columns import new_id

NUMBERS = count(1)


@dataclass(frozen=True)
class RowDefaults:
    """An organization's account, owner and process for new rows."""

    organization_id: UUID
    account_id: UUID
    owner_id: UUID
    process_id: UUID


@dataclass(frozen=True)
class DealWithPeople:
    """A deal with an account, an owner and stakeholders of its own."""

    account: Account
    owner: Member
    deal: Opportunity
    contacts: Sequence[Contact] = field(default_factory=list)


async def row_defaults(organization: TestOrganization) -> RowDefaults:
    """Create an account in the organization; return it with the admin and the default process."""
    process = await SalesProcess.filter(organization_id=organization.id).values("id")
    account = _account(organization.id, "Acme")
    await Account.bulk_create([account])
    return RowDefaults(organization.id, account.id, organization.admin_id, process[0]["id"])


def deal_row(place: RowDefaults, **columns: object) -> Opportunity:
    """Return an unsaved lead with these columns."""
    name = str(columns.get("name", "Deal"))
    identity = {"number": next(NUMBERS), "name": name, "name_folded": name.casefold(), "type": "NEW_BUSINESS"}
    state = {"state": "LEAD", "state_since": NOW, "probability": 0.1, "forecast_category": "OMITTED"}
    flags = {
        "probability_is_manual": False,
        "next_step_agreed": False,
        "push_count": 0,
        "purchase_process": "UNKNOWN",
    }
    return Opportunity(**{**_common_columns(), **vars(place), **identity, **state, **flags, **columns})


async def create_deals_with_people(
    organization: TestOrganization, size: int, *, people: int
) -> list[DealWithPeople]:
    """Create deals, each with an account, an owner and stakeholders of its own."""
    place = await row_defaults(organization)
    deals = [_deal_with_people(place, name=f"{number}", people=people) for number in range(size)]
    await Account.bulk_create([family.account for family in deals])
    await Member.bulk_create([family.owner for family in deals])
    await Opportunity.bulk_create([family.deal for family in deals])
    await Contact.bulk_create([contact for family in deals for contact in family.contacts])
    await Stakeholder.bulk_create(
        [_stakeholder(family, contact) for family in deals for contact in family.contacts]
    )
    return deals


def _deal_with_people(place: RowDefaults, *, name: str, people: int) -> DealWithPeople:
    account = _account(place.organization_id, f"Account {name}")
    email = f"{new_id()}@example.com"
    owner = Member(
        id=new_id(), organization_id=place.organization_id, name=f"Owner {name}", email=email, role="REP",
        visibility="ALL", active=True, created_at=NOW,
    )  # fmt: skip
    deal = deal_row(replace(place, account_id=account.id, owner_id=owner.id), name=f"Deal {name}")
    return DealWithPeople(
        account, owner, deal, [_contact(account, f"Person {name}.{one}") for one in range(people)]
    )


def _account(organization_id: UUID, name: str) -> Account:
    return Account(
        **_common_columns(), organization_id=organization_id, name=name, name_folded=name.casefold()
    )


def _contact(account: Account, name: str) -> Contact:
    places = {"organization_id": account.organization_id, "account_id": account.id}  # type: ignore[attr-defined]
    return Contact(**_common_columns(), **places, name=name, name_folded=name.casefold())


def _stakeholder(family: DealWithPeople, contact: Contact) -> Stakeholder:
    places = {"opportunity_id": family.deal.id, "contact_id": contact.id, "created_at": NOW}
    words = {"influence": "UNKNOWN", "attitude": "UNKNOWN", "buying_style": "UNKNOWN"}
    organization_id = family.deal.organization_id  # type: ignore[attr-defined]
    return Stakeholder(
        id=new_id(), organization_id=organization_id, roles=["CHAMPION"], is_primary=False, **places, **words
    )


def _common_columns() -> dict[str, object]:
    return {"id": new_id(), "version": 1, "created_at": NOW, "updated_at": NOW, "attributes": {}}
