"""Several SELECTs in one statement."""

from datetime import timedelta

from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import create_deals_with_people
from tests.support.statements import statements
from workflow.models import Contact, Opportunity
from workflow.queries.union import UnionAll, sort_records, table_columns


async def test_each_select_returns_its_own_columns_converted_by_one_statement(
    organization: TestOrganization,
) -> None:
    [first, _] = await create_deals_with_people(organization, 2, people=1)
    union = UnionAll()
    organization_id = union.bind(organization.id)
    columns = table_columns(Opportunity, ["id", "created_at", "attributes"])
    union.select(columns, f"FROM opportunity WHERE organization_id = {organization_id}")
    names = {**table_columns(Contact, ["name"]), "length": ("LENGTH(name)", None)}
    union.select(names, f"FROM contact WHERE organization_id = {organization_id}")

    async with statements() as sent:
        deals, contacts = await union.rows()

    assert len(sent) == 1
    assert {"id": first.deal.id, "created_at": NOW, "attributes": {}} in deals
    assert sort_records(contacts, "name") == [
        {"name": "Person 0.0", "length": 10},
        {"name": "Person 1.0", "length": 10},
    ]


async def test_values_are_bound_in_the_order_of_their_placeholders(organization: TestOrganization) -> None:
    union = UnionAll()

    assert union.bind("a") == "$1"
    assert union.bind("b", "c") == "$2, $3"
    values = " || ".join(f"CAST(${number} AS TEXT)" for number in (3, 1, 2))
    organization_id = union.bind(organization.id)
    union.select({"value": (values, None)}, f"FROM organization WHERE id = {organization_id}")

    assert await union.rows() == [[{"value": "cab"}]]


async def test_an_empty_list_matches_no_row(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 1, people=0)
    union = UnionAll()
    union.select(table_columns(Opportunity, ["id"]), f"FROM opportunity WHERE id IN ({union.bind()})")

    assert await union.rows() == [[]]


def test_records_are_sorted_by_a_column() -> None:
    records = [{"at": NOW + timedelta(days=day)} for day in (2, 0, 1)]

    assert [record["at"] - NOW for record in sort_records(records, "at")] == [
        timedelta(0),
        timedelta(1),
        timedelta(2),
    ]
