"""What was done, said as it was: by whom, under the same rules, taken out and brought back, and what follows from it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.rules.deal_facts import default_document
from tests.support.scenarios.activities import LATER, Diary, call, new_diary, stored, told
from tests.support.team import ROLES, Crew, new_crew
from workflow.models import Activity, Member, Opportunity, Override
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.activities import correct_activity
from workflow.operations.change.overrides import NewOverride
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.process.processes import publish
from workflow.queries.opportunity.activities import ACTIVITIES, conversations
from workflow.queries.paging import Window
from workflow.rules.enums import ActivityDirection, ActivityKind, OpportunityState, Visibility
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError
from workflow.rules.process.document import parse_process

TICK = timedelta(microseconds=1)
WRITERS = {
    OpportunityState.LEAD: {"owner", "helper", "manager", "admin", "integrator"},
    OpportunityState.WON: {"owner", "manager", "admin", "integrator"},
}
"""Who writes the crew's deals, an open one and a closed one, which has no collaborator."""


@pytest.fixture
async def diary(organization: TestOrganization) -> Diary:
    """A lead with two people of the buyer's."""
    return await new_diary(organization)


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew for all who may correct."""
    return await new_crew()


async def listed(diary: Diary) -> tuple[list[UUID], int]:
    """The deal's activities as its list shows and counts them."""
    page = await ACTIVITIES.page_of(diary.ctx.viewer, diary.deal, Window(100))
    total = (await ACTIVITIES.counts(diary.ctx.viewer, [diary.deal]))[diary.deal]
    _, first = await ACTIVITIES.read(diary.ctx.viewer.organization_id, (), [diary.deal], 100, LATER)
    assert first[diary.deal] == replace(page, total=total)
    return [row.id for row in page.rows], total


@pytest.mark.parametrize("state", WRITERS)
@pytest.mark.parametrize("who", ROLES)
async def test_who_writes_the_deal_or_logged_it_corrects_it(crew: Crew, who: str, state: OpportunityState) -> None:
    deal, version = crew.deals[state], await Opportunity.filter(id=crew.deals[state]).values("version", "updated_at")
    author = "stranger" if who != "stranger" else "other manager"
    logged = await call(crew.at(author, LATER), deal)
    own = [await call(crew.at(who, LATER), deal)] if who != "observer" else []

    corrected = []
    for id in [logged, *own]:
        before = await stored(deal)
        try:
            await correct_activity(crew.at(who, LATER), id, {"summary": "It was a mail."})
            corrected.append(id)
        except PermissionDeniedError:
            assert await stored(deal) == before

    assert corrected == [*([logged] if who in WRITERS[state] else []), *own]
    assert await Opportunity.filter(id=deal).values("version", "updated_at") == version


async def test_who_logged_it_and_sees_the_deal_no_more_corrects_nothing() -> None:
    crew = await new_crew()
    deal = crew.deals[OpportunityState.LEAD]
    logged = await call(crew.at("stranger", LATER), deal)
    await Member.filter(id=crew.member("stranger")).update(visibility=Visibility.OWN)
    blind = await crew.organization.ctx_of(ROLES["stranger"], "stranger@example.com", now=LATER)
    before = await stored(deal)

    for ctx in (blind, (await new_organization()).ctx):
        with pytest.raises(NotFoundError):
            await correct_activity(ctx, logged, {"void": True})

    assert await stored(deal) == before


async def test_what_is_left_out_is_kept_and_the_event_tells_old_and_new(diary: Diary) -> None:
    id = await diary.talk(diary.grace, external_system="mail", external_id="1")
    [before] = await Activity.filter(id=id).values()

    await diary.correct(id, kind=ActivityKind.MEETING, at=NOW, contact_ids=[diary.kim, diary.grace, diary.kim])

    assert await Activity.filter(id=id).values() == [{**before, "kind": "MEETING", "at": NOW}]
    assert (await conversations(diary.ctx.viewer.organization_id, participants=[id])).participants == {
        id: (diary.kim, diary.grace)
    }
    type, payload = (await told(diary.deal))[-1]
    assert (type, payload["activityId"]) == ("activity.corrected", str(id))
    assert payload["changes"] == {
        "kind": {"old": "CALL", "new": "MEETING"},
        "at": {"old": LATER.isoformat(), "new": NOW.isoformat()},
        "contactIds": {"old": [str(diary.grace)], "new": [str(diary.kim), str(diary.grace)]},
    }


async def test_a_correction_that_changes_nothing_tells_nothing(diary: Diary) -> None:
    id = await diary.talk(diary.grace, diary.kim)
    before = await stored(diary.deal)
    same = {"kind": ActivityKind.CALL, "at": LATER, "two_way": True, "void": False}

    for given in ({}, same, {"contact_ids": [diary.grace, diary.kim, diary.grace]}):
        await diary.correct(id, **given)

    assert await stored(diary.deal) == before


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
async def test_what_was_corrected_obeys_the_same_rules_as_a_whole(diary: Diary, case: str) -> None:
    given, expected = FAULTS[case]
    id = await diary.talk(diary.grace)
    before = await stored(diary.deal)

    with pytest.raises(InvalidInputError) as refusal:
        await diary.correct(id, **given)

    assert [fault.path for fault in refusal.value.fields] == expected
    assert await stored(diary.deal) == before


async def test_one_way_without_people_becomes_two_way_only_with_somebody(diary: Diary) -> None:
    id = await diary.log()

    with pytest.raises(InvalidInputError):
        await diary.correct(id, two_way=True)
    assert await diary.coverage() == ("NONE", "NONE")
    await diary.correct(id, two_way=True, contact_ids=[diary.kim])

    assert await diary.coverage() == ("NONE", "BRIEF")


async def test_what_did_not_happen_is_in_no_list_and_no_count_until_it_is_brought_back(diary: Diary) -> None:
    early, late = await diary.talk(diary.grace, at=NOW), await diary.talk(diary.grace, at=LATER)

    await diary.correct(late, void=True)
    gone = await listed(diary), await diary.coverage(), (await diary.facts()).activity.last_two_way_at
    await replace(diary, ctx=replace(diary.ctx, now=LATER + TICK)).correct(late, void=True)
    await diary.correct(late, void=False)
    back = await listed(diary), await diary.coverage(), (await diary.facts()).activity.last_two_way_at

    assert gone == (([early], 1), ("BRIEF", "NONE"), NOW)
    assert back == (([late, early], 2), ("MULTIPLE", "NONE"), LATER)
    assert [payload["changes"] for type, payload in await told(diary.deal) if type == "activity.corrected"] == [
        {"voidedAt": {"old": None, "new": LATER.isoformat()}},
        {"voidedAt": {"old": LATER.isoformat(), "new": None}},
    ]


async def test_a_debt_is_settled_by_the_talk_that_it_owed() -> None:
    crew = await new_crew()
    await _ask_for_a_talk(crew)
    deal = await crew.deal(OpportunityState.QUALIFIED, "owing")
    given = NewOverride(("talk",), "They are away until Monday, says the owner.")
    await triggers.progress(crew.at("manager", NOW + timedelta(hours=1)), deal, {}, TransitionOptions(override=given))
    account = (await Opportunity.filter(id=deal).values("account_id"))[0]["account_id"]
    diary = Diary(crew.at("stranger", LATER), account, deal, *[await _contact(crew, account) for _ in range(2)])
    [debt] = await Override.filter(opportunity_id=deal).values("id", "settled_at")

    await diary.log()
    still = await Override.filter(opportunity_id=deal).values("settled_at")
    await diary.talk()

    assert (debt["settled_at"], still) == (None, [{"settled_at": None}])
    assert await Override.filter(opportunity_id=deal).values("settled_at") == [{"settled_at": LATER}]
    assert [type for type, _ in await told(deal)] == ["activity.logged", "activity.logged", "override.settled"]


async def _contact(crew: Crew, account: UUID) -> UUID:
    return await create_contact(crew.ctx["owner"], account, {"name": "Grace"})


async def _ask_for_a_talk(crew: Crew) -> None:
    """From now on PROGRESS asks for a talk within a week, and nothing else."""
    document = default_document()
    asked = {"key": "talk", "label": "Spoken with", "strength": "SOFT", "test": {"activityWithinDays": 7}}
    document["gates"] = [gate for gate in document["gates"] if gate["trigger"] != "PROGRESS"]
    document["gates"].append({"trigger": "PROGRESS", "requirements": [asked]})
    await publish(crew.organization.ctx, parse_process(document))
