"""The digest of a morning: once a day a member, at seven where the organization is, of what is open on their deals and came up to them."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, one, swept
from tests.support.team import Crew, new_crew, told
from workflow.models import Alert, Event, Member, WebhookDelivery
from workflow.operations.opportunity.alert_responses import acknowledge_alerts
from workflow.operations.webhooks.endpoints import EndpointChanges, create_webhook_endpoint
from workflow.operations.webhooks.relay import relay
from workflow.queries.events.events import events_by_id
from workflow.rules.enums import OpportunityState, Visibility

MOMENT = timedelta(seconds=1)


@pytest.fixture
async def crew() -> Crew:
    """People of Vienna, where it was ten o'clock at NOW, with a deal of the owner's in QUALIFIED."""
    return await new_crew(time_zone="Europe/Vienna")


async def days_of(crew: Crew, name: str) -> list[str]:
    """The days of which somebody was told."""
    return [str(one["day"]) for one in await told(crew.member(name), "alert.digest")]


async def test_it_is_told_at_seven_and_once_a_day(crew: Crew) -> None:
    """Summer time begins on the 29th of March: seven o'clock is an hour sooner from then on."""
    vienna = ZoneInfo("Europe/Vienna")
    for day in (27, 30):
        seven = datetime(2026, 3, day, 7, tzinfo=vienna)
        for at in (seven - MOMENT, seven, seven + MOMENT, seven + timedelta(hours=16)):
            before = await days_of(crew, "owner")
            await swept(crew, at)
            assert (await days_of(crew, "owner") != before) is (at == seven)

    assert await days_of(crew, "owner") == ["2026-03-27", "2026-03-30"]


async def test_after_a_stop_one_sweep_tells_the_days_digest_and_none_of_those_before(crew: Crew) -> None:
    await swept(crew, NOW + DAY)
    await swept(crew, NOW + 9 * DAY)

    assert await days_of(crew, "owner") == ["2026-03-03", "2026-03-11"]


async def test_it_counts_by_severity_and_names_the_worst_first(crew: Crew) -> None:
    await swept(crew, NOW + 8 * DAY)

    [digest] = await told(crew.member("owner"), "alert.digest")
    named = [await Alert.get(id=id).values("severity", "rank") for id in digest["alertIds"]]
    mine = await Alert.filter(organization_id=crew.organization.id, status="OPEN").values("severity")
    counted = dict.fromkeys(("ADVICE", "WARNING", "CRITICAL"), 0)
    for row in mine:
        counted[row["severity"]] += 1
    assert digest["open"] == counted and counted["WARNING"] > 0 < counted["CRITICAL"]
    assert [row["rank"] for row in named] == sorted((row["rank"] for row in named), reverse=True)


async def test_what_came_up_to_a_manager_is_in_theirs_and_what_is_answered_in_nobodys(crew: Crew) -> None:
    deal = crew.deals[OpportunityState.QUALIFIED]
    for day in (14, 17):
        await swept(crew, NOW + day * DAY)
    alert = await one(deal)
    managers = await told(crew.member("manager"), "alert.digest")
    await acknowledge_alerts(crew.at("owner", NOW + 17.5 * DAY), [alert["id"]], "I call them")
    await swept(crew, NOW + 18 * DAY)

    assert [str(alert["id"]) in digest["alertIds"] for digest in managers[-2:]] == [False, True]
    for name in ("owner", "manager"):
        assert str(alert["id"]) not in (await told(crew.member(name), "alert.digest"))[-1]["alertIds"]


async def test_who_is_away_or_has_nothing_open_is_told_nothing(crew: Crew) -> None:
    await swept(crew, NOW + DAY)
    await Member.filter(id=crew.member("owner")).update(active=False)
    await swept(crew, NOW + 2 * DAY)

    assert (await days_of(crew, "owner"), await days_of(crew, "stranger")) == (["2026-03-03"], [])


async def test_sweeps_at_once_tell_it_once(crew: Crew) -> None:
    await swept(crew, NOW + DAY)
    before = await Event.filter(organization_id=crew.organization.id, type="alert.digest").count()

    await asyncio.gather(*(swept(crew, NOW + 2 * DAY) for _ in range(4)))

    after = await Event.filter(organization_id=crew.organization.id, type="alert.digest").count()
    assert (before, after) == (1, 2)


async def test_a_webhook_takes_it_and_only_its_member_and_who_sees_all_read_it(crew: Crew) -> None:
    given: EndpointChanges = {"url": "https://hooks.example.com/", "event_types": ["alert.digest"]}
    endpoint = await create_webhook_endpoint(crew.organization.ctx, given)
    await swept(crew, NOW + DAY)

    await relay(NOW + DAY)

    [event] = await Event.filter(organization_id=crew.organization.id, type="alert.digest").values("id", "pos")
    assert await WebhookDelivery.filter(endpoint_id=endpoint.id).values_list("event_id", flat=True) == [event["id"]]
    readers = {name for name in ("owner", "manager", "stranger", "admin") if await _reads(crew, name, event["id"])}
    assert readers == {"owner", "admin"}


async def _reads(crew: Crew, name: str, event: UUID) -> bool:
    viewer = crew.ctx[name].viewer
    if name != "admin":
        viewer = replace(viewer, visibility=Visibility.OWN)
    return bool(await events_by_id(viewer, [event]))
