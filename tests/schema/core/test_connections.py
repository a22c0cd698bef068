"""Page arguments that no list can satisfy are client errors."""

import base64
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.organizations import TestOrganization
from tests.support.rows import deal_row, row_defaults
from workflow.models import Opportunity

PAGE = """query($first: Int, $after: String, $last: Int, $before: String, $order: [OpportunityOrder!]) {
  opportunities(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
    nodes { id } pageInfo { endCursor } } }"""
BY_VALUE = [{"field": "VALUE", "direction": "DESC"}]
BY_DAY = [{"field": "EXPECTED_CLOSE_DATE"}]
BY_NAME = [{"field": "NAME"}]
BY_INSTANT = [{"field": "CREATED_AT"}]
ID = ["u", str(uuid4())]


async def ask(client: httpx.AsyncClient, query: str = PAGE, **variables: Any) -> dict[str, Any]:
    """Return the whole response."""
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    body: dict[str, Any] = answer.json()
    return body


def codes(body: dict[str, Any]) -> list[str]:
    """Return the code of each error of a response without data."""
    assert body.get("data") is None, body
    return [error["extensions"]["code"] for error in body["errors"]]


def forged_cursor(order: str, *parts: object) -> str:
    """Return a cursor that no page ever contained."""
    return base64.urlsafe_b64encode(json.dumps([order, parts]).encode()).decode().rstrip("=")


@pytest.mark.parametrize("name", ["first", "last"])
@pytest.mark.parametrize("size", [101, 0, -1, 2**31 - 1, -(2**31)])
async def test_an_invalid_page_size_is_refused(client: httpx.AsyncClient, name: str, size: int) -> None:
    body = await ask(client, PAGE, **{name: size})

    assert codes(body) == ["BAD_USER_INPUT"]
    assert f"`{name}` is {size}" in body["errors"][0]["message"]


@pytest.mark.parametrize("name", ["first", "last"])
async def test_a_page_of_the_largest_size_is_given(client: httpx.AsyncClient, name: str) -> None:
    assert (await ask(client, PAGE, **{name: 100}))["data"]["opportunities"]["nodes"] == []


async def test_first_and_last_together_are_refused(client: httpx.AsyncClient) -> None:
    assert codes(await ask(client, first=1, last=1)) == ["BAD_USER_INPUT"]


async def test_a_field_twice_in_an_order_is_refused(client: httpx.AsyncClient) -> None:
    assert codes(await ask(client, order=[*BY_VALUE, *BY_VALUE])) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize(
    "order", [None, BY_DAY, [{"field": "VALUE", "direction": "ASC"}], [*BY_VALUE, *BY_DAY]], ids=range(4)
)
async def test_a_cursor_of_another_order_is_refused(
    client: httpx.AsyncClient, organization: TestOrganization, way: str, order: Any
) -> None:
    await Opportunity.bulk_create([deal_row(await row_defaults(organization))])
    page = (await ask(client, order=BY_VALUE))["data"]["opportunities"]

    again = await ask(client, order=BY_VALUE, **{way: page["pageInfo"]["endCursor"]})
    other = await ask(client, order=order, **{way: page["pageInfo"]["endCursor"]})

    assert again["data"]["opportunities"]["nodes"] == []
    assert codes(other) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("list_name", ["accounts", "events", "members"])
async def test_a_cursor_of_another_list_is_refused(
    client: httpx.AsyncClient, organization: TestOrganization, list_name: str
) -> None:
    await row_defaults(organization)
    others = await ask(client, f"{{ {list_name} {{ pageInfo {{ endCursor }} }} }}")
    cursor = others["data"][list_name]["pageInfo"]["endCursor"]

    assert cursor is not None
    assert codes(await ask(client, after=cursor)) == ["BAD_USER_INPUT"]


FORGED = {
    "nothing": (None, ""),
    "no base64": (None, "%%%"),
    "no json": (None, base64.urlsafe_b64encode(b"[").decode()),
    "an object for a number": (None, forged_cursor("number", ["v", {"a": 1}], ID)),
    "no number": (None, forged_cursor("number", ["v", float("nan")], ID)),
    "an endless number": ([{"field": "PROBABILITY"}], forged_cursor("probability", ["v", float("inf")], ID)),
    "a half": (None, forged_cursor("number", ["v", 1.5], ID)),
    "a number larger than any": (None, forged_cursor("number", ["v", 2**31], ID)),
    "an amount larger than any": ([{"field": "VALUE"}], forged_cursor("base_minor", ["v", 2**63], ID)),
    "a day for a number": (None, forged_cursor("number", ["d", "2026-01-01"], ID)),
    "no id": (None, forged_cursor("number", ["v", 1], ["u", "abc"])),
    "none for an id": (None, forged_cursor("number", ["v", 1], ["v", None])),
    "a number for a day": (BY_DAY, forged_cursor("expected_close_date", ["v", 1], ID)),
    "an instant for a day": (
        BY_DAY,
        forged_cursor("expected_close_date", ["t", "2026-01-01T00:00:00+00:00"], ID),
    ),
    "no day": (BY_DAY, forged_cursor("expected_close_date", ["d", "2026-02-30"], ID)),
    "a day for an instant": (BY_INSTANT, forged_cursor("created_at", ["d", "2026-01-01"], ID)),
    "an instant of no zone": (BY_INSTANT, forged_cursor("created_at", ["t", "2026-01-01T00:00:00"], ID)),
    "an instant before all": (
        BY_INSTANT,
        forged_cursor("created_at", ["t", "0001-01-01T00:00:00+14:00"], ID),
    ),
    "an instant after all": (BY_INSTANT, forged_cursor("created_at", ["t", "9999-12-31T23:59:59-14:00"], ID)),
    "a NUL": (BY_NAME, forged_cursor("name_folded", ["v", "a\x00"], ID)),
    "half a character": (BY_NAME, forged_cursor("name_folded", ["v", "\ud800"], ID)),
    "a number for a text": (BY_NAME, forged_cursor("name_folded", ["v", 5], ID)),
}
"""Wrong values for each kind of column; malformed cursors are in tests/schema/test_invalid_input.py."""


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize("what", FORGED)
async def test_a_forged_cursor_is_refused(client: httpx.AsyncClient, what: str, way: str) -> None:
    order, cursor = FORGED[what]

    assert codes(await ask(client, order=order, **{way: cursor})) == ["BAD_USER_INPUT"]
