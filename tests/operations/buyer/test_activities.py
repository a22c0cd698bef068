"""What was done with the buyer: who logs it, where and when, and what the rules read of it at once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.scenarios.activities import LATER, Diary, besides_health, call, new_deal, new_diary, stored, told
from tests.support.team import ROLES, Crew, new_crew
from workflow.models import Activity, Member, Opportunity
from workflow.operations.accounts.accounts import create_account, create_contact
from workflow.rules.enums import ActivityDirection, ActivityKind, OpportunityState, Role, Visibility
from workflow.rules.errors import DuplicateError, InvalidInputError, NotFoundError, PermissionDeniedError

TICK = timedelta(microseconds=1)
KEY = {"external_system": "mail", "external_id": "1"}
LOGGERS = [who for who in ROLES if who != "observer"]


@pytest.fixture
async def diary(organization: TestOrganization) -> Diary:
    """A lead with two people of the buyer's."""
    return await new_diary(organization)


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew for all who may log, for what they log is in nobody's way."""
    return await new_crew()


def paths(refusal: pytest.ExceptionInfo[InvalidInputError]) -> list[tuple[str, ...]]:
    """Where the faults are."""
    return [fault.path for fault in refusal.value.fields]


@pytest.mark.parametrize("who", LOGGERS)
@pytest.mark.parametrize("state", OpportunityState)
async def test_whoever_sees_a_deal_logs_on_it_in_any_state_and_its_version_stays(
    crew: Crew, state: OpportunityState, who: str
) -> None:
    id, ctx = crew.deals[state], crew.at(who, LATER)
    before = await besides_health(id)

    made = await call(ctx, id)

    actor = {"actor_kind": ctx.viewer.kind, "actor_name": ctx.viewer.name, "actor_member_id": ctx.viewer.member_id}
    assert await Activity.filter(id=made).values(*actor, "at") == [{**actor, "at": LATER}]
    assert await besides_health(id) == before
    assert [type for type, payload in await told(id) if payload["activityId"] == str(made)] == ["activity.logged"]


@pytest.mark.parametrize("state", OpportunityState)
async def test_an_observer_logs_nothing(crew: Crew, state: OpportunityState) -> None:
    before = await stored(crew.deals[state])

    with pytest.raises(PermissionDeniedError) as refusal:
        await call(crew.at("observer", LATER), crew.deals[state], summary=" ")

    assert refusal.value.message.startswith("An observer may not log activities. Ask a rep, ")
    assert await stored(crew.deals[state]) == before


async def test_nobody_logs_on_what_they_do_not_see(organization: TestOrganization, diary: Diary) -> None:
    await organization.ctx_of(Role.REP, "rita@example.com")
    await Member.filter(organization_id=organization.id, email="rita@example.com").update(visibility=Visibility.OWN)
    blind = await organization.ctx_of(Role.REP, "rita@example.com", now=LATER)
    foreign = (await new_organization()).ctx
    before = await stored(diary.deal)

    for ctx, deal in ((blind, diary.deal), (foreign, diary.deal), (diary.ctx, uuid4())):
        with pytest.raises(NotFoundError):
            await call(ctx, deal)

    assert await stored(diary.deal) == before


@pytest.mark.parametrize("at", [LATER, NOW - timedelta(days=400), datetime(1900, 1, 1, tzinfo=UTC)])
async def test_it_was_done_by_now_also_before_the_deal_was_there(diary: Diary, at: datetime) -> None:
    made = await diary.log(at=at)

    assert await Activity.filter(id=made).values("at", "created_at") == [{"at": at, "created_at": LATER}]


@pytest.mark.parametrize("at", [LATER + TICK, datetime(1900, 1, 1, tzinfo=UTC) - TICK])
async def test_nothing_was_done_in_the_future_or_before_1900(diary: Diary, at: datetime) -> None:
    before = await stored(diary.deal)

    with pytest.raises(InvalidInputError) as refusal:
        await diary.log(at=at)

    assert paths(refusal) == [("at",)]
    assert await stored(diary.deal) == before


@pytest.mark.parametrize("direction", ActivityDirection)
@pytest.mark.parametrize("kind", ActivityKind)
async def test_two_way_is_what_reached_somebody(diary: Diary, kind: ActivityKind, direction: ActivityDirection) -> None:
    reaches = kind is not ActivityKind.NOTE and direction is not ActivityDirection.INTERNAL
    about = {"kind": kind, "direction": direction}
    faults = []
    for contacts in ((diary.grace,), ()):
        await diary.log(contact_ids=contacts, **about)
        try:
            await diary.log(two_way=True, contact_ids=contacts, **about)
        except InvalidInputError as refusal:
            faults.append([fault.path for fault in refusal.fields])

    assert faults == ([[("contactIds",)]] if reaches else [[("twoWay",)], [("twoWay",), ("contactIds",)]])


async def test_who_took_part_is_a_contact_of_the_account(organization: TestOrganization, diary: Diary) -> None:
    rival = await create_account(diary.ctx, {"name": "Rival"})
    theirs = await create_contact(diary.ctx, rival, {"name": "Ron"})
    strangers = (await new_organization()).ctx
    foreign = await create_contact(strangers, await create_account(strangers, {"name": "Acme"}), {"name": "Fay"})
    before = await stored(diary.deal)

    with pytest.raises(InvalidInputError) as refusal:
        await diary.log(contact_ids=[diary.grace, theirs])
    for unknown in (foreign, uuid4()):
        with pytest.raises(NotFoundError) as absent:
            await diary.log(contact_ids=[diary.grace, unknown], summary=" ")
        assert (absent.value.kind, absent.value.id) == ("Contact", unknown)

    assert paths(refusal) == [("contactIds",)]
    assert await stored(diary.deal) == before


FAULTS: Mapping[str, tuple[dict[str, Any], list[tuple[str, ...]]]] = {
    "empty": ({"summary": ""}, [("summary",)]),
    "blank": ({"summary": " \n"}, [("summary",)]),
    "too long": ({"summary": "x" * 20_001}, [("summary",)]),
    "NUL": ({"summary": "a\0b"}, [("summary",)]),
    "system alone": ({"external_system": "mail"}, [("externalId",)]),
    "id alone": ({"external_id": "1", "external_system": " "}, [("externalId",)]),
    "long id": ({**KEY, "external_id": "x" * 256}, [("externalId",)]),
    "all at once": ({"summary": "", "at": LATER + TICK, "two_way": True}, [("summary",), ("at",), ("contactIds",)]),
}


@pytest.mark.parametrize("case", FAULTS)
async def test_what_cannot_be_taken_is_told_whole(diary: Diary, case: str) -> None:
    given, expected = FAULTS[case]
    before = await stored(diary.deal)

    with pytest.raises(InvalidInputError) as refusal:
        await diary.log(**given)

    assert paths(refusal) == expected
    assert await stored(diary.deal) == before


async def test_a_summary_of_20000_characters_is_kept_without_outer_spaces(diary: Diary) -> None:
    made = await diary.log(summary=f" {'x' * 20_000}\n")

    assert await Activity.filter(id=made).values("summary") == [{"summary": "x" * 20_000}]


async def test_the_same_external_id_twice_is_a_duplicate_on_any_deal(diary: Diary) -> None:
    first = await diary.log(**KEY)
    elsewhere = await new_deal(diary.ctx, diary.account)
    await diary.correct(first, void=True)
    before = await stored(diary.deal), await stored(elsewhere)

    for deal in (diary.deal, elsewhere):
        with pytest.raises(DuplicateError) as refusal:
            await diary.log(deal=deal, external_system=" mail ", external_id="1 ")
        assert (refusal.value.kind, refusal.value.id) == ("Activity", first)

    assert (await stored(diary.deal), await stored(elsewhere)) == before


async def test_an_external_id_is_one_within_its_system_and_organization(diary: Diary) -> None:
    others = await new_diary(await new_organization())

    made = [await diary.log(**KEY), await diary.log(**{**KEY, "external_system": "phone"}), await others.log(**KEY)]

    assert len(set(made)) == 3


async def test_the_event_tells_who_took_part_and_what(diary: Diary) -> None:
    made = await diary.talk(diary.kim, diary.grace, diary.kim, **KEY)

    [(type, payload)] = await told(diary.deal)
    assert type == "activity.logged"
    assert payload["activityId"] == str(made)
    assert payload["contactIds"] == [str(diary.kim), str(diary.grace)]
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
async def test_coverage_follows_the_talks_at_once(diary: Diary, talks: int, expected: str) -> None:
    for _ in range(talks):
        await diary.talk(diary.grace)

    assert await diary.coverage() == (expected, "NONE")


async def test_what_was_not_with_the_person_on_this_deal_does_not_count(diary: Diary) -> None:
    elsewhere = await new_deal(diary.ctx, diary.account)
    await diary.talk(diary.grace, diary.grace, diary.kim)
    await diary.talk(diary.kim)
    await diary.log(contact_ids=[diary.grace])
    await diary.talk(diary.grace, deal=elsewhere)
    await diary.correct(await diary.talk(diary.grace), void=True)

    assert await diary.coverage() == ("BRIEF", "MULTIPLE")


async def test_the_rules_read_the_last_talk_and_the_last_30_days(diary: Diary) -> None:
    days = [timedelta(days=31), timedelta(days=30), timedelta(days=30) + TICK, timedelta(days=3)]
    for ago in days:
        await diary.talk(diary.grace, at=LATER - ago)
    await diary.log(at=LATER)
    await diary.log(direction=ActivityDirection.INTERNAL)

    read = (await diary.facts()).activity
    assert (read.last_two_way_at, read.recent_count) == (LATER - timedelta(days=3), 3)
    assert [(talk.contact_id, talk.count, talk.last_at) for talk in read.talks] == [
        (diary.grace, 4, LATER - timedelta(days=3))
    ]


async def test_a_clock_that_is_behind_the_deals_own_time_still_logs_now(diary: Diary) -> None:
    behind = replace(diary.ctx, now=NOW - timedelta(days=1))

    made = await call(behind, diary.deal)

    [deal] = await Opportunity.filter(id=diary.deal).values("updated_at")
    assert await Activity.filter(id=made).values("at") == [{"at": deal["updated_at"] + TICK}]
