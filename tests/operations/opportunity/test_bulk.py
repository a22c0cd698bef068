"""Bulk operations: a fault of the inputs refuses the request, a refusal of one deal only that deal."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from schema.core.ids import encode
from tests.support.serving import Server
from tests.support.statements import statements
from tests.support.team import SalesTeam, import_deals, new_sales_team, override_all
from workflow.models import Event, Opportunity, Transition
from workflow.operations.opportunity.bulk import (
    BATCH_SIZE,
    BulkItem,
    BulkTransition,
    transition_opportunities,
)
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, Trigger, WinReason
from workflow.rules.errors import (
    IllegalTransitionError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    Refusal,
    TransitionBlockedError,
    VersionConflictError,
)

S = OpportunityState
T = Trigger
NOTE = "They asked us in writing to do this."
DISQUALIFY = BulkTransition(T.DISQUALIFY, TransitionOptions(), disqualify_reason=DisqualifyReason.NO_PAIN)
MOVES = """mutation($input: BulkTransitionInput!) { transitionOpportunities(input: $input) { __typename
  ... on BulkSummary { succeeded failed dryRun
    rows { id opportunity { state } transition { trigger source }
      problem { __typename ... on NotFound { id } } } }
  ... on InvalidInput { fields { path } } } }"""
ASSIGNS = """mutation($input: AssignOpportunitiesInput!) { assignOpportunities(input: $input) { __typename
  ... on BulkSummary { succeeded failed rows { id problem { __typename } } }
  ... on InvalidInput { fields { path } } } }"""


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team; each test has deals of its own."""
    return await new_sales_team()


async def states(ids: list[UUID]) -> list[str]:
    """Return the state of each deal, in the order of the ids."""
    found = {deal.id: str(deal.state) for deal in await Opportunity.filter(id__in=ids)}
    return [found[id] for id in ids]


async def ask(server: Server, team: SalesTeam, query: str, **given: Any) -> dict[str, Any]:
    """Return the answer to a mutation that an admin sends over GraphQL."""
    body = await server.ask(team.organization.api_key, query, input=given)
    assert "errors" not in body, body
    [answer] = body["data"].values()
    fields: dict[str, Any] = answer
    return fields


@pytest.mark.parametrize("count", [1, 100])
async def test_one_to_a_hundred_deals_are_transitioned_in_order(team: SalesTeam, count: int) -> None:
    made = await import_deals(team.organization, dict.fromkeys((uuid4().hex for _ in range(count)), S.LEAD))
    ids = list(made.values())

    rows = await transition_opportunities(team.ctx["owner"], [BulkItem(id) for id in ids], DISQUALIFY)

    history = await Transition.filter(opportunity_id__in=ids).values(
        "id", "opportunity_id", "source", "trigger"
    )
    assert [(row.id, row.problem) for row in rows] == [(id, None) for id in ids]
    assert {(step["source"], step["trigger"]) for step in history} == {("BULK", "DISQUALIFY")}
    assert {step["opportunity_id"]: step["id"] for step in history} == {
        row.id: row.transition_id for row in rows
    }
    assert await states(ids) == ["DISQUALIFIED"] * count


BAD: list[tuple[BulkTransition, set[tuple[str, ...]]]] = [
    (BulkTransition(T.WIN, TransitionOptions()), {("winReason",)}),
    (BulkTransition(T.LOSE, TransitionOptions()), {("lossReason",)}),
    (BulkTransition(T.DISQUALIFY, TransitionOptions()), {("disqualifyReason",)}),
    (BulkTransition(T.REOPEN, TransitionOptions(note=NOTE)), {("to",)}),
    (
        BulkTransition(T.LOSE, TransitionOptions(), loss_reason=LossReason.LOST_TO_COMPETITOR),
        {("lossReason",)},
    ),
    (replace(DISQUALIFY, win_reason=WinReason.SPEED, to=S.LEAD), {("winReason",), ("to",)}),
    (replace(DISQUALIFY, closed_on=date(2026, 3, 1)), {("closedOn",)}),
    (
        BulkTransition(
            T.QUALIFY,
            TransitionOptions(),
            loss_reason=LossReason.PRICE,
            disqualify_reason=DisqualifyReason.NO_FIT,
        ),
        {("lossReason",), ("disqualifyReason",)},
    ),
]


@pytest.mark.parametrize(("move", "paths"), BAD)
async def test_a_missing_reason_refuses_the_whole_request(
    team: SalesTeam, move: BulkTransition, paths: set[tuple[str, ...]]
) -> None:
    id = team.deals[S.PROGRESSING]
    before = await Event.filter(aggregateid=id).count()

    with pytest.raises(InvalidInputError) as refusal:
        await transition_opportunities(team.ctx["admin"], [BulkItem(id)], move)

    assert {fault.path for fault in refusal.value.fields} == paths
    assert await Event.filter(aggregateid=id).count() == before


@pytest.mark.parametrize("count", [0, 101])
async def test_zero_or_more_than_a_hundred_deals_are_refused(team: SalesTeam, count: int) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        await transition_opportunities(team.ctx["admin"], [BulkItem(uuid4())] * count, DISQUALIFY)

    assert [fault.path for fault in refusal.value.fields] == [("opportunities",)]


async def test_a_failing_row_does_not_affect_the_others(team: SalesTeam) -> None:
    good, stale, foreign, last = [await team.add_deal(S.QUALIFIED) for _ in range(4)]
    closed = team.deals[S.WON]
    unknown = uuid4()
    lead = await team.add_deal(S.LEAD)
    elsewhere = (await new_sales_team()).deals[S.QUALIFIED]
    await Opportunity.filter(id=foreign).update(owner_id=team.member("stranger"))
    ids = [good, stale, elsewhere, unknown, closed, lead, foreign, last]
    refs = [BulkItem(id, 9 if id == stale else 1) for id in ids]
    move = BulkTransition(T.LOSE, TransitionOptions(), loss_reason=LossReason.PRICE)

    rows = await transition_opportunities(team.ctx["owner"], refs, move)

    problems: list[type[Refusal] | None] = [type(row.problem) if row.problem else None for row in rows]
    refused = [
        VersionConflictError,
        NotFoundError,
        NotFoundError,
        IllegalTransitionError,
        IllegalTransitionError,
        PermissionDeniedError,
    ]
    assert problems == [None, *refused, None]
    assert [row.id for row in rows] == ids
    assert await states([good, stale, elsewhere, closed, lead, foreign, last]) == [
        "LOST", "QUALIFIED", "QUALIFIED", "WON", "LEAD", "QUALIFIED", "LOST"
    ]  # fmt: skip


async def test_each_deal_is_checked_by_its_own_gate(team: SalesTeam) -> None:
    ids = [await team.add_deal(S.LEAD) for _ in range(2)]
    refs = [BulkItem(id) for id in ids]

    blocked = await transition_opportunities(
        team.ctx["manager"], refs, BulkTransition(T.QUALIFY, TransitionOptions())
    )
    passed = await transition_opportunities(
        team.ctx["admin"], refs, BulkTransition(T.QUALIFY, override_all())
    )

    assert [type(row.problem) for row in blocked] == [TransitionBlockedError] * 2
    assert [row.problem for row in passed] == [None, None]
    assert await states(ids) == ["QUALIFIED"] * 2


async def test_every_trigger_works_in_bulk(team: SalesTeam) -> None:
    id = await team.add_deal(S.LEAD)
    admin = team.ctx["admin"]
    seen = []

    for move in (
        BulkTransition(T.QUALIFY, override_all()),
        BulkTransition(T.REGRESS, TransitionOptions(note=NOTE)),
        BulkTransition(T.QUALIFY, override_all()),
        BulkTransition(T.PROGRESS, override_all()),
        BulkTransition(T.WIN, override_all(), win_reason=WinReason.SPEED, closed_on=date(2026, 3, 2)),
        BulkTransition(T.REOPEN, override_all(NOTE), to=S.PROGRESSING),
        BulkTransition(T.LOSE, TransitionOptions(), loss_reason=LossReason.PRICE),
        BulkTransition(T.REOPEN, TransitionOptions(note=NOTE), to=S.LEAD),
        DISQUALIFY,
    ):
        [row] = await transition_opportunities(admin, [BulkItem(id)], move)
        seen.append((row.problem, *await states([id])))

    assert seen == [
        (None, state)
        for state in (
            "QUALIFIED", "LEAD", "QUALIFIED", "PROGRESSING", "WON",
            "PROGRESSING", "LOST", "LEAD", "DISQUALIFIED",
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    "move",
    [
        BulkTransition(T.REGRESS, TransitionOptions()),
        BulkTransition(
            T.DISQUALIFY, TransitionOptions(note="x" * 19), disqualify_reason=DisqualifyReason.OTHER
        ),
        BulkTransition(T.LOSE, TransitionOptions(), loss_reason=LossReason.OTHER),
    ],
)
async def test_a_missing_note_is_reported_for_each_deal(team: SalesTeam, move: BulkTransition) -> None:
    refs = [BulkItem(team.deals[S.PROGRESSING]), BulkItem(team.deals[S.WON])]

    rows = await transition_opportunities(team.ctx["admin"], refs, move)

    assert [type(row.problem) for row in rows] == [InvalidInputError, IllegalTransitionError]


async def test_a_dry_run_returns_each_result_and_writes_nothing(team: SalesTeam) -> None:
    id = await team.add_deal(S.LEAD)
    before = await Opportunity.filter(id=id).values(), await Event.filter(aggregateid=id).count()

    rows = await transition_opportunities(
        team.ctx["owner"],
        [BulkItem(id), BulkItem(id), BulkItem(team.deals[S.LOST])],
        replace(DISQUALIFY, options=TransitionOptions(dry_run=True)),
    )

    assert [(row.transition_id, row.problem and type(row.problem)) for row in rows] == [
        (None, None),
        (None, None),
        (None, IllegalTransitionError),
    ]
    assert (await Opportunity.filter(id=id).values(), await Event.filter(aggregateid=id).count()) == before


async def test_many_deals_need_as_many_statements_as_ten(team: SalesTeam) -> None:
    counts = []
    for count in (10, BATCH_SIZE):
        deals = await import_deals(
            team.organization, dict.fromkeys((uuid4().hex for _ in range(count)), S.LEAD)
        )
        async with statements() as seen:
            rows = await transition_opportunities(
                team.ctx["admin"], [BulkItem(id) for id in deals.values()], DISQUALIFY
            )
        assert [row.problem for row in rows] == [None] * count
        counts.append(seen.by_table())

    assert counts[0] == counts[1]


async def test_deals_of_several_batches_have_results_in_order(team: SalesTeam) -> None:
    made = await import_deals(
        team.organization, dict.fromkeys((uuid4().hex for _ in range(BATCH_SIZE)), S.LEAD)
    )
    deals = list(made.values())
    unknown = uuid4()
    # The first deal again ends the batch before it is full.
    order = [*deals[:3], unknown, deals[0], *deals[3:], unknown]

    rows = await transition_opportunities(team.ctx["admin"], [BulkItem(id) for id in order], DISQUALIFY)

    problems = {3: NotFoundError, 4: IllegalTransitionError, len(order) - 1: NotFoundError}
    assert [row.id for row in rows] == order
    assert {place: type(row.problem) for place, row in enumerate(rows) if row.problem} == problems
    assert await Transition.filter(opportunity_id__in=deals).count() == len(deals)


async def test_a_deal_listed_twice_is_transitioned_once(team: SalesTeam) -> None:
    id = await team.add_deal(S.LEAD)

    rows = await transition_opportunities(team.ctx["owner"], [BulkItem(id), BulkItem(id)], DISQUALIFY)

    assert [row.problem and type(row.problem) for row in rows] == [None, IllegalTransitionError]
    assert await Transition.filter(opportunity_id=id).count() == 1


async def test_an_invalid_id_fails_in_its_own_row(team: SalesTeam, server: Server) -> None:
    good = encode("Opportunity", await team.add_deal(S.LEAD))
    member = encode("Member", team.member("owner"))
    ids = ["no id", member, good, ""]

    answer = await ask(
        server,
        team,
        MOVES,
        trigger="DISQUALIFY",
        disqualifyReason="NO_PAIN",
        opportunities=[{"id": id} for id in ids],
    )

    def missing(id: str) -> dict[str, Any]:
        return {
            "id": id,
            "opportunity": None,
            "transition": None,
            "problem": {"__typename": "NotFound", "id": id},
        }

    done = {
        "opportunity": {"state": "DISQUALIFIED"},
        "transition": {"trigger": "DISQUALIFY", "source": "BULK"},
    }
    assert answer == {
        "__typename": "BulkSummary",
        "succeeded": 1,
        "failed": 3,
        "dryRun": False,
        "rows": [*map(missing, ids[:2]), {"id": good, **done, "problem": None}, missing("")],
    }


@pytest.mark.parametrize("owner", ["no id", encode("Member", uuid4())])
async def test_an_unknown_owner_is_invalid_input(team: SalesTeam, server: Server, owner: str) -> None:
    good = encode("Opportunity", team.deals[S.LEAD])

    answer = await ask(server, team, ASSIGNS, ownerId=owner, opportunities=[{"id": good}])

    assert answer == {"__typename": "InvalidInput", "fields": [{"path": ["ownerId"]}]}
