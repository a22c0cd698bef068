"""The buyer over GraphQL: what is said of it is answered by the same ids, and whom a deal was lost to wherever its close is."""

from typing import Any

import pytest

from tests.support.fixtures import Stage, new_stage
from tests.support.serving import Server

BUYER = """mutation($input: UpdateBuyerInput!) { updateBuyer(input: $input) { ... on OpportunityChanged { opportunity { buyer {
  purchaseProcess decisionDate compellingEvent motivationToChange firstTimeBuyer priorAttemptFailed priorAttemptNote
  decisionSteps { name owner { id } due done } objectives { text metric baseline target due } } } } } }"""
TIED = """mutation($input: UpdateStakeholderInput!) { updateStakeholder(input: $input) { __typename
  ... on StakeholderChanged { stakeholder { relations { kind to { id relations { kind } } } } }
  ... on NotFound { id } ... on InvalidInput { fields { path } } } }"""
RIVAL = "... on CompetitorChanged { competitor { id kind name standing strengths weaknesses } }"
ADD = f"mutation($input: AddCompetitorInput!) {{ addCompetitor(input: $input) {{ __typename {RIVAL} }} }}"
RIVALS = "query($id: ID!) { opportunity(id: $id) { buyer { competitors { id name } } } }"
LOSE = """mutation($input: LoseOpportunityInput!) { loseOpportunity(input: $input) { __typename
  ... on InvalidInput { fields { path } } ... on TransitionSucceeded { transition { close { competitor { name } } } } } }"""
CLOSES = """query($id: ID!) { opportunity(id: $id) { close { outcome lossReason competitor { id name } }
  history(first: 2) { nodes { trigger close { competitor { id name } } } } } }"""
REOPEN = "mutation($input: ReopenOpportunityInput!) { reopenOpportunity(input: $input) { __typename } }"
EVENTS = """query($of: ID!) { events(filter: { types: ["opportunity.transitioned"], opportunityId: [$of] }) {
  nodes { payload } } }"""
EVENT = "The lease of the old warehouse ends in June."
GOAL = {"text": "Fewer stops", "metric": "Stops a week", "baseline": "9", "target": "2", "due": "2099-01-01"}


@pytest.fixture
async def stage(server: Server, database: str) -> Stage:
    """A stage of the test's own."""
    return await new_stage(database, server)


async def seen(stage: Stage, query: str, **variables: Any) -> Any:
    """What the admin reads."""
    body = await stage.server.ask(stage.keys["admin"], query, **variables)
    assert "errors" not in body, body
    return body["data"]


async def lost(stage: Stage) -> tuple[str, str]:
    """A deal that was lost to Globex, and Globex."""
    deal = stage.ids["qualified"]
    added = await stage.ask("admin", ADD, {"opportunityId": deal, "kind": "VENDOR", "name": "Globex"})
    rival = added["competitor"]["id"]
    done = await stage.ask("admin", LOSE, {"id": deal, "reason": "LOST_TO_COMPETITOR", "competitorId": rival})
    assert done["transition"]["close"] == {"competitor": {"name": "Globex"}}
    return deal, rival


async def test_the_buyer_is_answered_as_it_was_given(stage: Stage) -> None:
    step = {"name": "The board meets", "due": "2099-01-01", "done": True}
    plain = {
        "purchaseProcess": "TENDER",
        "decisionDate": "2099-02-01",
        "compellingEvent": EVENT,
        "firstTimeBuyer": True,
    }
    plain |= {"motivationToChange": "Losses", "priorAttemptFailed": False, "priorAttemptNote": "None before"}
    lists = {"decisionSteps": [{**step, "ownerId": "$stakeholder"}], "objectives": [GOAL]}

    answer = await stage.ask("admin", BUYER, {"opportunityId": "$lead", **plain, **lists})

    owned = {**step, "owner": {"id": stage.ids["stakeholder"]}}
    assert answer["opportunity"]["buyer"] == {**plain, "decisionSteps": [owned], "objectives": [GOAL]}


async def test_an_objective_may_be_words_alone_and_a_step_nobodys(stage: Stage) -> None:
    given = {"decisionSteps": [{"name": "Sign"}], "objectives": [{"text": "Save"}]}

    answer = await stage.ask("admin", BUYER, {"opportunityId": "$lead", **given})

    buyer = answer["opportunity"]["buyer"]
    assert buyer["decisionSteps"] == [{"name": "Sign", "owner": None, "due": None, "done": False}]
    assert buyer["objectives"] == [{**dict.fromkeys(GOAL), "text": "Save"}]


async def test_a_relation_is_answered_with_the_person_it_leads_to(stage: Stage) -> None:
    tie = {"kind": "REPORTS_TO", "toId": "$quoted"}

    answer = await stage.ask("admin", TIED, {"id": "$stakeholder", "relations": [tie]})

    to = {"id": stage.ids["quoted"], "relations": []}
    assert answer["stakeholder"]["relations"] == [{"kind": "REPORTS_TO", "to": to}]


@pytest.mark.parametrize("to", ["closedStakeholder", "account"])
async def test_a_relation_to_somebody_else_is_not_found(stage: Stage, to: str) -> None:
    tie = {"kind": "REPORTS_TO", "toId": f"${to}"}

    answer = await stage.ask("admin", TIED, {"id": "$stakeholder", "relations": [tie]})

    assert answer == {"__typename": "NotFound", "id": stage.ids[to]}


async def test_the_rivals_of_a_deal_are_answered_in_the_order_they_were_added(stage: Stage) -> None:
    new = {"kind": "STATUS_QUO", "name": "Waiting", "strengths": "Free", "weaknesses": "Slow"}

    added = await stage.ask("admin", ADD, {"opportunityId": "$lead", **new})

    rival = added["competitor"]
    assert rival == {**new, "id": rival["id"], "standing": "SUSPECTED"}
    deal = (await seen(stage, RIVALS, id=stage.ids["lead"]))["opportunity"]
    names = [(one["id"], one["name"]) for one in deal["buyer"]["competitors"]]
    assert names == [(stage.ids["competitor"], "Globex"), (rival["id"], "Waiting")]


async def test_a_close_names_whom_the_deal_was_lost_to(stage: Stage) -> None:
    deal, rival = await lost(stage)

    found = (await seen(stage, CLOSES, id=deal))["opportunity"]

    winner = {"id": rival, "name": "Globex"}
    assert found["close"] == {"outcome": "LOST", "lossReason": "LOST_TO_COMPETITOR", "competitor": winner}
    assert found["history"]["nodes"][0] == {"trigger": "LOSE", "close": {"competitor": winner}}


async def test_a_reopened_deal_keeps_it_in_its_history_alone(stage: Stage) -> None:
    deal, rival = await lost(stage)

    await stage.ask("admin", REOPEN, {"id": deal, "to": "LEAD", "note": "They called us again."})

    found = (await seen(stage, CLOSES, id=deal))["opportunity"]
    before = {"trigger": "LOSE", "close": {"competitor": {"id": rival, "name": "Globex"}}}
    assert (found["close"], found["history"]["nodes"]) == (None, [{"trigger": "REOPEN", "close": None}, before])


async def test_the_event_of_a_loss_names_the_rival_by_its_id(stage: Stage) -> None:
    deal, rival = await lost(stage)

    told = (await seen(stage, EVENTS, of=deal))["events"]["nodes"][-1]["payload"]

    assert (told["trigger"], told["close"]["lossReason"], told["close"]["lostToId"]) == (
        "LOSE",
        "LOST_TO_COMPETITOR",
        rival,
    )
    assert told["changes"]["lostToId"] == {"old": None, "new": rival}


@pytest.mark.parametrize(
    ("rival", "refused"),
    [
        ("$competitor", {"__typename": "InvalidInput", "fields": [{"path": ["competitorId"]}]}),
        (None, {"__typename": "InvalidInput", "fields": [{"path": ["competitorId"]}]}),
        ("$account", {"__typename": "NotFound"}),
    ],
)
async def test_a_deal_is_not_lost_to_a_rival_that_is_not_its_own(
    stage: Stage, rival: str | None, refused: dict[str, object]
) -> None:
    given = {"id": "$qualified", "reason": "LOST_TO_COMPETITOR", "competitorId": rival}

    assert await stage.ask("admin", LOSE, given) == refused
