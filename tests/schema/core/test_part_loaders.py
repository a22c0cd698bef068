"""The loaders of parts: each deal has its own, and a page of any size shares one read."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from schema.core.ids import encode
from tests.support.graphql import execute
from tests.support.organizations import TestOrganization
from tests.support.scenarios.activities import LATER, ActivityScenario, new_activity_scenario, new_deal

ACTIVITIES = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Opportunity {
  activities(first: 1) { totalCount nodes { with { name } } pageInfo { hasNextPage endCursor } } } } }"""
NEXT = """query($id: ID!, $after: String) { opportunity(id: $id) {
  activities(first: 1, after: $after) { totalCount nodes { with { name } } } } }"""
MIXED = """query($id: ID!) { opportunity(id: $id) {
  one: activities(first: 1) { nodes { id } } two: activities(first: 2) { nodes { id } }
  buyer { stakeholders { coverage contact { name } } } history { totalCount } } }"""


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """A deal with two conversations, first with Grace and then with Kim."""
    scenario = await new_activity_scenario(organization)
    await scenario.log_two_way_call(scenario.grace, at=LATER - timedelta(hours=1))
    await scenario.log_two_way_call(scenario.kim, at=LATER)
    return scenario


async def read(scenario: ActivityScenario, query: str, **variables: Any) -> Mapping[str, Any]:
    """Read as the admin."""
    return await execute(scenario.ctx, query, **variables)


async def test_each_deal_of_a_page_has_its_own_activities(scenario: ActivityScenario) -> None:
    other = await new_deal(scenario.ctx, scenario.account)
    ids = [encode("Opportunity", id) for id in (other, scenario.deal)]

    quiet, busy = (await read(scenario, ACTIVITIES, ids=ids))["nodes"]

    assert (quiet["activities"]["totalCount"], quiet["activities"]["nodes"]) == (0, [])
    assert busy["activities"]["totalCount"] == 2
    assert busy["activities"]["pageInfo"]["hasNextPage"]
    assert busy["activities"]["nodes"] == [{"with": [{"name": "Kim"}]}]


async def test_a_later_page_goes_on_after_the_first(scenario: ActivityScenario) -> None:
    id = encode("Opportunity", scenario.deal)
    first = (await read(scenario, ACTIVITIES, ids=[id]))["nodes"][0]["activities"]

    rest = await read(scenario, NEXT, id=id, after=first["pageInfo"]["endCursor"])

    assert rest["opportunity"]["activities"] == {"totalCount": 2, "nodes": [{"with": [{"name": "Grace"}]}]}


async def test_pages_of_two_sizes_and_the_facts_come_from_one_read(scenario: ActivityScenario) -> None:
    found = (await read(scenario, MIXED, id=encode("Opportunity", scenario.deal)))["opportunity"]

    assert found["two"]["nodes"][:1] == found["one"]["nodes"]
    assert len(found["two"]["nodes"]) == 2
    assert found["buyer"]["stakeholders"] == [
        {"coverage": "BRIEF", "contact": {"name": name}} for name in ("Grace", "Kim")
    ]
    assert found["history"] == {"totalCount": 0}
