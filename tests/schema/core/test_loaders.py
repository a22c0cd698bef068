"""The loaders: a page of any size takes the same number of statements, as few as possible."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type, is_required_argument

from schema import schema
from schema.core.context import RequestContext
from tests.schema.core.complete_deals import CALLS, create_complete_deals
from tests.support.counts import count
from tests.support.organizations import NOW, TestOrganization
from tests.support.rows import create_deals_with_people
from tests.support.statements import Statements, statements
from tests.support.team import SELLER_EMAIL, import_deals
from workflow.models import Opportunity
from workflow.queries.process.processes import newest_processes
from workflow.rules.enums import OpportunityState, Role

SIZES = (10, 50, 100)
FEW = 3
STAKEHOLDERS = 6
PAGE = """query($first: Int!) { opportunities(first: $first) { nodes { name
  owner { name } account { name }
  buyer { stakeholders { coverage contact { name } } }
  transitions { trigger readiness requirements { key status explanation } } } } }"""
TYPES = build_schema(schema.as_str()).type_map
DEEPEST = 5
PAGED_LISTS = {"activities", "history"}
"""The paged lists of a deal. Those of its account take a statement for each account."""
TREE = {"parent", "manager", "members"}
"""The fields that lead from a team to people and teams again."""


def object_type(name: str) -> GraphQLObjectType:
    """Return an object type of the schema."""
    kind = TYPES[name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


def selection(type_name: str, deep: int = DEEPEST) -> str:
    """Return a selection of every field of a type and of the objects below it."""
    kind = object_type(type_name)
    return " ".join(field_selection(name, kind, deep) for name in kind.fields)


def field_selection(name: str, kind: GraphQLObjectType, deep: int = DEEPEST) -> str:
    """Return a field with all fields below it; empty if it leads out of the deal."""
    below = get_named_type(kind.fields[name].type)
    if any(is_required_argument(argument) for argument in kind.fields[name].args.values()):
        return ""
    if not isinstance(below, GraphQLObjectType):
        return "" if getattr(below, "types", None) or getattr(below, "fields", None) else name
    if not deep or (kind.name == "Team" and name in TREE):
        return ""
    if below.name.endswith("Connection"):
        return f"{name}(first: 2) {{ {selection(below.name, deep)} }}" if name in PAGED_LISTS else ""
    inner = selection(below.name, deep - 1)
    return f"{name} {{ {inner} }}" if inner.strip() else ""


DEAL = object_type("Opportunity")
FIELDS = {name: field for name in DEAL.fields if (field := field_selection(name, DEAL))}
EVERYTHING = (
    f"query($first: Int!) {{ opportunities(first: $first) {{ nodes {{ {' '.join(FIELDS.values())} }} }} }}"
)
LISTED = "{ totalCount nodes { id } pageInfo { hasNextPage } }"
SIZED = f"""query($first: Int!) {{ opportunities(first: $first) {{ nodes {{
  transitions {{ trigger }} two: activities(first: 2) {LISTED} all: activities {LISTED} }} }} }}"""
TOTALS = (
    "query($first: Int!) { opportunities(first: $first) { totalCount totalValue { amount } nodes { id } } }"
)


async def ask_page(
    organization: TestOrganization, query: str, first: int
) -> tuple[list[dict[str, Any]], Statements]:
    """Return the deals of a page and the statements that it took."""
    context = RequestContext(viewer=organization.ctx.viewer, now=NOW, request_id="page")
    # A server process parses each version once, so only its first page reads the document.
    await newest_processes(context.viewer)
    async with statements() as seen:
        answer = await schema.execute(query, variable_values={"first": first}, context_value=context)
    assert answer.errors is None, answer.errors
    assert answer.data is not None
    return answer.data["opportunities"]["nodes"], seen


async def test_a_page_takes_the_same_statements_whatever_its_size(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, max(SIZES), people=STAKEHOLDERS)

    taken = {}
    for size in SIZES:
        deals, seen = await ask_page(organization, PAGE, size)
        assert (
            len({deal["owner"]["name"] for deal in deals})
            == len({deal["account"]["name"] for deal in deals})
            == size
        )
        assert (
            len({who["contact"]["name"] for deal in deals for who in deal["buyer"]["stakeholders"]})
            == size * STAKEHOLDERS
        )
        taken[size] = seen.by_table()

    assert [taken[size] for size in SIZES] == [taken[SIZES[0]]] * len(SIZES)


async def test_a_page_reads_each_table_once(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 50, people=STAKEHOLDERS)

    _, seen = await ask_page(organization, PAGE, 50)

    asked_twice = {table: times for table, times in seen.by_table().items() if times > 1}
    assert asked_twice == {}


async def test_the_parts_of_a_page_take_one_statement(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, FEW, people=2)

    one_page, few = await ask_page(organization, PAGE, FEW - 1)
    other_page, more = await ask_page(organization, PAGE, FEW)

    assert one_page == other_page[:-1]
    assert few.by_table() == more.by_table()
    assert sum("json_group_array" in text or "json_agg" in text for text in more) == 1


@pytest.mark.parametrize("name", FIELDS)
async def test_every_field_of_a_deal_takes_the_same_statements_for_any_page_size(
    organization: TestOrganization, name: str
) -> None:
    await create_deals_with_people(organization, 20, people=2)
    query = f"query($first: Int!) {{ opportunities(first: $first) {{ nodes {{ id {FIELDS[name]} }} }} }}"

    _, few = await ask_page(organization, query, FEW)
    _, many = await ask_page(organization, query, 20)

    assert many.by_table() == few.by_table()


async def test_a_page_with_every_field_reads_each_table_once_for_any_page_size(
    organization: TestOrganization,
) -> None:
    size = max(FEW + 1, count(50))
    await create_complete_deals(organization, size)

    _, few = await ask_page(organization, EVERYTHING, FEW)
    deals, many = await ask_page(organization, EVERYTHING, size)

    assert [len(deal["activities"]["nodes"]) for deal in deals] == [2] * size
    assert [deal["activities"]["totalCount"] for deal in deals] == [CALLS] * size
    assert [len(deal["openOverrides"]) for deal in deals] == [1] * size
    assert many.by_table() == few.by_table() == {**dict.fromkeys(many.by_table(), 1), "opportunity": 2}


async def test_pages_of_two_sizes_share_one_statement_with_the_facts(organization: TestOrganization) -> None:
    await create_complete_deals(organization, 1)

    [deal], seen = await ask_page(organization, SIZED, 1)

    whole = [node["id"] for node in deal["all"]["nodes"]]
    two = [node["id"] for node in deal["two"]["nodes"]]
    assert (two, len(whole)) == (whole[:2], CALLS)
    assert [deal[name]["pageInfo"]["hasNextPage"] for name in ("two", "all")] == [True, False]
    assert [deal[name]["totalCount"] for name in ("two", "all")] == [CALLS] * 2
    assert seen.by_table()["activity"] == 1


async def test_the_totals_of_a_list_are_one_statement_beside_its_page(organization: TestOrganization) -> None:
    await create_deals_with_people(organization, 3, people=0)

    _, seen = await ask_page(organization, TOTALS, 2)

    assert seen.by_table() == {"opportunity": 2, "organization": 1}


AT_A_GLANCE = """query($first: Int!) { opportunities(first: $first) { nodes { name
  health { score band factors { key points explanation } }
  insight { completenessPercent topics { topic status summary missing } }
  progress { percent momentum next { name } }
  transitions { trigger readiness requirements { key status explanation } } } } }"""


@pytest.mark.parametrize("judged", [True, False], ids=["stored", "not judged yet"])
async def test_a_page_of_health_and_insight_reads_each_table_once(
    organization: TestOrganization, judged: bool
) -> None:
    await organization.ctx_of(Role.REP, SELLER_EMAIL)
    states = (OpportunityState.LEAD, OpportunityState.PROGRESSING, OpportunityState.LOST)
    wanted = {str(number): states[number % 3] for number in range(50)}
    await import_deals(organization, wanted)
    if not judged:
        await Opportunity.filter(organization_id=organization.id).update(
            health=None, health_factors=None, closed_insight=None
        )

    deals, seen = await ask_page(organization, AT_A_GLANCE, 50)

    assert len(deals) == 50
    assert {len(deal["insight"]["topics"]) for deal in deals} == {12}
    assert {table: times for table, times in seen.by_table().items() if times > 1} == {}
