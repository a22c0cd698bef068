"""The profile of the buyer: stored as entered, with complete lists, and reported with old and new values."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW, new_organization
from tests.support.refusals import faults, refusal, stored_rows
from tests.support.team import ROLES, WRITERS, SalesTeam, new_sales_team
from workflow.models import Event, Opportunity
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.profile import BuyerChanges, update_buyer
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import CLOSED_STATES, OpportunityState, PurchaseProcess
from workflow.rules.errors import (
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    VersionConflictError,
)
from workflow.rules.opportunity.parts import DecisionStepFacts, ObjectiveFacts

DAY = date(2026, 6, 30)
EVENT = "The lease of the old warehouse ends in June."
STEPS = (DecisionStepFacts("The board meets", due=DAY), DecisionStepFacts("Legal signs", done=True))
OBJECTIVES = (ObjectiveFacts("Fewer stops", "Stops a week", "9", "2", DAY), ObjectiveFacts("A calm night"))
PROFILE: BuyerChanges = {
    "purchase_process": PurchaseProcess.COMMITTEE,
    "decision_steps": STEPS,
    "decision_date": DAY,
    "compelling_event": EVENT,
    "motivation_to_change": "They lose customers over it",
    "objectives": OBJECTIVES,
    "first_time_buyer": True,
    "prior_attempt_failed": False,
    "prior_attempt_note": "They built it themselves",
}
BLANK: dict[str, object] = dict.fromkeys(PROFILE) | {
    "purchase_process": PurchaseProcess.UNKNOWN,
    "decision_steps": (),
    "objectives": (),
}
NULLS: Any = dict.fromkeys(PROFILE)  # Any: a TypedDict of nothing but None


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    return await new_sales_team()


@pytest.fixture
async def lead(team: SalesTeam, request: pytest.FixtureRequest) -> UUID:
    """Create a deal for one test."""
    return await team.add_deal(OpportunityState.LEAD, request.node.name)


async def buyer_facts(team: SalesTeam, id: UUID) -> dict[str, object]:
    facts = (await load_facts(team.organization.id, [id], NOW))[id]
    return {name: getattr(facts, name) for name in PROFILE}


async def update_events(id: UUID) -> list[dict[str, Any]]:
    events = await Event.filter(aggregateid=id, type="buyer.updated").order_by("pos")
    return [dict(event.payload) for event in events]


async def update_profile(
    team: SalesTeam, id: UUID, given: BuyerChanges, *, who: str = "owner", version: int | None = None
) -> None:
    await update_buyer(team.ctx[who], id, given, expected_version=version)


async def test_a_profile_is_stored_and_read_back(team: SalesTeam, lead: UUID) -> None:
    await update_profile(team, lead, PROFILE)

    assert await buyer_facts(team, lead) == PROFILE


async def test_null_clears_and_the_purchase_process_becomes_unknown(team: SalesTeam, lead: UUID) -> None:
    await update_profile(team, lead, PROFILE)

    await update_profile(team, lead, NULLS)

    assert await buyer_facts(team, lead) == BLANK


async def test_a_list_replaces_the_whole_list_in_its_order(team: SalesTeam, lead: UUID) -> None:
    await update_profile(team, lead, PROFILE)

    await update_profile(team, lead, {"decision_steps": STEPS[::-1], "objectives": OBJECTIVES[1:]})

    assert await buyer_facts(team, lead) == {
        **PROFILE,
        "decision_steps": STEPS[::-1],
        "objectives": OBJECTIVES[1:],
    }


async def test_a_change_raises_the_version_once_and_records_old_and_new_values(
    team: SalesTeam, lead: UUID
) -> None:
    before = await Opportunity.get(id=lead)

    await update_profile(team, lead, {**PROFILE, "decision_steps": STEPS[:1]})

    changes = [payload["changes"] for payload in await update_events(lead)]
    step = {"name": "The board meets", "stakeholderId": None, "due": "2026-06-30", "done": False}
    aim = {
        "text": "Fewer stops",
        "metric": "Stops a week",
        "baseline": "9",
        "target": "2",
        "due": "2026-06-30",
    }
    more = {"text": "A calm night", "metric": None, "baseline": None, "target": None, "due": None}
    assert changes == [
        {
            "purchaseProcess": {"old": "UNKNOWN", "new": "COMMITTEE"},
            "decisionSteps": {"old": [], "new": [step]},
            "decisionDate": {"old": None, "new": "2026-06-30"},
            "compellingEvent": {"old": None, "new": EVENT},
            "motivationToChange": {"old": None, "new": "They lose customers over it"},
            "objectives": {"old": [], "new": [aim, more]},
            "firstTimeBuyer": {"old": None, "new": True},
            "priorAttemptFailed": {"old": None, "new": False},
            "priorAttemptNote": {"old": None, "new": "They built it themselves"},
        }
    ]
    assert (await Opportunity.get(id=lead)).version == before.version + 1


@pytest.mark.parametrize("again", [PROFILE, {}], ids=["the same", "nothing"])
async def test_an_unchanged_profile_writes_nothing(team: SalesTeam, lead: UUID, again: BuyerChanges) -> None:
    await update_profile(team, lead, PROFILE)
    before = await stored_rows(lead)

    await update_profile(team, lead, again)

    assert await stored_rows(lead) == before


async def test_omitted_and_unchanged_fields_are_kept_and_not_recorded(team: SalesTeam, lead: UUID) -> None:
    await update_profile(team, lead, PROFILE)
    lists = (await stored_rows(lead))[1]

    await update_profile(team, lead, {"decision_date": None, "decision_steps": STEPS})

    assert await buyer_facts(team, lead) == {**PROFILE, "decision_date": None}
    assert (await update_events(lead))[-1]["changes"] == {"decisionDate": {"old": "2026-06-30", "new": None}}
    assert (await stored_rows(lead))[1] == lists


NOTHING_SAID = ["", "  ", "n/a", "tbd", "123456789", "aaaaaaaaaaaa", "1234567890!", "none unknown"]


@pytest.mark.parametrize("text", NOTHING_SAID)
async def test_a_compelling_event_that_says_nothing_is_refused(
    team: SalesTeam, lead: UUID, text: str
) -> None:
    await update_profile(team, lead, {"compelling_event": EVENT})

    assert list(await faults(lead, update_profile(team, lead, {"compelling_event": text}))) == [
        "compellingEvent"
    ]


async def test_a_compelling_event_of_ten_characters_is_accepted(team: SalesTeam, lead: UUID) -> None:
    await update_profile(team, lead, {"compelling_event": " Lease ends "})

    assert (await buyer_facts(team, lead))["compelling_event"] == "Lease ends"


@pytest.mark.parametrize("name", ["decision_steps", "objectives"])
async def test_a_list_has_at_most_fifty_entries(team: SalesTeam, lead: UUID, name: str) -> None:
    row: dict[str, Any] = {"decision_steps": DecisionStepFacts("Sign"), "objectives": ObjectiveFacts("Save")}
    full = (row[name],) * 50
    over = (row[name],) * 51
    path = {"decision_steps": "decisionSteps", "objectives": "objectives"}[name]

    assert list(await faults(lead, update_profile(team, lead, {name: over}))) == [path]  # type: ignore[misc]  # a name of the table above
    await update_profile(team, lead, {name: full})  # type: ignore[misc]

    assert (await buyer_facts(team, lead))[name] == full


TEXTS: list[tuple[str, int, Any]] = [
    ("compellingEvent", 2_000, lambda text: {"compelling_event": text}),
    ("motivationToChange", 2_000, lambda text: {"motivation_to_change": text}),
    ("priorAttemptNote", 2_000, lambda text: {"prior_attempt_note": text}),
    ("decisionSteps.0.name", 255, lambda text: {"decision_steps": [DecisionStepFacts(text)]}),
    ("objectives.0.text", 2_000, lambda text: {"objectives": [ObjectiveFacts(text)]}),
    ("objectives.0.metric", 255, lambda text: {"objectives": [ObjectiveFacts("Save", metric=text)]}),
    ("objectives.0.baseline", 255, lambda text: {"objectives": [ObjectiveFacts("Save", baseline=text)]}),
    ("objectives.0.target", 255, lambda text: {"objectives": [ObjectiveFacts("Save", target=text)]}),
]


@pytest.mark.parametrize(("path", "most", "given"), TEXTS, ids=[path for path, _, _ in TEXTS])
async def test_texts_have_a_maximum_length(
    team: SalesTeam, lead: UUID, path: str, most: int, given: Any
) -> None:
    text = ("They said so. " * most)[:most].strip().ljust(most, "!")

    assert list(await faults(lead, update_profile(team, lead, given(text + "!")))) == [path]
    await update_profile(team, lead, given(text))

    assert len(await update_events(lead)) == 1


async def test_every_fault_is_reported_at_once(team: SalesTeam, lead: UUID) -> None:
    early = date(1899, 12, 31)
    steps = [
        DecisionStepFacts(" "),
        DecisionStepFacts("Sign", due=early),
        DecisionStepFacts("Sign", UUID(int=1)),
    ]
    goals = [ObjectiveFacts("Save"), ObjectiveFacts(" ", due=early)]

    found = list(
        await faults(
            lead,
            update_profile(
                team, lead, {"decision_date": early, "decision_steps": steps, "objectives": goals}
            ),
        )
    )

    places = ["decisionDate", "decisionSteps.0.name", "decisionSteps.1.due", "decisionSteps.2.ownerId"]
    assert found == [*places, "objectives.1.text", "objectives.1.due"]


async def test_dates_before_1900_are_refused(team: SalesTeam, lead: UUID) -> None:
    first = date(1900, 1, 1)

    await update_profile(
        team, lead, {"decision_date": first, "objectives": [ObjectiveFacts("Save", due=first)]}
    )

    assert (await buyer_facts(team, lead))["decision_date"] == first


async def test_a_step_is_owned_by_a_stakeholder_of_this_deal(team: SalesTeam, lead: UUID) -> None:
    account = (await Opportunity.get(id=lead)).account_id  # type: ignore[attr-defined]
    contact = await create_contact(team.ctx["admin"], account, {"name": "Maria"})
    mine, others = [
        await add_stakeholder(team.ctx["admin"], deal, NewStakeholder(contact, []))
        for deal in (lead, await team.add_deal(OpportunityState.LEAD, "other"))
    ]

    assert list(
        await faults(
            lead, update_profile(team, lead, {"decision_steps": [DecisionStepFacts("Sign", others)]})
        )
    ) == ["decisionSteps.0.ownerId"]
    await update_profile(team, lead, {"decision_steps": [DecisionStepFacts("Sign", mine)]})

    assert (await buyer_facts(team, lead))["decision_steps"] == (DecisionStepFacts("Sign", mine),)
    assert (await update_events(lead))[0]["changes"]["decisionSteps"]["new"][0]["stakeholderId"] == str(mine)


@pytest.mark.parametrize("who", ROLES)
async def test_only_those_who_may_write_the_deal_may_update_the_profile(team: SalesTeam, who: str) -> None:
    deal = team.deals[OpportunityState.QUALIFIED]
    given: BuyerChanges = {"motivation_to_change": f"As {who} heard it"}

    if who in WRITERS:
        await update_profile(team, deal, given, who=who)
        assert (await update_events(deal))[-1]["changes"]["motivationToChange"]["new"] == f"As {who} heard it"
    else:
        assert type(await refusal(deal, update_profile(team, deal, given, who=who))) is PermissionDeniedError


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
async def test_a_closed_deal_is_read_only(team: SalesTeam, state: OpportunityState) -> None:
    assert (
        type(await refusal(team.deals[state], update_profile(team, team.deals[state], PROFILE)))
        is RecordClosedError
    )


async def test_a_version_conflict_is_reported_before_invalid_input(team: SalesTeam, lead: UUID) -> None:
    assert (
        type(await refusal(lead, update_profile(team, lead, {"compelling_event": "n/a"}, version=99)))
        is VersionConflictError
    )


async def test_another_organization_finds_nothing(team: SalesTeam, lead: UUID) -> None:
    foreign = (await new_organization()).ctx

    assert (
        type(await refusal(lead, update_buyer(foreign, lead, PROFILE, expected_version=None)))
        is NotFoundError
    )
