"""Activities: who may log them, which are valid, and their effect on the facts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.scenarios.activities import (
    LATER,
    ActivityScenario,
    deal_row_without_health,
    log_call,
    new_activity_scenario,
    new_deal,
    recorded_events,
    stored_rows,
)
from tests.support.team import ROLES, SalesTeam, new_sales_team
from workflow.models import Activity, Member, Opportunity
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.rules.enums import ActivityDirection, ActivityKind, OpportunityState, Role, Visibility
from workflow.rules.errors import DuplicateError, InvalidInputError, NotFoundError, PermissionDeniedError

TICK = timedelta(microseconds=1)
KEY = {"external_system": "mail", "external_id": "1"}
LOGGERS = [who for who in ROLES if who != "observer"]


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """Create a lead with two contacts of its account."""
    return await new_activity_scenario(organization)


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team, which all tests share because activities do not affect each other."""
    return await new_sales_team()


def fault_paths(refusal: pytest.ExceptionInfo[InvalidInputError]) -> list[tuple[str, ...]]:
    """Return the paths of the faults."""
    return [fault.path for fault in refusal.value.fields]


@pytest.mark.parametrize("who", LOGGERS)
@pytest.mark.parametrize("state", OpportunityState)
async def test_anyone_who_sees_a_deal_can_log_activities_without_changing_its_version(
    team: SalesTeam, state: OpportunityState, who: str
) -> None:
    id = team.deals[state]
    ctx = team.at(who, LATER)
    before = await deal_row_without_health(id)

    made = await log_call(ctx, id)

    actor = {
        "actor_kind": ctx.viewer.kind,
        "actor_name": ctx.viewer.name,
        "actor_member_id": ctx.viewer.member_id,
    }
    assert await Activity.filter(id=made).values(*actor, "at") == [{**actor, "at": LATER}]
    assert await deal_row_without_health(id) == before
    assert [type for type, payload in await recorded_events(id) if payload["activityId"] == str(made)] == [
        "activity.logged"
    ]


@pytest.mark.parametrize("state", OpportunityState)
async def test_an_observer_logs_nothing(team: SalesTeam, state: OpportunityState) -> None:
    before = await stored_rows(team.deals[state])

    with pytest.raises(PermissionDeniedError) as refusal:
        await log_call(team.at("observer", LATER), team.deals[state], summary=" ")

    assert refusal.value.message.startswith("As an observer you cannot log activities. Ask a rep, ")
    assert await stored_rows(team.deals[state]) == before


async def test_activities_cannot_be_logged_on_hidden_deals(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    await organization.ctx_of(Role.REP, "rita@example.com")
    await Member.filter(organization_id=organization.id, email="rita@example.com").update(
        visibility=Visibility.OWN
    )
    blind = await organization.ctx_of(Role.REP, "rita@example.com", now=LATER)
    foreign = (await new_organization()).ctx
    before = await stored_rows(scenario.deal)

    for ctx, deal in ((blind, scenario.deal), (foreign, scenario.deal), (scenario.ctx, uuid4())):
        with pytest.raises(NotFoundError):
            await log_call(ctx, deal)

    assert await stored_rows(scenario.deal) == before


@pytest.mark.parametrize("at", [LATER, NOW - timedelta(days=400), datetime(1900, 1, 1, tzinfo=UTC)])
async def test_an_activity_may_predate_its_deal(scenario: ActivityScenario, at: datetime) -> None:
    made = await scenario.log_call(at=at)

    assert await Activity.filter(id=made).values("at", "created_at") == [{"at": at, "created_at": LATER}]


@pytest.mark.parametrize("at", [LATER + TICK, datetime(1900, 1, 1, tzinfo=UTC) - TICK])
async def test_an_activity_cannot_be_in_the_future_or_before_1900(
    scenario: ActivityScenario, at: datetime
) -> None:
    before = await stored_rows(scenario.deal)

    with pytest.raises(InvalidInputError) as refusal:
        await scenario.log_call(at=at)

    assert fault_paths(refusal) == [("at",)]
    assert await stored_rows(scenario.deal) == before


@pytest.mark.parametrize("direction", ActivityDirection)
@pytest.mark.parametrize("kind", ActivityKind)
async def test_a_two_way_activity_needs_a_contact(
    scenario: ActivityScenario, kind: ActivityKind, direction: ActivityDirection
) -> None:
    reaches = kind is not ActivityKind.NOTE and direction is not ActivityDirection.INTERNAL
    about = {"kind": kind, "direction": direction}
    faults = []
    for contacts in ((scenario.grace,), ()):
        await scenario.log_call(contact_ids=contacts, **about)
        try:
            await scenario.log_call(two_way=True, contact_ids=contacts, **about)
        except InvalidInputError as refusal:
            faults.append([fault.path for fault in refusal.fields])

    assert faults == ([[("contactIds",)]] if reaches else [[("twoWay",)], [("twoWay",), ("contactIds",)]])


async def test_participants_are_contacts_of_the_account(
    organization: TestOrganization, scenario: ActivityScenario
) -> None:
    rival = await create_account(scenario.ctx, {"name": "Rival"})
    theirs = await create_contact(scenario.ctx, rival, {"name": "Ron"})
    strangers = (await new_organization()).ctx
    foreign = await create_contact(
        strangers, await create_account(strangers, {"name": "Acme"}), {"name": "Fay"}
    )
    before = await stored_rows(scenario.deal)

    with pytest.raises(InvalidInputError) as refusal:
        await scenario.log_call(contact_ids=[scenario.grace, theirs])
    for unknown in (foreign, uuid4()):
        with pytest.raises(NotFoundError) as absent:
            await scenario.log_call(contact_ids=[scenario.grace, unknown], summary=" ")
        assert (absent.value.kind, absent.value.id) == ("Contact", unknown)

    assert fault_paths(refusal) == [("contactIds",)]
    assert await stored_rows(scenario.deal) == before


FAULTS: Mapping[str, tuple[dict[str, Any], list[tuple[str, ...]]]] = {
    "empty": ({"summary": ""}, [("summary",)]),
    "blank": ({"summary": " \n"}, [("summary",)]),
    "too long": ({"summary": "x" * 20_001}, [("summary",)]),
    "NUL": ({"summary": "a\0b"}, [("summary",)]),
    "system alone": ({"external_system": "mail"}, [("externalId",)]),
    "id alone": ({"external_id": "1", "external_system": " "}, [("externalId",)]),
    "long id": ({**KEY, "external_id": "x" * 256}, [("externalId",)]),
    "all at once": (
        {"summary": "", "at": LATER + TICK, "two_way": True},
        [("summary",), ("at",), ("contactIds",)],
    ),
}


@pytest.mark.parametrize("case", FAULTS)
async def test_every_invalid_field_is_reported(scenario: ActivityScenario, case: str) -> None:
    given, expected = FAULTS[case]
    before = await stored_rows(scenario.deal)

    with pytest.raises(InvalidInputError) as refusal:
        await scenario.log_call(**given)

    assert fault_paths(refusal) == expected
    assert await stored_rows(scenario.deal) == before


async def test_a_summary_of_20000_characters_is_stored_stripped(scenario: ActivityScenario) -> None:
    made = await scenario.log_call(summary=f" {'x' * 20_000}\n")

    assert await Activity.filter(id=made).values("summary") == [{"summary": "x" * 20_000}]


async def test_the_same_external_id_twice_is_a_duplicate_on_any_deal(scenario: ActivityScenario) -> None:
    first = await scenario.log_call(**KEY)
    elsewhere = await new_deal(scenario.ctx, scenario.account)
    await scenario.correct(first, void=True)
    before = await stored_rows(scenario.deal), await stored_rows(elsewhere)

    for deal in (scenario.deal, elsewhere):
        with pytest.raises(DuplicateError) as refusal:
            await scenario.log_call(deal=deal, external_system=" mail ", external_id="1 ")
        assert (refusal.value.kind, refusal.value.id) == ("Activity", first)

    assert (await stored_rows(scenario.deal), await stored_rows(elsewhere)) == before


async def test_an_external_id_is_unique_within_its_system_and_organization(
    scenario: ActivityScenario,
) -> None:
    others = await new_activity_scenario(await new_organization())

    made = [
        await scenario.log_call(**KEY),
        await scenario.log_call(**{**KEY, "external_system": "phone"}),
        await others.log_call(**KEY),
    ]

    assert len(set(made)) == 3


async def test_the_event_has_the_participants_and_the_activity(scenario: ActivityScenario) -> None:
    made = await scenario.log_two_way_call(scenario.kim, scenario.grace, scenario.kim, **KEY)

    [(type, payload)] = await recorded_events(scenario.deal)
    assert type == "activity.logged"
    assert payload["activityId"] == str(made)
    assert payload["contactIds"] == [str(scenario.kim), str(scenario.grace)]
    assert {name: change["new"] for name, change in payload["changes"].items()} == {
        "kind": "CALL",
        "direction": "OUTBOUND",
        "twoWay": True,
        "summary": "They lose two shifts a week to it.",
        "externalSystem": "mail",
        "externalId": "1",
        "at": LATER.isoformat(),
    }


@pytest.mark.parametrize(
    ("talks", "expected"), [(0, "NONE"), (1, "BRIEF"), (2, "MULTIPLE"), (4, "MULTIPLE"), (5, "IN_DEPTH")]
)
async def test_coverage_follows_two_way_activities_at_once(
    scenario: ActivityScenario, talks: int, expected: str
) -> None:
    for _ in range(talks):
        await scenario.log_two_way_call(scenario.grace)

    assert await scenario.coverage() == (expected, "NONE")


async def test_activities_with_others_or_on_other_deals_do_not_count(scenario: ActivityScenario) -> None:
    elsewhere = await new_deal(scenario.ctx, scenario.account)
    await scenario.log_two_way_call(scenario.grace, scenario.grace, scenario.kim)
    await scenario.log_two_way_call(scenario.kim)
    await scenario.log_call(contact_ids=[scenario.grace])
    await scenario.log_two_way_call(scenario.grace, deal=elsewhere)
    await scenario.correct(await scenario.log_two_way_call(scenario.grace), void=True)

    assert await scenario.coverage() == ("BRIEF", "MULTIPLE")


async def test_facts_have_the_last_two_way_activity_and_the_last_30_days(scenario: ActivityScenario) -> None:
    days = [timedelta(days=31), timedelta(days=30), timedelta(days=30) + TICK, timedelta(days=3)]
    for ago in days:
        await scenario.log_two_way_call(scenario.grace, at=LATER - ago)
    await scenario.log_call(at=LATER)
    await scenario.log_call(direction=ActivityDirection.INTERNAL)

    read = (await scenario.facts()).activity
    assert (read.last_two_way_at, read.recent_count) == (LATER - timedelta(days=3), 3)
    assert [(talk.contact_id, talk.count, talk.last_at) for talk in read.conversations] == [
        (scenario.grace, 4, LATER - timedelta(days=3))
    ]


async def test_an_activity_is_logged_although_the_clock_is_behind_the_deal(
    scenario: ActivityScenario,
) -> None:
    behind = replace(scenario.ctx, now=NOW - timedelta(days=1))

    made = await log_call(behind, scenario.deal)

    [deal] = await Opportunity.filter(id=scenario.deal).values("updated_at")
    assert await Activity.filter(id=made).values("at") == [{"at": deal["updated_at"] + TICK}]
