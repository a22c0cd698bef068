"""Pages of the feed, its cursors, and the events that a viewer sees."""

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.team import SalesTeam, new_sales_team
from workflow.models.columns import new_id
from workflow.operations.accounts.accounts import create_account
from workflow.operations.core.context import Ctx
from workflow.operations.people.api_keys import NewApiKey, create_api_key
from workflow.queries.conditions import Span
from workflow.queries.events.events import (
    FEED_START,
    EventFilter,
    EventHead,
    FeedPosition,
    InvalidFeedCursorError,
    event_heads,
    events,
    events_by_id,
    may_match,
    newest_position,
    parse_cursor,
    position_before,
)
from workflow.queries.paging import Window
from workflow.rules.enums import OpportunityState, Role, Visibility
from workflow.rules.permissions import Viewer

CREATED = EventFilter(types=("account.created",))


async def create_accounts(ctx: Ctx, count: int) -> list[UUID]:
    """Accounts that are created one after the other, a minute apart."""
    return [
        await create_account(replace(ctx, now=NOW + timedelta(minutes=number)), {"name": f"{number}"})
        for number in range(count)
    ]


async def aggregates(viewer: Viewer, filter: EventFilter, window: Window) -> tuple[list[UUID], bool]:
    """The subjects of a page's events, and True if there are more."""
    rows, more = await events(viewer, filter, window)
    return [row.aggregateid for row in rows], more


def test_a_cursor_is_read_back_as_its_position() -> None:
    position = FeedPosition(1, 2**40, 7)

    assert parse_cursor(position.cursor()) == position
    assert "=" not in position.cursor()


@pytest.mark.parametrize("text", ["1.2", "1.2.3.4", "a.b.c", "-1.0.0", f"1.{2**63}.0", "", "1.2.x", "\0"])
def test_other_texts_are_not_cursors(text: str) -> None:
    cursor = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    with pytest.raises(InvalidFeedCursorError):
        parse_cursor(cursor)
    with pytest.raises(InvalidFeedCursorError):
        parse_cursor("ä" + text)


async def test_a_window_is_read_forward_from_a_position_or_backward_from_the_end(
    organization: TestOrganization,
) -> None:
    viewer = organization.ctx.viewer
    ids = await create_accounts(organization.ctx, 5)
    rows, _ = await events(viewer, CREATED, Window(5))
    second = rows[1].position
    fourth = rows[3].position

    assert await aggregates(viewer, CREATED, Window(2)) == (ids[:2], True)
    assert await aggregates(viewer, CREATED, Window(9, after=second)) == (ids[2:], False)
    assert await aggregates(viewer, CREATED, Window(9, after=second, before=fourth)) == (ids[2:3], False)
    assert await aggregates(viewer, CREATED, Window(2, backward=True)) == (ids[3:], True)
    assert await aggregates(viewer, CREATED, Window(9, before=second, backward=True)) == (ids[:1], False)
    assert await newest_position(viewer) == rows[4].position


async def test_events_are_found_by_pattern_time_and_deal(organization: TestOrganization) -> None:
    viewer = organization.ctx.viewer
    ids = await create_accounts(organization.ctx, 3)
    minute = Span(NOW + timedelta(minutes=1), NOW + timedelta(minutes=1))

    assert await aggregates(viewer, EventFilter(types=("account.*",)), Window(9)) == (ids, False)
    assert await aggregates(viewer, EventFilter(types=("account.*",), at=minute), Window(9)) == (
        [ids[1]],
        False,
    )
    assert await aggregates(viewer, EventFilter(types=()), Window(9)) == ([], False)
    assert await aggregates(viewer, EventFilter(types=("x" * 65,)), Window(9)) == ([], False)
    # An account's id is not a deal's id, although it is an event's subject.
    assert await aggregates(viewer, EventFilter(opportunity_id=(ids[0],)), Window(9)) == ([], False)


async def test_reading_after_the_position_before_an_instant_begins_with_its_first_event(
    organization: TestOrganization,
) -> None:
    viewer = organization.ctx.viewer
    ids = await create_accounts(organization.ctx, 3)

    position = await position_before(viewer, NOW + timedelta(minutes=1))

    assert position is not None
    assert await aggregates(viewer, CREATED, Window(9, after=position)) == (ids[1:], False)
    assert await position_before(viewer, NOW + timedelta(days=1)) is None


async def test_heads_are_of_one_organization_or_of_all(organization: TestOrganization) -> None:
    [id] = await create_accounts(organization.ctx, 1)

    own = await event_heads(after=FEED_START, size=100, organization_id=organization.id, types=["account.*"])
    everywhere = await event_heads(
        after=FeedPosition(*own[0].position)._replace(pos=own[0].position.pos - 1), size=1
    )

    assert [(head.aggregateid, head.type) for head in own] == [(id, "account.created")]
    assert everywhere == own


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team for every test of visibility."""
    return await new_sales_team()


async def test_events_of_a_deal_are_visible_with_the_deal(team: SalesTeam) -> None:
    lead = team.deals[OpportunityState.LEAD]
    filter = EventFilter(opportunity_id=(lead,))
    owner, stranger = (
        replace(team.ctx[name].viewer, visibility=Visibility.OWN) for name in ("owner", "stranger")
    )
    rows, _ = await events(owner, filter, Window(9))

    assert rows
    assert await events(stranger, filter, Window(9)) == ([], False)
    ids = [row.id for row in rows]
    assert set(await events_by_id(owner, ids)) == set(ids)
    assert await events_by_id(stranger, ids) == {}


async def test_events_of_api_keys_are_visible_to_admins_only(team: SalesTeam) -> None:
    key = await create_api_key(team.ctx["admin"], NewApiKey("Sync", Role.OBSERVER))
    filter = EventFilter(types=("apiKey.*",))

    assert key.id in (await aggregates(team.ctx["admin"].viewer, filter, Window(99)))[0]
    for name in ("owner", "manager", "integrator", "observer"):
        assert await aggregates(team.ctx[name].viewer, filter, Window(99)) == ([], False), name


@pytest.mark.parametrize(
    ("types", "of_deal", "expected"),
    [
        (None, None, True),
        (["account.created"], None, True),
        (["account.*", "member.created"], None, True),
        (["account.updated"], None, False),
        ([], None, False),
        (None, True, True),
        (["account.*"], False, False),
    ],
)
def test_an_event_may_match_by_its_type_and_its_subject(
    types: Sequence[str] | None, of_deal: bool | None, expected: bool
) -> None:
    subject = new_id()
    head = EventHead(new_id(), FEED_START, new_id(), "account", subject, "account.created")
    deals = None if of_deal is None else (subject if of_deal else new_id(),)
    filter = EventFilter(None if types is None else tuple(types), deals)

    assert may_match(filter, head) is expected
