"""Deals for lists, written straight into the tables: many at once, without the history that operations would give them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID

from tests.support.organizations import NOW, TestOrganization
from workflow.models import Account, Contact, Member, Opportunity, SalesProcess, Stakeholder
from workflow.models.columns import new_id

NUMBERS = count(1)


@dataclass(frozen=True)
class Place:
    """Where rows are put: an organization's own account, owner and process."""

    organization_id: UUID
    account_id: UUID
    owner_id: UUID
    process_id: UUID


@dataclass(frozen=True)
class Family:
    """A deal with an account, an owner and people of its own."""

    account: Account
    owner: Member
    deal: Opportunity
    contacts: Sequence[Contact] = field(default_factory=list)


async def place_of(organization: TestOrganization) -> Place:
    """A new account of the organization, with its admin and its default process."""
    process = await SalesProcess.filter(organization_id=organization.id).values("id")
    account = _account(organization.id, "Acme")
    await Account.bulk_create([account])
    return Place(organization.id, account.id, organization.admin_id, process[0]["id"])


def deal_row(place: Place, **columns: object) -> Opportunity:
    """A lead, not saved; the columns that are given replace its own."""
    name = str(columns.get("name", "Deal"))
    about = {"number": next(NUMBERS), "name": name, "name_folded": name.casefold(), "type": "NEW_BUSINESS"}
    standing = {"state": "LEAD", "state_since": NOW, "probability": 0.1, "forecast_category": "OMITTED"}
    flags = {"probability_is_manual": False, "next_step_agreed": False, "push_count": 0, "purchase_process": "UNKNOWN"}
    return Opportunity(**{**_new(), **vars(place), **about, **standing, **flags, **columns})


async def families(organization: TestOrganization, size: int, *, people: int) -> list[Family]:
    """So many deals, each with an account, an owner and stakeholders that no other deal has."""
    place = await place_of(organization)
    made = [_family(place, name=f"{number}", people=people) for number in range(size)]
    await Account.bulk_create([family.account for family in made])
    await Member.bulk_create([family.owner for family in made])
    await Opportunity.bulk_create([family.deal for family in made])
    await Contact.bulk_create([contact for family in made for contact in family.contacts])
    await Stakeholder.bulk_create([_stakeholder(family, contact) for family in made for contact in family.contacts])
    return made


def _family(place: Place, *, name: str, people: int) -> Family:
    account = _account(place.organization_id, f"Account {name}")
    email = f"{new_id()}@example.com"
    owner = Member(
        id=new_id(), organization_id=place.organization_id, name=f"Owner {name}", email=email, role="REP",
        visibility="ALL", active=True, created_at=NOW,
    )  # fmt: skip
    deal = deal_row(replace(place, account_id=account.id, owner_id=owner.id), name=f"Deal {name}")
    return Family(account, owner, deal, [_contact(account, f"Person {name}.{one}") for one in range(people)])


def _account(organization_id: UUID, name: str) -> Account:
    return Account(**_new(), organization_id=organization_id, name=name, name_folded=name.casefold())


def _contact(account: Account, name: str) -> Contact:
    places = {"organization_id": account.organization_id, "account_id": account.id}  # type: ignore[attr-defined]
    return Contact(**_new(), **places, name=name, name_folded=name.casefold())


def _stakeholder(family: Family, contact: Contact) -> Stakeholder:
    places = {"opportunity_id": family.deal.id, "contact_id": contact.id, "created_at": NOW}
    words = {"influence": "UNKNOWN", "attitude": "UNKNOWN", "buying_style": "UNKNOWN"}
    organization_id = family.deal.organization_id  # type: ignore[attr-defined]
    return Stakeholder(
        id=new_id(), organization_id=organization_id, roles=["CHAMPION"], is_primary=False, **places, **words
    )


def _new() -> dict[str, object]:
    return {"id": new_id(), "version": 1, "created_at": NOW, "updated_at": NOW, "attributes": {}}
