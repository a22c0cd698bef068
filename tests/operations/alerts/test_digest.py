"""The daily digest: one per member and day, from seven in the organization's time zone."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY, only_alert, run_sweep
from tests.support.team import SalesTeam, event_payloads, new_sales_team
from workflow.models import Alert, Event, Member, WebhookDelivery
from workflow.operations.opportunity.alert_responses import acknowledge_alerts
from workflow.operations.webhooks.endpoints import EndpointChanges, create_webhook_endpoint
from workflow.operations.webhooks.relay import relay
from workflow.queries.events.events import events_by_id
from workflow.rules.enums import OpportunityState, Visibility

MOMENT = timedelta(seconds=1)


@pytest.fixture
async def team() -> SalesTeam:
    """Create a sales team in Vienna, where NOW is ten o'clock, with a qualified deal of the owner."""
    return await new_sales_team(time_zone="Europe/Vienna")


async def digest_days(team: SalesTeam, name: str) -> list[str]:
    """Return the days of a member's digests."""
    return [str(one["day"]) for one in await event_payloads(team.member(name), "alert.digest")]


async def test_a_digest_is_recorded_at_seven_once_a_day(team: SalesTeam) -> None:
    """Summer time begins on 29 March: seven o'clock is an hour earlier in UTC from then on."""
    vienna = ZoneInfo("Europe/Vienna")
    for day in (27, 30):
        seven = datetime(2026, 3, day, 7, tzinfo=vienna)
        for at in (seven - MOMENT, seven, seven + MOMENT, seven + timedelta(hours=16)):
            before = await digest_days(team, "owner")
            await run_sweep(team, at)
            assert (await digest_days(team, "owner") != before) is (at == seven)

    assert await digest_days(team, "owner") == ["2026-03-27", "2026-03-30"]


async def test_after_downtime_only_the_current_days_digest_is_recorded(team: SalesTeam) -> None:
    await run_sweep(team, NOW + DAY)
    await run_sweep(team, NOW + 9 * DAY)

    assert await digest_days(team, "owner") == ["2026-03-03", "2026-03-11"]


async def test_a_digest_counts_by_severity_and_lists_the_worst_first(team: SalesTeam) -> None:
    await run_sweep(team, NOW + 8 * DAY)

    [digest] = await event_payloads(team.member("owner"), "alert.digest")
    named = [await Alert.get(id=id).values("severity", "rank") for id in digest["alertIds"]]
    mine = await Alert.filter(organization_id=team.organization.id, status="OPEN").values("severity")
    counted = dict.fromkeys(("ADVICE", "WARNING", "CRITICAL"), 0)
    for row in mine:
        counted[row["severity"]] += 1
    assert digest["open"] == counted and counted["WARNING"] > 0 < counted["CRITICAL"]
    assert [row["rank"] for row in named] == sorted((row["rank"] for row in named), reverse=True)


async def test_escalated_alerts_are_in_the_managers_digest_and_answered_ones_in_none(team: SalesTeam) -> None:
    deal = team.deals[OpportunityState.QUALIFIED]
    for day in (14, 17):
        await run_sweep(team, NOW + day * DAY)
    alert = await only_alert(deal)
    managers = await event_payloads(team.member("manager"), "alert.digest")
    await acknowledge_alerts(team.at("owner", NOW + 17.5 * DAY), [alert["id"]], "I call them")
    await run_sweep(team, NOW + 18 * DAY)

    assert [str(alert["id"]) in digest["alertIds"] for digest in managers[-2:]] == [False, True]
    for name in ("owner", "manager"):
        assert (
            str(alert["id"]) not in (await event_payloads(team.member(name), "alert.digest"))[-1]["alertIds"]
        )


async def test_inactive_members_and_members_without_open_alerts_get_no_digest(team: SalesTeam) -> None:
    await run_sweep(team, NOW + DAY)
    await Member.filter(id=team.member("owner")).update(active=False)
    await run_sweep(team, NOW + 2 * DAY)

    assert (await digest_days(team, "owner"), await digest_days(team, "stranger")) == (["2026-03-03"], [])


async def test_concurrent_sweeps_record_a_digest_once(team: SalesTeam) -> None:
    await run_sweep(team, NOW + DAY)
    before = await Event.filter(organization_id=team.organization.id, type="alert.digest").count()

    await asyncio.gather(*(run_sweep(team, NOW + 2 * DAY) for _ in range(4)))

    after = await Event.filter(organization_id=team.organization.id, type="alert.digest").count()
    assert (before, after) == (1, 2)


async def test_a_digest_is_readable_by_its_member_and_by_those_who_see_everything(team: SalesTeam) -> None:
    given: EndpointChanges = {"url": "https://hooks.example.com/", "event_types": ["alert.digest"]}
    endpoint = await create_webhook_endpoint(team.organization.ctx, given)
    await run_sweep(team, NOW + DAY)

    await relay(NOW + DAY)

    [event] = await Event.filter(organization_id=team.organization.id, type="alert.digest").values(
        "id", "pos"
    )
    assert await WebhookDelivery.filter(endpoint_id=endpoint.id).values_list("event_id", flat=True) == [
        event["id"]
    ]
    readers = {
        name for name in ("owner", "manager", "stranger", "admin") if await _can_read(team, name, event["id"])
    }
    assert readers == {"owner", "admin"}


async def _can_read(team: SalesTeam, name: str, event: UUID) -> bool:
    viewer = team.ctx[name].viewer
    if name != "admin":
        viewer = replace(viewer, visibility=Visibility.OWN)
    return bool(await events_by_id(viewer, [event]))
