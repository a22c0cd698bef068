"""The event feed as clients read it: pages by readable cursors, ids of the API, and filters."""

from typing import Any
from uuid import UUID

import pytest

from schema.core.ids import encode
from schema.events.events import EventFilterInput, parse_event_filter
from tests.support.graphql import execute, execute_with_errors
from tests.support.organizations import TestOrganization
from tests.support.scenarios.activities import ActivityScenario, new_activity_scenario
from workflow.queries.events.events import EventFilter

EVENTS = """query($first: Int, $after: String, $last: Int, $before: String, $filter: EventFilter) {
  events(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    nodes { type payload opportunity { id } } edges { cursor }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
SOME = UUID("01a20f40-53a6-773d-aacd-9de01f03bea6")


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """A deal with two contacts, and the events of all of it."""
    return await new_activity_scenario(organization)


async def read(scenario: ActivityScenario, **arguments: Any) -> dict[str, Any]:
    """A page of the feed."""
    found: dict[str, Any] = (await execute(scenario.ctx, EVENTS, **arguments))["events"]
    return found


async def test_payloads_have_ids_of_the_api_and_only_deals_have_an_opportunity(
    scenario: ActivityScenario,
) -> None:
    contacts = (await read(scenario, filter={"types": ["contact.*"]}))["nodes"]
    [created] = (await read(scenario, filter={"types": ["opportunity.created"]}))["nodes"]

    deal = encode("Opportunity", scenario.deal)
    assert [event["type"] for event in contacts] == ["contact.created"] * 2
    assert [event["opportunity"] for event in contacts] == [None, None]
    assert contacts[0]["payload"]["contactId"] == encode("Contact", scenario.grace)
    assert (created["payload"]["opportunityId"], created["opportunity"]) == (deal, {"id": deal})


async def test_two_pages_hold_what_one_does(scenario: ActivityScenario) -> None:
    everything = await read(scenario)
    first = await read(scenario, first=2)

    rest = await read(scenario, after=first["pageInfo"]["endCursor"])

    assert first["nodes"] + rest["nodes"] == everything["nodes"]
    assert (first["pageInfo"]["hasNextPage"], first["pageInfo"]["hasPreviousPage"]) == (True, False)
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)


async def test_the_newest_events_are_read_from_the_end(scenario: ActivityScenario) -> None:
    everything = (await read(scenario))["edges"]

    newest = await read(scenario, last=1)
    before = await read(scenario, last=1, before=newest["pageInfo"]["startCursor"])

    assert (newest["edges"], before["edges"]) == (everything[-1:], everything[-2:-1])
    assert (newest["pageInfo"]["hasPreviousPage"], newest["pageInfo"]["hasNextPage"]) == (True, False)
    assert before["pageInfo"]["hasNextPage"]


async def test_an_empty_page_keeps_the_cursor_to_continue_from(scenario: ActivityScenario) -> None:
    end = (await read(scenario))["pageInfo"]["endCursor"]

    after = await read(scenario, after=end)

    assert (after["nodes"], after["pageInfo"]["endCursor"]) == ([], end)


async def test_a_cursor_of_another_list_is_refused(scenario: ActivityScenario) -> None:
    found = await execute_with_errors(scenario.ctx, EVENTS, after="WyJ4IixbXV0")

    [message] = found["errors"]
    assert message.startswith("`after` is not a cursor of the feed.")


def test_a_filter_drops_ids_that_are_not_opportunities() -> None:
    given = EventFilterInput(
        types=["risk.*"], opportunity_id=[encode("Opportunity", SOME), encode("Account", SOME)]
    )

    assert parse_event_filter(given) == EventFilter(types=("risk.*",), opportunity_id=(SOME,))
    assert parse_event_filter(None) == EventFilter()
