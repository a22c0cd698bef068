"""Creating, changing and deleting opportunities, and the pushes of the expected close date."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW
from tests.support.team import SELLER_EMAIL, SalesTeam, event_payloads, new_sales_team, override_all
from workflow.models import Opportunity, Snapshot
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import (
    NewOpportunity,
    create_opportunity,
    delete_opportunity,
    update_opportunity,
)
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import (
    LossDetails,
    QualifyChanges,
    lose,
    progress,
    qualify,
    regress,
    reopen,
)
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import LossReason, OpportunityState, SlipReason
from workflow.rules.errors import DuplicateError, InvalidInputError, NotFoundError

S = OpportunityState
MARCH = date(2026, 3, 10)
LATE_MARCH = date(2026, 3, 31)
APRIL = date(2026, 4, 1)
MAY = date(2026, 5, 20)
DECEMBER = date(2026, 12, 31)
JANUARY = date(2027, 1, 1)


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team; each test has a deal of its own."""
    return await new_sales_team()


async def deal_with_close_dates(
    team: SalesTeam, *days: date | None, state: OpportunityState = S.LEAD
) -> UUID:
    """Return a deal whose expected close date was set to each of the days in turn."""
    id = await team.add_deal(state)
    for day in days:
        await move_close_date(team.ctx["owner"], id, day)
    return id


async def move_close_date(
    ctx: Ctx, id: UUID, day: date | None, reason: SlipReason | None = SlipReason.BUDGET
) -> None:
    """Set the expected close date."""
    changes: OpportunityChanges = {"expected_close_date": day, "slip_reason": reason}
    await update_opportunity(ctx, id, changes, expected_version=None)


async def push_count(id: UUID) -> int:
    """Return the push count."""
    found: int = (await Opportunity.get(id=id)).push_count
    return found


@pytest.mark.parametrize(
    ("days", "to", "is_push"),
    [
        ((), MAY, False),
        ((MARCH,), MARCH, False),
        ((MARCH,), LATE_MARCH, False),
        ((LATE_MARCH,), APRIL, True),
        ((LATE_MARCH,), MARCH, False),
        ((APRIL,), LATE_MARCH, False),
        ((DECEMBER,), JANUARY, True),
        ((JANUARY,), DECEMBER, False),
        ((date(2026, 12, 1),), date(2027, 11, 1), True),
        ((APRIL, MARCH), APRIL, True),
        ((MARCH, None), LATE_MARCH, False),
        ((MARCH, None), APRIL, True),
        ((MARCH, None, None), APRIL, True),
        ((MARCH,), None, False),
        ((date(2025, 12, 1),), date(2026, 1, 1), True),
    ],
)
async def test_moving_the_close_date_to_a_later_month_needs_a_reason(
    team: SalesTeam, days: tuple[date | None, ...], to: date | None, is_push: bool
) -> None:
    id = await deal_with_close_dates(team, *days)
    before = await Opportunity.filter(id=id).values()
    count = before[0]["push_count"]

    if is_push:
        with pytest.raises(InvalidInputError) as refusal:
            await move_close_date(team.ctx["owner"], id, to, None)
        assert [fault.path for fault in refusal.value.fields] == [("slipReason",)]
        assert await Opportunity.filter(id=id).values() == before
        await move_close_date(team.ctx["owner"], id, to)
    else:
        await move_close_date(team.ctx["owner"], id, to, None)

    assert (await push_count(id), (await Opportunity.get(id=id)).expected_close_date) == (count + is_push, to)


async def test_each_push_is_recorded_with_its_reason(team: SalesTeam) -> None:
    id = await deal_with_close_dates(team, MARCH, None)

    await move_close_date(team.ctx["owner"], id, APRIL, SlipReason.LEGAL_PROCUREMENT)
    await move_close_date(team.ctx["owner"], id, APRIL + timedelta(days=1), SlipReason.OTHER)
    await move_close_date(team.ctx["owner"], id, MAY, SlipReason.BUYER_PROCESS)

    names = ("from", "to", "slipReason", "pushCount")
    assert [
        {name: event[name] for name in names} for event in await event_payloads(id, "closeDate.pushed")
    ] == [
        {"from": "2026-03-10", "to": "2026-04-01", "slipReason": "LEGAL_PROCUREMENT", "pushCount": 1},
        {"from": "2026-04-02", "to": "2026-05-20", "slipReason": "BUYER_PROCESS", "pushCount": 2},
    ]


async def test_a_past_close_date_is_accepted(team: SalesTeam) -> None:
    past = NOW.date() - timedelta(days=400)

    id = await deal_with_close_dates(team, past)

    assert (await Opportunity.get(id=id)).expected_close_date == past


async def test_a_close_date_before_1900_is_refused(team: SalesTeam) -> None:
    id = await deal_with_close_dates(team, date(1900, 1, 1))

    with pytest.raises(InvalidInputError) as refusal:
        await move_close_date(team.ctx["owner"], id, date(1899, 12, 31))

    assert [fault.path for fault in refusal.value.fields] == [("expectedCloseDate",)]


async def test_a_date_given_with_progress_is_a_new_baseline(team: SalesTeam) -> None:
    id = await deal_with_close_dates(team, MARCH, state=S.QUALIFIED)

    await progress(team.ctx["admin"], id, {"expected_close_date": APRIL}, override_all())
    assert await push_count(id) == 0
    await move_close_date(team.ctx["owner"], id, date(2026, 4, 30), None)
    await move_close_date(team.ctx["owner"], id, MAY)

    assert await push_count(id) == 1
    assert [event["from"] for event in await event_payloads(id, "closeDate.pushed")] == ["2026-04-30"]


async def test_a_date_given_with_reopen_is_a_new_baseline(team: SalesTeam) -> None:
    id = await deal_with_close_dates(team, MARCH, state=S.QUALIFIED)
    await lose(team.ctx["owner"], id, LossDetails(LossReason.TIMING), TransitionOptions())

    note = TransitionOptions(note="They have the money now.")
    await reopen(team.ctx["manager"], id, S.LEAD, {"expected_close_date": MAY}, note)
    assert await push_count(id) == 0
    await move_close_date(team.ctx["owner"], id, MAY + timedelta(days=1), None)
    await move_close_date(team.ctx["owner"], id, JANUARY)

    assert await push_count(id) == 1


async def test_no_transition_resets_the_push_count(team: SalesTeam) -> None:
    id = await deal_with_close_dates(team, MARCH, APRIL, MAY)
    admin = team.ctx["admin"]
    note = "They want to think it over."
    terms = TransitionOptions(note=note)
    count = await push_count(id)

    transitions: list[Callable[[], Awaitable[object]]] = [
        lambda: qualify(admin, id, QualifyChanges(), override_all()),
        lambda: progress(admin, id, {"expected_close_date": DECEMBER}, override_all()),
        lambda: regress(admin, id, terms),
        lambda: lose(admin, id, LossDetails(LossReason.PRICE), terms),
        lambda: reopen(admin, id, S.PROGRESSING, {"expected_close_date": JANUARY}, override_all(note)),
    ]
    counts = []
    for transition in transitions:
        await transition()
        counts.append(await push_count(id))

    assert (count, counts) == (2, [2] * 5)


async def test_an_import_pushes_without_a_reason(team: SalesTeam) -> None:
    key = uuid4().hex
    admin = team.ctx["admin"]
    counts = []

    for day in (MARCH, LATE_MARCH, APRIL, None, MAY, MARCH, APRIL):
        row = ImportRow(key, "Deal", "Acme", SELLER_EMAIL, expected_close_date=day)
        [outcome] = await import_rows(admin, "pushes", [row])
        assert outcome.opportunity_id
        counts.append(await push_count(outcome.opportunity_id))

    assert counts == [0, 0, 1, 1, 2, 2, 3]


async def test_an_import_compares_with_the_close_date_set_here(team: SalesTeam) -> None:
    key = uuid4().hex
    admin = team.ctx["admin"]
    row = ImportRow(key, "Deal", "Acme", SELLER_EMAIL, expected_close_date=MARCH)
    [outcome] = await import_rows(admin, "pushes", [row])
    assert outcome.opportunity_id
    await move_close_date(team.ctx["owner"], outcome.opportunity_id, MAY)

    await import_rows(admin, "pushes", [replace(row, expected_close_date=APRIL)])

    assert await push_count(outcome.opportunity_id) == 1


async def account_of(deal: UUID) -> UUID:
    """Return the account of a deal."""
    [row] = await Opportunity.filter(id=deal).values("account_id")
    account: UUID = row["account_id"]
    return account


async def test_a_new_opportunity_is_a_lead_with_the_defaults_of_its_process(team: SalesTeam) -> None:
    new = NewOpportunity(await account_of(team.deals[S.LEAD]), None, None)

    id = await create_opportunity(team.ctx["owner"], new, {"name": "A new deal"})

    row = await Opportunity.get(id=id).values()
    assert (row["state"], row["version"], row["type"], row["owner_id"]) == (
        S.LEAD,
        1,
        "NEW_BUSINESS",
        team.ctx["owner"].viewer.member_id,
    )
    assert (row["probability"], row["forecast_category"], row["push_count"]) == (0.1, "OMITTED", 0)
    assert row["created_at"] == row["state_since"] == row["recorded_at"] == NOW
    assert await Snapshot.filter(opportunity_id=id).values("state") == [{"state": "LEAD"}]


async def test_an_unknown_account_or_process_is_refused(team: SalesTeam) -> None:
    account = await account_of(team.deals[S.LEAD])

    with pytest.raises(NotFoundError):
        await create_opportunity(team.ctx["owner"], NewOpportunity(uuid4(), None, None), {"name": "Lost"})
    with pytest.raises(InvalidInputError, match="no sales process with the key `nowhere`"):
        await create_opportunity(
            team.ctx["owner"], NewOpportunity(account, None, "nowhere"), {"name": "Lost"}
        )

    assert await Opportunity.filter(organization_id=team.organization.id, name="Lost").count() == 0


async def test_an_external_id_belongs_to_one_opportunity(team: SalesTeam) -> None:
    account = await account_of(team.deals[S.LEAD])
    changes: OpportunityChanges = {"name": "First", "external_system": "crm", "external_id": "taken"}
    first = await create_opportunity(team.ctx["owner"], NewOpportunity(account, None, None), changes)
    second = await team.add_deal(S.LEAD)

    await update_opportunity(team.ctx["owner"], first, {**changes, "name": "Renamed"}, expected_version=None)
    with pytest.raises(DuplicateError) as refusal:
        await update_opportunity(team.ctx["owner"], second, changes, expected_version=None)

    assert refusal.value.id == first
    assert (await Opportunity.get(id=first)).name == "Renamed"


async def test_equal_values_change_nothing(team: SalesTeam) -> None:
    id = await team.add_deal(S.LEAD)
    changes: OpportunityChanges = {"description": "A pilot", "attributes": {"a": 1}}
    await update_opportunity(team.ctx["owner"], id, changes, expected_version=None)
    before = await Opportunity.get(id=id).values()

    await update_opportunity(team.ctx["owner"], id, changes, expected_version=None)

    assert await Opportunity.get(id=id).values() == before


async def test_a_deleted_opportunity_needs_a_reason_and_keeps_its_row(team: SalesTeam) -> None:
    id = await team.add_deal(S.LEAD)

    with pytest.raises(InvalidInputError):
        await delete_opportunity(team.ctx["admin"], id, reason=" ", expected_version=None)
    assert (await Opportunity.get(id=id)).deleted_at is None
    await delete_opportunity(team.ctx["admin"], id, reason="Entered twice", expected_version=None)

    assert (await Opportunity.get(id=id)).deleted_at is not None
    with pytest.raises(NotFoundError):
        await update_opportunity(team.ctx["owner"], id, {"name": "Again"}, expected_version=None)
