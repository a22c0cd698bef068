"""Corrections of activities: by whom, under the same rules, voided and restored, and their effects."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.rules.deal_facts import default_document
from tests.support.scenarios.activities import (
    LATER,
    ActivityScenario,
    log_call,
    new_activity_scenario,
    recorded_events,
    stored_rows,
)
from tests.support.team import ROLES, SalesTeam, new_sales_team
from workflow.models import Activity, Member, Opportunity, Override
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.activities import correct_activity
from workflow.operations.change.overrides import NewOverride
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.process.processes import publish
from workflow.queries.opportunity.activities import ACTIVITIES, participants
from workflow.queries.paging import Window
from workflow.rules.enums import ActivityDirection, ActivityKind, OpportunityState, Visibility
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from workflow.rules.process.document import parse_process

TICK = timedelta(microseconds=1)
WRITERS = {
    OpportunityState.LEAD: {"owner", "helper", "manager", "admin", "integrator"},
    OpportunityState.WON: {"owner", "manager", "admin", "integrator"},
}
"""The people who may write the deals, by state; the closed deal has no collaborator."""


@pytest.fixture
async def scenario(organization: TestOrganization) -> ActivityScenario:
    """Create a lead with two contacts of its account."""
    return await new_activity_scenario(organization)


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team, which all tests share."""
    return await new_sales_team()


async def listed_activities(scenario: ActivityScenario) -> tuple[list[UUID], int]:
    """Return the deal's activities and their number, as its list shows them."""
    page = await ACTIVITIES.page_of(scenario.ctx.viewer, scenario.deal, Window(100))
    total = (await ACTIVITIES.counts(scenario.ctx.viewer, [scenario.deal]))[scenario.deal]
    first = await ACTIVITIES.first_pages(scenario.ctx.viewer.organization_id, [scenario.deal], 100)
    assert first[scenario.deal] == replace(page, total=total)
    return [row.id for row in page.rows], total


@pytest.mark.parametrize("state", WRITERS)
@pytest.mark.parametrize("who", ROLES)
async def test_those_who_may_write_the_deal_or_logged_the_activity_may_correct_it(
    team: SalesTeam, who: str, state: OpportunityState
) -> None:
    deal = team.deals[state]
    version = await Opportunity.filter(id=team.deals[state]).values("version", "updated_at")
    author = "stranger" if who != "stranger" else "other manager"
    logged = await log_call(team.at(author, LATER), deal)
    own = [await log_call(team.at(who, LATER), deal)] if who != "observer" else []

    corrected = []
    for id in [logged, *own]:
        before = await stored_rows(deal)
        try:
            await correct_activity(team.at(who, LATER), id, {"summary": "It was a mail."})
            corrected.append(id)
        except PermissionDeniedError:
            assert await stored_rows(deal) == before

    assert corrected == [*([logged] if who in WRITERS[state] else []), *own]
    assert await Opportunity.filter(id=deal).values("version", "updated_at") == version


async def test_a_logger_who_no_longer_sees_the_deal_cannot_correct() -> None:
    team = await new_sales_team()
    deal = team.deals[OpportunityState.LEAD]
    logged = await log_call(team.at("stranger", LATER), deal)
    await Member.filter(id=team.member("stranger")).update(visibility=Visibility.OWN)
    blind = await team.organization.ctx_of(ROLES["stranger"], "stranger@example.com", now=LATER)
    before = await stored_rows(deal)

    for ctx in (blind, (await new_organization()).ctx):
        with pytest.raises(NotFoundError):
            await correct_activity(ctx, logged, {"void": True})

    assert await stored_rows(deal) == before


async def test_omitted_fields_are_kept_and_the_event_has_old_and_new_values(
    scenario: ActivityScenario,
) -> None:
    id = await scenario.log_two_way_call(scenario.grace, external_system="mail", external_id="1")
    [before] = await Activity.filter(id=id).values()

    await scenario.correct(
        id, kind=ActivityKind.MEETING, at=NOW, contact_ids=[scenario.kim, scenario.grace, scenario.kim]
    )

    assert await Activity.filter(id=id).values() == [{**before, "kind": "MEETING", "at": NOW}]
    assert await participants(scenario.ctx.viewer.organization_id, [id]) == {
        id: (scenario.kim, scenario.grace)
    }
    type, payload = (await recorded_events(scenario.deal))[-1]
    assert (type, payload["activityId"]) == ("activity.corrected", str(id))
    assert payload["changes"] == {
        "kind": {"old": "CALL", "new": "MEETING"},
        "at": {"old": LATER.isoformat(), "new": NOW.isoformat()},
        "contactIds": {"old": [str(scenario.grace)], "new": [str(scenario.kim), str(scenario.grace)]},
    }


async def test_an_unchanged_correction_records_nothing(scenario: ActivityScenario) -> None:
    id = await scenario.log_two_way_call(scenario.grace, scenario.kim)
    before = await stored_rows(scenario.deal)
    same = {"kind": ActivityKind.CALL, "at": LATER, "two_way": True, "void": False}

    for given in ({}, same, {"contact_ids": [scenario.grace, scenario.kim, scenario.grace]}):
        await scenario.correct(id, **given)

    assert await stored_rows(scenario.deal) == before


FAULTS: Mapping[str, tuple[dict[str, Any], list[tuple[str, ...]]]] = {
    "no kind": ({"kind": None}, [("kind",)]),
    "no direction": ({"direction": None}, [("direction",)]),
    "neither way": ({"two_way": None}, [("twoWay",)]),
    "no time": ({"at": None}, [("at",)]),
    "no summary": ({"summary": None}, [("summary",)]),
    "neither done nor not": ({"void": None}, [("void",)]),
    "a note": ({"kind": ActivityKind.NOTE}, [("twoWay",)]),
    "internal": ({"direction": ActivityDirection.INTERNAL}, [("twoWay",)]),
    "with nobody": ({"contact_ids": []}, [("contactIds",)]),
    "with null": ({"contact_ids": None}, [("contactIds",)]),
    "tomorrow": ({"at": LATER + TICK}, [("at",)]),
    "blank": ({"summary": " "}, [("summary",)]),
    "too long": ({"summary": "x" * 20_001, "kind": ActivityKind.NOTE}, [("summary",), ("twoWay",)]),
}


@pytest.mark.parametrize("case", FAULTS)
async def test_a_corrected_activity_is_validated_as_a_whole(scenario: ActivityScenario, case: str) -> None:
    given, expected = FAULTS[case]
    id = await scenario.log_two_way_call(scenario.grace)
    before = await stored_rows(scenario.deal)

    with pytest.raises(InvalidInputError) as refusal:
        await scenario.correct(id, **given)

    assert [fault.path for fault in refusal.value.fields] == expected
    assert await stored_rows(scenario.deal) == before


async def test_an_activity_without_contacts_becomes_two_way_only_with_one(scenario: ActivityScenario) -> None:
    id = await scenario.log_call()

    with pytest.raises(InvalidInputError):
        await scenario.correct(id, two_way=True)
    assert await scenario.coverage() == ("NONE", "NONE")
    await scenario.correct(id, two_way=True, contact_ids=[scenario.kim])

    assert await scenario.coverage() == ("NONE", "BRIEF")


async def test_a_void_activity_is_not_listed_or_counted_until_restored(scenario: ActivityScenario) -> None:
    early = await scenario.log_two_way_call(scenario.grace, at=NOW)
    late = await scenario.log_two_way_call(scenario.grace, at=LATER)

    await scenario.correct(late, void=True)
    gone = (
        await listed_activities(scenario),
        await scenario.coverage(),
        (await scenario.facts()).activity.last_two_way_at,
    )
    await replace(scenario, ctx=replace(scenario.ctx, now=LATER + TICK)).correct(late, void=True)
    await scenario.correct(late, void=False)
    back = (
        await listed_activities(scenario),
        await scenario.coverage(),
        (await scenario.facts()).activity.last_two_way_at,
    )

    assert gone == (([early], 1), ("BRIEF", "NONE"), NOW)
    assert back == (([late, early], 2), ("MULTIPLE", "NONE"), LATER)
    assert [
        payload["changes"]
        for type, payload in await recorded_events(scenario.deal)
        if type == "activity.corrected"
    ] == [
        {"voidedAt": {"old": None, "new": LATER.isoformat()}},
        {"voidedAt": {"old": LATER.isoformat(), "new": None}},
    ]


async def test_an_override_is_settled_by_the_activity_that_meets_it() -> None:
    team = await new_sales_team()
    await _require_activity(team)
    deal = await team.add_deal(OpportunityState.QUALIFIED, "owing")
    given = NewOverride(("talk",), "They are away until Monday, says the owner.")
    await triggers.progress(
        team.at("manager", NOW + timedelta(hours=1)), deal, {}, TransitionOptions(override=given)
    )
    account = (await Opportunity.filter(id=deal).values("account_id"))[0]["account_id"]
    scenario = ActivityScenario(
        team.at("stranger", LATER), account, deal, *[await _contact(team, account) for _ in range(2)]
    )
    [override] = await Override.filter(opportunity_id=deal).values("id", "settled_at")

    await scenario.log_call()
    still = await Override.filter(opportunity_id=deal).values("settled_at")
    await scenario.log_two_way_call()

    assert (override["settled_at"], still) == (None, [{"settled_at": None}])
    assert await Override.filter(opportunity_id=deal).values("settled_at") == [{"settled_at": LATER}]
    assert [type for type, _ in await recorded_events(deal)] == [
        "activity.logged",
        "activity.logged",
        "override.settled",
    ]


async def _contact(team: SalesTeam, account: UUID) -> UUID:
    return await create_contact(team.ctx["owner"], account, {"name": "Grace"})


async def _require_activity(team: SalesTeam) -> None:
    """Publish a process whose PROGRESS gate requires two-way contact within a week only."""
    document = default_document()
    asked = {"key": "talk", "label": "Spoken with", "strength": "SOFT", "test": {"activityWithinDays": 7}}
    document["gates"] = [gate for gate in document["gates"] if gate["trigger"] != "PROGRESS"]
    document["gates"].append({"trigger": "PROGRESS", "requirements": [asked]})
    await publish(team.organization.ctx, parse_process(document))
