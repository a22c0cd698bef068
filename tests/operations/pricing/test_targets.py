"""Targets: who may set them, one per period and owner, and the target that a forecast is compared with."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from tests.support.team import SalesTeam, event_payloads, new_sales_team
from workflow.models import Member, Target
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.pricing.targets import NewTarget, remove_target, set_target
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.reports.targets import TargetFilter, target_of, targets
from workflow.rules.enums import Visibility
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError

START = date(2026, 4, 1)
END = date(2026, 6, 30)
QUARTER = Days(START, END)
Whose = Callable[[SalesTeam], tuple[UUID | None, UUID | None]]


@pytest.fixture
async def sales_team() -> SalesTeam:
    """Create a sales team with two teams."""
    return await new_sales_team()


async def team_of(sales_team: SalesTeam, name: str) -> UUID:
    """Return the team of a member."""
    [row] = await Member.filter(id=sales_team.member(name)).values("team_id")
    id: UUID = row["team_id"]
    return id


def new_target(
    member: UUID | None = None, team: UUID | None = None, amount: int = 1000, **other: date
) -> NewTarget:
    """Return a target for the quarter."""
    return NewTarget(
        member, team, other.get("start", START), other.get("end", END), MoneyAmount(Decimal(amount), "EUR")
    )


async def test_admins_set_every_target_and_managers_those_of_their_team(sales_team: SalesTeam) -> None:
    owner = sales_team.member("owner")
    team = await team_of(sales_team, "owner")
    may: dict[str, list[bool]] = {}
    for who in ("admin", "manager", "other manager", "owner", "integrator", "observer"):
        may[who] = []
        for whose in (new_target(), new_target(team=team), new_target(member=owner)):
            try:
                await set_target(sales_team.ctx[who], whose)
                may[who].append(True)
            except PermissionDeniedError:
                may[who].append(False)

    assert {who: found for who, found in may.items() if any(found)} == {
        "admin": [True, True, True],
        "manager": [False, True, True],
    }


async def test_a_target_for_the_same_period_and_owner_is_replaced_and_an_unchanged_one_not_recorded(
    sales_team: SalesTeam,
) -> None:
    admin = sales_team.ctx["admin"]
    owner = sales_team.member("owner")
    ids = [await set_target(admin, new_target(member=owner, amount=amount)) for amount in (1000, 2000, 2000)]
    other = await set_target(admin, new_target(member=owner, end=date(2026, 6, 29)))

    assert len(set(ids)) == 1 and other != ids[0]
    assert (await Target.get(id=ids[0]).values("value_minor"))["value_minor"] == 200_000
    told_of = [
        fact["changes"]["value"]["new"]["amount"] for fact in await event_payloads(ids[0], "target.set")
    ]
    assert told_of == ["1000.00", "2000.00"]


async def test_every_fault_of_a_target_is_reported_and_nothing_written(sales_team: SalesTeam) -> None:
    admin = sales_team.ctx["admin"]
    owner = sales_team.member("owner")
    team = await team_of(sales_team, "owner")
    wrong = NewTarget(owner, team, END, START, MoneyAmount(Decimal(5), "USD"))

    with pytest.raises(InvalidInputError) as faults:
        await set_target(admin, wrong)
    with pytest.raises(InvalidInputError, match="must be above 0"):
        await set_target(admin, new_target(amount=0))
    for nobodys in (new_target(member=UUID(int=1)), new_target(team=UUID(int=1))):
        with pytest.raises(NotFoundError):
            await set_target(admin, nobodys)

    assert [fault.path for fault in faults.value.fields] == [
        ("teamId",),
        ("period", "to"),
        ("value", "currency"),
    ]
    assert await Target.filter(organization_id=sales_team.organization.id).count() == 0


async def test_removing_a_target_is_recorded_and_another_managers_target_refused(
    sales_team: SalesTeam,
) -> None:
    id = await set_target(sales_team.ctx["admin"], new_target(member=sales_team.member("owner")))
    blind = sales_team.ctx["other manager"]
    blind = replace(blind, viewer=replace(blind.viewer, visibility=Visibility.OWN))

    with pytest.raises(NotFoundError):
        await remove_target(blind, id)
    with pytest.raises(PermissionDeniedError):
        await remove_target(sales_team.ctx["other manager"], id)
    await remove_target(sales_team.ctx["manager"], id)

    assert [fact["changes"]["value"]["new"] for fact in await event_payloads(id, "target.removed")] == [None]
    with pytest.raises(NotFoundError):
        await remove_target(sales_team.ctx["manager"], id)


async def test_members_see_their_own_targets_and_the_organizations_only(sales_team: SalesTeam) -> None:
    admin = sales_team.ctx["admin"]
    whose = {
        "all": new_target(),
        "own": new_target(member=sales_team.member("owner")),
        "other": new_target(member=sales_team.member("stranger")),
    }
    made = {name: await set_target(admin, one) for name, one in whose.items()}
    narrow = replace(sales_team.ctx["owner"].viewer, visibility=Visibility.OWN)

    seen = {
        row.id for row in await targets(narrow, TargetFilter(period=QUARTER, member_id=None, team_id=None))
    }

    assert seen == {made["all"], made["own"]}


async def test_a_forecast_uses_the_target_of_its_owner_and_exact_period(sales_team: SalesTeam) -> None:
    """A forecast of one seller's deals is not compared with the target of the organization."""
    admin = sales_team.ctx["admin"]
    owner = sales_team.member("owner")
    team = await team_of(sales_team, "owner")
    made = {
        name: await set_target(admin, one)
        for name, one in (
            ("all", new_target()),
            ("team", new_target(team=team)),
            ("member", new_target(member=owner)),
        )
    }
    asked = {
        "all": OpportunityFilter(),
        "team": OpportunityFilter(team_id=(team,)),
        "member": OpportunityFilter(owner_id=(owner,)),
        "two": OpportunityFilter(owner_id=(owner, sales_team.member("helper"))),
        "without": OpportunityFilter(owner_id=(sales_team.member("helper"),)),
    }

    found = {name: await target_of(admin.viewer, filter, QUARTER) for name, filter in asked.items()}
    later = await target_of(admin.viewer, OpportunityFilter(), Days(START, date(2026, 6, 29)))

    assert {name: row and row.id for name, row in found.items()} == {**made, "two": None, "without": None}
    assert later is None
