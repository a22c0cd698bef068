"""Text search finds the records whose names contain every word, in any order, also after changes."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from tests.support.organizations import TestOrganization, new_organization
from tests.support.rows import DealWithPeople, create_deals_with_people, deal_row, row_defaults
from workflow.models import Account, Contact, Member, Opportunity, Stakeholder
from workflow.models.engine.database import act_as_organization, dialect, execute, fetch, open_database
from workflow.queries.opportunity.accounts import AccountFilter, accounts, contacts
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import opportunities
from workflow.queries.paging import Window
from workflow.queries.text_search import COMMON_ON_SQLITE, common_text, matches_text
from workflow.rules.search_text import fold, name_columns

WINDOW = Window(100)


@dataclass(frozen=True)
class Searched:
    """An organization with a deal to be found, and another one."""

    organization: TestOrganization
    place: DealWithPeople
    other: DealWithPeople

    async def found(self, text: str) -> set[UUID]:
        """Return the ids of the deals that a text finds, which do not depend on the form of the condition."""
        id = self.organization.id
        forms = [
            Opportunity.filter(matches_text("OPPORTUNITY", id, text, common=common), organization_id=id)
            for common in (False, True)
        ]
        rare, common = [{row["id"] for row in await form.values("id")} for form in forms]
        page = await opportunities(self.organization.ctx.viewer, OpportunityFilter(text=text), (), WINDOW)
        assert rare == common == {row.id for row in page.rows}
        return rare

    async def finds(self, text: str) -> bool:
        """Return True if a text finds the deal; it must not find the other one."""
        found = await self.found(text)
        assert found in (set(), {self.place.deal.id})
        return bool(found)


@pytest.fixture
async def searched(organization: TestOrganization) -> Searched:
    """A deal whose names have capital letters, accents and the wildcards of LIKE."""
    [deal, other] = await create_deals_with_people(organization, 2, people=2)
    columns = name_columns("GTX Basic for Kinnamplus")
    await Opportunity.filter(id=deal.deal.id).update(number=4711, **columns)
    await Account.filter(id=deal.account.id).update(**name_columns("İstanbul Straße 50%_off\\"))
    await Member.filter(id=deal.owner.id).update(name="Zoë Müller", name_search="zoe muller")
    await Contact.filter(id=deal.contacts[0].id).update(**name_columns("María Núñez"))
    return Searched(organization, deal, other)


@pytest.mark.parametrize(
    "text",
    [
        *("GTX Kinnamplus", "kinnamplus gtx", "innampl  asic", "ba fo gt", "xb".replace("b", " b")),
        *("istanbul", "ISTANBUL", "İSTANBUL", "strasse", "0%_o", "f\\", "%", "_"),
        *("maria NUNEZ", "maría", "zoë", "ZOE basic maria istanbul"),
        *("4711", "#4711", "#04711 gtx"),
    ],
)
async def test_a_deal_is_found_by_words_of_its_names_in_any_order(searched: Searched, text: str) -> None:
    assert await searched.finds(text)


@pytest.mark.parametrize(
    "text",
    ["GTX Kinnamplux", "471", "#471", "47110", "qx", "%x", "gtx\0", "x" * 2_000, "BASIC\nQQ", "forkinn"],
)
async def test_a_deal_is_not_found_if_a_word_is_in_none_of_its_names(searched: Searched, text: str) -> None:
    assert not await searched.finds(text)


@pytest.mark.parametrize("text", ["", " \n ", "a", "acc"])
async def test_a_text_without_words_or_with_a_common_one_finds_every_deal(
    searched: Searched, text: str
) -> None:
    await Account.filter(id=searched.place.account.id).update(**name_columns("Account"))

    assert await searched.found(text) == {searched.place.deal.id, searched.other.deal.id}


async def test_a_name_without_its_searched_form_is_found_as_it_is_written(searched: Searched) -> None:
    """Rows that another program wrote have no `name_search`."""
    await Contact.filter(id=searched.place.contacts[1].id).update(name="Ümit", name_folded="ümit")

    assert await searched.finds("ÜMIT")


Change = Callable[[Searched], Awaitable[object]]
CHANGES: dict[str, Change] = {
    "the name of the account": lambda searched: Account.filter(id=searched.place.account.id).update(
        **name_columns("Renamed")
    ),
    "the account": lambda searched: _move(searched, account_id=searched.other.account.id),
    "the name of the owner": lambda searched: Member.filter(id=searched.place.owner.id).update(
        name="Renamed", name_search="renamed"
    ),
    "the owner": lambda searched: _move(searched, owner_id=searched.other.owner.id),
    "the name of a contact": lambda searched: Contact.filter(id=searched.place.contacts[0].id).update(
        **name_columns("Renamed")
    ),
    "a stakeholder": lambda searched: Stakeholder.filter(opportunity_id=searched.place.deal.id).delete(),
    "the contact": lambda searched: Stakeholder.filter(contact_id=searched.place.contacts[0].id).update(
        contact_id=searched.other.contacts[0].id
    ),
    "the name": lambda searched: Opportunity.filter(id=searched.place.deal.id).update(
        **name_columns("Renamed")
    ),
    "the number": lambda searched: _move(searched, number=4712),
}
TEXTS = {
    "the name of the account": "istanbul",
    "the account": "istanbul",
    "the name of the owner": "zoe",
    "the owner": "zoe",
    "the name of a contact": "maria",
    "a stakeholder": "maria",
    "the contact": "maria",
    "the name": "kinnamplus",
    "the number": "#4711",
}


async def _move(searched: Searched, **columns: object) -> None:
    await Opportunity.filter(id=searched.place.deal.id).update(**columns)


@pytest.mark.parametrize("what", CHANGES)
async def test_a_change_of_a_name_changes_what_finds_the_deal(searched: Searched, what: str) -> None:
    assert await searched.finds(TEXTS[what])

    await CHANGES[what](searched)

    assert not await searched.found(TEXTS[what])


async def test_a_new_stakeholder_makes_the_deal_found(searched: Searched) -> None:
    [contact, _] = searched.other.contacts
    await Contact.filter(id=contact.id).update(**name_columns("Quentin"))
    assert await searched.found("quentin") == {searched.other.deal.id}

    await Stakeholder.filter(contact_id=searched.place.contacts[0].id).update(contact_id=contact.id)

    assert await searched.found("quentin") == {searched.place.deal.id, searched.other.deal.id}


async def test_accounts_and_contacts_are_found_by_their_own_names(searched: Searched) -> None:
    viewer = searched.organization.ctx.viewer

    for text, names in {"ist 50%": ["İstanbul Straße 50%_off\\"], "maria": []}.items():
        found = await accounts(viewer, AccountFilter(text=text), WINDOW)
        assert [row.name for row in found.rows] == names
    for text, names in {"nun MAR": ["María Núñez"], "istanbul": []}.items():
        people = await contacts(viewer, AccountFilter(text=text), WINDOW)
        assert [row.name for row in people.rows] == names


async def test_a_deleted_record_has_no_document(searched: Searched) -> None:
    account = (await row_defaults(searched.organization)).account_id
    ids = [account, searched.place.deal.id]
    await Stakeholder.filter(opportunity_id=searched.place.deal.id).delete()
    await Opportunity.filter(id=searched.place.deal.id).delete()
    await Account.filter(id=account).delete()

    for id in ids:
        assert await fetch("SELECT id FROM search_document WHERE subject_id = $1", id) == []


async def test_searches_agree_with_the_folded_names(organization: TestOrganization) -> None:
    """The index, its rechecks and the walk find what a comparison in Python finds."""
    pick = random.Random(7)
    place = await row_defaults(organization)
    syllables = ["ka", "ko", "Ä", "ß", "i", "İ", "%", "_", "\\", '"', "'", "12", " "]
    names = ["".join(pick.choices(syllables, k=pick.randint(3, 8))).strip() or "x" for _ in range(80)]
    rows = [
        deal_row(place, number=100_000 + number, **name_columns(name)) for number, name in enumerate(names)
    ]
    await Opportunity.bulk_create(rows)
    rest = "\nacme\n" + fold((await Member.get(id=organization.admin_id)).name)
    searched = Searched(organization, None, None)  # type: ignore[arg-type]  # no certain deal is looked for

    for _ in range(40):
        words = [
            "".join(pick.choices(syllables[:-1], k=pick.randint(1, 3))) for _ in range(pick.randint(1, 2))
        ]
        expected = {row.id for row in rows if all(fold(word) in fold(row.name) + rest for word in words)}
        assert await searched.found(" ".join(words)) == expected, words


async def test_a_word_of_many_deals_is_common_and_one_of_few_is_not(own_database: str) -> None:
    # PostgreSQL estimates from the statistics of all organizations: other tests must not change them.
    words = {
        "granite": True,
        "granite acme": True,
        "granite zzz": False,
        "zzyzx": False,
        "": False,
        "\0": False,
    }
    async with open_database(own_database, all_contexts=False):
        organization = await new_organization()
        place = await row_defaults(organization)
        deals = [deal_row(place, name=f"Granite {number}") for number in range(COMMON_ON_SQLITE)]
        await Opportunity.bulk_create(deals, batch_size=500)
        if dialect() == "postgres":
            await execute("ANALYZE search_document")
        found = {text: await common_text(organization.id, text) == text for text in words}

    assert found == words


async def test_a_search_of_one_organization_finds_nothing_of_another(searched: Searched) -> None:
    other = await new_organization()
    for kind in ("OPPORTUNITY", "ACCOUNT", "CONTACT"):
        table = {"OPPORTUNITY": Opportunity, "ACCOUNT": Account, "CONTACT": Contact}[kind]
        condition = matches_text(kind, other.id, "a")
        assert await table.filter(condition, organization_id=searched.organization.id).count() == 0


async def test_postgresql_refuses_to_search_another_organization(searched: Searched) -> None:
    if dialect() == "sqlite":
        return
    other = await new_organization()
    arguments = ("OPPORTUNITY", searched.organization.id, ["%gtx%"], [""])
    sql = "SELECT search_documents($1, $2, $3, $4) AS id"
    with act_as_organization(searched.organization.id):
        assert len(await fetch(sql, *arguments)) == 1
    with act_as_organization(other.id), pytest.raises(Exception, match="not the organization"):
        await fetch(sql, *arguments)
