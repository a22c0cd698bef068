"""The buyer over HTTP: stakeholders, objectives, competitors, and the one that a deal was lost to."""

from typing import Any

import pytest

from tests.support.fixtures import MutationFixtures, create_mutation_fixtures
from tests.support.serving import Server

BUYER = """mutation($input: UpdateBuyerInput!) { updateBuyer(input: $input) { ... on OpportunityChanged {
  opportunity { buyer {
  purchaseProcess decisionDate compellingEvent motivationToChange firstTimeBuyer priorAttemptFailed
  priorAttemptNote
  decisionSteps { name owner { id } due done } objectives { text metric baseline target due } } } } } }"""
UPDATE_STAKEHOLDER = """mutation($input: UpdateStakeholderInput!) { updateStakeholder(input: $input) {
  __typename
  ... on StakeholderChanged { stakeholder { relations { kind to { id relations { kind } } } } }
  ... on NotFound { id } ... on InvalidInput { fields { path } } } }"""
RIVAL = "... on CompetitorChanged { competitor { id kind name standing strengths weaknesses } }"
ADD = f"mutation($input: AddCompetitorInput!) {{ addCompetitor(input: $input) {{ __typename {RIVAL} }} }}"
RIVALS = "query($id: ID!) { opportunity(id: $id) { buyer { competitors { id name } } } }"
LOSE = """mutation($input: LoseOpportunityInput!) { loseOpportunity(input: $input) { __typename
  ... on InvalidInput { fields { path } } ... on TransitionSucceeded { transition { close { competitor { name
  } } } } } }"""
CLOSES = """query($id: ID!) { opportunity(id: $id) { close { outcome lossReason competitor { id name } }
  history(first: 2) { nodes { trigger close { competitor { id name } } } } } }"""
REOPEN = "mutation($input: ReopenOpportunityInput!) { reopenOpportunity(input: $input) { __typename } }"
EVENTS = """query($of: ID!) { events(filter: { types: ["opportunity.transitioned"], opportunityId: [$of] }) {
  nodes { payload } } }"""
EVENT = "The lease of the old warehouse ends in June."
OBJECTIVE = {
    "text": "Fewer stops",
    "metric": "Stops a week",
    "baseline": "9",
    "target": "2",
    "due": "2099-01-01",
}


@pytest.fixture
async def fixtures(server: Server, database: str) -> MutationFixtures:
    """An organization of the test's own."""
    return await create_mutation_fixtures(database, server)


async def read(fixtures: MutationFixtures, query: str, **variables: Any) -> Any:
    """Read as the admin."""
    body = await fixtures.server.ask(fixtures.keys["admin"], query, **variables)
    assert "errors" not in body, body
    return body["data"]


async def lost_deal(fixtures: MutationFixtures) -> tuple[str, str]:
    """Lose a deal to Globex; return the ids of both."""
    deal = fixtures.ids["qualified"]
    added = await fixtures.ask("admin", ADD, {"opportunityId": deal, "kind": "VENDOR", "name": "Globex"})
    rival = added["competitor"]["id"]
    done = await fixtures.ask(
        "admin", LOSE, {"id": deal, "reason": "LOST_TO_COMPETITOR", "competitorId": rival}
    )
    assert done["transition"]["close"] == {"competitor": {"name": "Globex"}}
    return deal, rival


async def test_the_buyer_is_returned_as_written(fixtures: MutationFixtures) -> None:
    step = {"name": "The board meets", "due": "2099-01-01", "done": True}
    plain = {
        "purchaseProcess": "TENDER",
        "decisionDate": "2099-02-01",
        "compellingEvent": EVENT,
        "firstTimeBuyer": True,
    }
    plain |= {"motivationToChange": "Losses", "priorAttemptFailed": False, "priorAttemptNote": "None before"}
    lists = {"decisionSteps": [{**step, "ownerId": "$stakeholder"}], "objectives": [OBJECTIVE]}

    answer = await fixtures.ask("admin", BUYER, {"opportunityId": "$lead", **plain, **lists})

    owned = {**step, "owner": {"id": fixtures.ids["stakeholder"]}}
    assert answer["opportunity"]["buyer"] == {**plain, "decisionSteps": [owned], "objectives": [OBJECTIVE]}


async def test_an_objective_may_be_text_only_and_a_step_without_owner(fixtures: MutationFixtures) -> None:
    given = {"decisionSteps": [{"name": "Sign"}], "objectives": [{"text": "Save"}]}

    answer = await fixtures.ask("admin", BUYER, {"opportunityId": "$lead", **given})

    buyer = answer["opportunity"]["buyer"]
    assert buyer["decisionSteps"] == [{"name": "Sign", "owner": None, "due": None, "done": False}]
    assert buyer["objectives"] == [{**dict.fromkeys(OBJECTIVE), "text": "Save"}]


async def test_a_relation_has_its_stakeholder(fixtures: MutationFixtures) -> None:
    tie = {"kind": "REPORTS_TO", "toId": "$quoted"}

    answer = await fixtures.ask("admin", UPDATE_STAKEHOLDER, {"id": "$stakeholder", "relations": [tie]})

    to = {"id": fixtures.ids["quoted"], "relations": []}
    assert answer["stakeholder"]["relations"] == [{"kind": "REPORTS_TO", "to": to}]


@pytest.mark.parametrize("to", ["closedStakeholder", "account"])
async def test_a_relation_to_somebody_else_is_not_found(fixtures: MutationFixtures, to: str) -> None:
    tie = {"kind": "REPORTS_TO", "toId": f"${to}"}

    answer = await fixtures.ask("admin", UPDATE_STAKEHOLDER, {"id": "$stakeholder", "relations": [tie]})

    assert answer == {"__typename": "NotFound", "id": fixtures.ids[to]}


async def test_competitors_are_listed_in_the_order_they_were_added(fixtures: MutationFixtures) -> None:
    new = {"kind": "STATUS_QUO", "name": "Waiting", "strengths": "Free", "weaknesses": "Slow"}

    added = await fixtures.ask("admin", ADD, {"opportunityId": "$lead", **new})

    rival = added["competitor"]
    assert rival == {**new, "id": rival["id"], "standing": "SUSPECTED"}
    deal = (await read(fixtures, RIVALS, id=fixtures.ids["lead"]))["opportunity"]
    names = [(one["id"], one["name"]) for one in deal["buyer"]["competitors"]]
    assert names == [(fixtures.ids["competitor"], "Globex"), (rival["id"], "Waiting")]


async def test_a_close_has_the_competitor_the_deal_was_lost_to(fixtures: MutationFixtures) -> None:
    deal, rival = await lost_deal(fixtures)

    found = (await read(fixtures, CLOSES, id=deal))["opportunity"]

    winner = {"id": rival, "name": "Globex"}
    assert found["close"] == {"outcome": "LOST", "lossReason": "LOST_TO_COMPETITOR", "competitor": winner}
    assert found["history"]["nodes"][0] == {"trigger": "LOSE", "close": {"competitor": winner}}


async def test_a_reopened_deal_keeps_the_competitor_in_its_history_only(fixtures: MutationFixtures) -> None:
    deal, rival = await lost_deal(fixtures)

    await fixtures.ask("admin", REOPEN, {"id": deal, "to": "LEAD", "note": "They called us again."})

    found = (await read(fixtures, CLOSES, id=deal))["opportunity"]
    before = {"trigger": "LOSE", "close": {"competitor": {"id": rival, "name": "Globex"}}}
    assert (found["close"], found["history"]["nodes"]) == (
        None,
        [{"trigger": "REOPEN", "close": None}, before],
    )


async def test_the_event_of_a_loss_has_the_competitors_id(fixtures: MutationFixtures) -> None:
    deal, rival = await lost_deal(fixtures)

    payload = (await read(fixtures, EVENTS, of=deal))["events"]["nodes"][-1]["payload"]

    assert (payload["trigger"], payload["close"]["lossReason"], payload["close"]["lostToId"]) == (
        "LOSE",
        "LOST_TO_COMPETITOR",
        rival,
    )
    assert payload["changes"]["lostToId"] == {"old": None, "new": rival}


@pytest.mark.parametrize(
    ("rival", "refused"),
    [
        ("$competitor", {"__typename": "InvalidInput", "fields": [{"path": ["competitorId"]}]}),
        (None, {"__typename": "InvalidInput", "fields": [{"path": ["competitorId"]}]}),
        ("$account", {"__typename": "NotFound"}),
    ],
)
async def test_a_deal_cannot_be_lost_to_another_deals_competitor(
    fixtures: MutationFixtures, rival: str | None, refused: dict[str, object]
) -> None:
    given = {"id": "$qualified", "reason": "LOST_TO_COMPETITOR", "competitorId": rival}

    assert await fixtures.ask("admin", LOSE, given) == refused
