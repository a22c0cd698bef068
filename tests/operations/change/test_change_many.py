"""Many deals are changed together: few statements, and each deal with its own result."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.recomputed import differences_from_recomputation
from tests.support.statements import Statements, statements
from tests.support.team import SalesTeam, import_deals, new_sales_team
from workflow.models import Competitor, Event, Opportunity
from workflow.models.engine.database import dialect, transaction
from workflow.operations.change.change import ChangeResult, DealRef, change_many
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.opportunity.transitions import (
    TransitionOptions,
    TransitionOutcome,
    TransitionRequest,
    transition_many,
)
from workflow.queries.opportunity.rows import opportunities_by_id
from workflow.queries.opportunity.stored_health import stored_value
from workflow.rules.enums import (
    CompetitorKind,
    CompetitorStanding,
    DisqualifyReason,
    OpportunityState,
    Trigger,
)
from workflow.rules.errors import (
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    Refusal,
    TransitionBlockedError,
    VersionConflictError,
    invalid_field,
)

S = OpportunityState
LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def team() -> SalesTeam:
    """Create a sales team with one deal in each state."""
    return await new_sales_team()


async def new_deals(team: SalesTeam, count: int) -> list[UUID]:
    """Import leads of the owner."""
    return list((await import_deals(team.organization, {uuid4().hex: S.LEAD for _ in range(count)})).values())


async def add_globex(deal: LockedOpportunity) -> UUID:
    """Record a competitor and a description."""
    deal.write(description=f"Deal {deal.row.number}")
    fields = {"kind": CompetitorKind.VENDOR, "standing": CompetitorStanding.ACTIVE}
    id = deal.insert(Competitor, name="Globex", **fields, created_at=deal.ctx.now)
    deal.emit("competitor.added", competitorId=id)
    return id


async def run(team: SalesTeam, refs: list[DealRef]) -> tuple[list[ChangeResult[UUID]], Statements]:
    """Add a competitor to each deal, and return the results and the statements."""
    async with statements() as seen:
        results = await transaction(lambda: change_many(team.at("owner", LATER), refs, add_globex))
    return results, seen


async def test_the_number_of_statements_does_not_depend_on_the_number_of_deals(team: SalesTeam) -> None:
    few = await new_deals(team, 6)
    many = await new_deals(team, 25)

    _, of_few = await run(team, [DealRef(id) for id in few])
    results, of_many = await run(team, [DealRef(id) for id in many])

    assert of_many.by_table() == of_few.by_table()
    assert [result.id for result in results] == many
    stored = await Competitor.filter(opportunity_id__in=many).values("id", "opportunity_id")
    assert {result.id: result.result for result in results} == {
        row["opportunity_id"]: row["id"] for row in stored
    }


async def test_each_deal_has_its_own_columns_version_and_events(team: SalesTeam) -> None:
    deals = await new_deals(team, 5)
    before = {row["id"]: row for row in await Opportunity.filter(id__in=deals).values()}

    await run(team, [DealRef(id) for id in reversed(deals)])

    for row in await Opportunity.filter(id__in=deals).values():
        old = before[row["id"]]
        assert (row["description"], row["version"]) == (f"Deal {row['number']}", old["version"] + 1)
        assert (row["name"], row["updated_at"]) == (old["name"], LATER)
        [event] = await Event.filter(aggregateid=row["id"], type="competitor.added").values("payload")
        assert event["payload"]["version"] == row["version"]
        assert event["payload"]["changes"] == {"description": {"old": None, "new": row["description"]}}
    assert await differences_from_recomputation(team.organization.id, deals, LATER) == []


async def test_a_refused_deal_is_not_changed_and_the_others_are(team: SalesTeam) -> None:
    first, stale, last = await new_deals(team, 3)
    won = team.deals[S.WON]
    unknown = uuid4()
    before = await Opportunity.filter(id__in=[stale, won]).order_by("id").values()

    refs = [DealRef(first, 1), DealRef(stale, 9), DealRef(won), DealRef(unknown), DealRef(last)]
    results, _ = await run(team, refs)

    assert [type(result.problem) for result in results] == [
        type(None),
        VersionConflictError,
        RecordClosedError,
        NotFoundError,
        type(None),
    ]
    assert await Opportunity.filter(id__in=[stale, won]).order_by("id").values() == before
    counts = await Competitor.filter(organization_id=team.organization.id).values_list(
        "opportunity_id", flat=True
    )
    assert set(counts) == {first, last}


async def test_a_verb_that_is_refused_late_discards_only_what_it_has_recorded(team: SalesTeam) -> None:
    deals = await new_deals(team, 3)

    async def verb(deal: LockedOpportunity) -> None:
        await add_globex(deal)
        if deal.id == deals[1]:
            raise invalid_field("name", message="Refused.")

    results = await transaction(
        lambda: change_many(team.at("owner", LATER), [DealRef(id) for id in deals], verb)
    )

    assert [isinstance(result.problem, Refusal) for result in results] == [False, True, False]
    changed = await Competitor.filter(opportunity_id__in=deals).values_list("opportunity_id", flat=True)
    assert set(changed) == {deals[0], deals[2]}
    assert await Event.filter(aggregateid=deals[1], type="competitor.added").count() == 0


async def test_another_error_of_one_deal_rolls_all_back(team: SalesTeam) -> None:
    deals = await new_deals(team, 2)

    async def verb(deal: LockedOpportunity) -> None:
        await add_globex(deal)
        if deal.id == deals[1]:
            raise LookupError("Something is missing.")

    with pytest.raises(LookupError):
        await transaction(lambda: change_many(team.at("owner", LATER), [DealRef(id) for id in deals], verb))

    assert await Competitor.filter(opportunity_id__in=deals).count() == 0


async def test_permission_is_checked_for_each_deal(team: SalesTeam) -> None:
    [deal] = await new_deals(team, 1)

    results = await transaction(lambda: change_many(team.at("stranger", LATER), [DealRef(deal)], add_globex))

    assert [type(result.problem) for result in results] in ([PermissionDeniedError], [NotFoundError])


def disqualify(*, dry_run: bool = False) -> TransitionRequest:
    """Return a transition that has no requirements."""
    options = TransitionOptions(note="Nobody there wants to solve it.", dry_run=dry_run)
    return TransitionRequest(
        Trigger.DISQUALIFY, options, reasons={"disqualify_reason": DisqualifyReason.NO_PAIN}
    )


async def transition(
    team: SalesTeam, ids: list[UUID], request: TransitionRequest
) -> tuple[list[ChangeResult[TransitionOutcome]], Statements]:
    """Run a transition on each deal, and return the results and the statements."""
    refs = [DealRef(id) for id in ids]
    async with statements() as seen:
        results = await transaction(lambda: transition_many(team.at("owner", LATER), refs, request))
    return results, seen


async def test_many_deals_make_a_transition_with_the_statements_of_one_table_each(team: SalesTeam) -> None:
    deals = await new_deals(team, 12)

    results, seen = await transition(team, deals, disqualify())

    assert [result.problem for result in results] == [None] * 12
    assert await Opportunity.filter(id__in=deals, state="DISQUALIFIED").count() == 12
    writes = [text for text in seen if text.startswith(("INSERT", "UPDATE"))]
    assert len(writes) == 5  # transition, opportunity, end and beginning of snapshots, events
    assert len([text for text in seen if " FOR " in text]) == (2 if dialect() == "postgres" else 0)
    assert await differences_from_recomputation(team.organization.id, deals, LATER) == []


async def test_a_blocked_deal_of_a_batch_is_not_changed(team: SalesTeam) -> None:
    lead = team.deals[S.LEAD]
    before = await Opportunity.filter(id=lead).values()

    [result], seen = await transition(team, [lead], TransitionRequest(Trigger.QUALIFY, TransitionOptions()))

    assert isinstance(result.problem, TransitionBlockedError)
    assert await Opportunity.filter(id=lead).values() == before
    assert not [text for text in seen if text.startswith(("INSERT", "UPDATE", "DELETE"))]


async def test_a_dry_run_writes_nothing(team: SalesTeam) -> None:
    deals = await new_deals(team, 2)

    results, seen = await transition(team, deals, disqualify(dry_run=True))

    assert [result.result.target for result in results if result.result] == [S.DISQUALIFIED] * 2
    assert not [text for text in seen if text.startswith(("INSERT", "UPDATE", "DELETE"))]


async def test_the_row_after_a_change_is_returned_unless_the_viewer_may_not_see_it(team: SalesTeam) -> None:
    kept, given_away = await new_deals(team, 2)

    async def verb(deal: LockedOpportunity) -> None:
        deal.write(
            **({"owner_id": team.member("stranger")} if deal.id == given_away else {"name": "Renamed"})
        )
        deal.emit("opportunity.updated")

    refs = [DealRef(kept), DealRef(given_away)]
    results = await transaction(lambda: change_many(team.at("owner", LATER), refs, verb))

    stored = (await opportunities_by_id(team.ctx["admin"].viewer, [kept]))[kept]
    [row, hidden] = [result.row for result in results]
    assert hidden is None
    assert row is not None
    assert {name: stored_value(row, name) for name in row.columns} == {
        name: stored_value(stored, name) for name in row.columns
    }
