"""Targets: who may set whose, one for each period and whose it is, in base currency; and which of them a forecast is held against."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from tests.support.team import Crew, new_crew, told
from workflow.models import Member, Target
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.pricing.targets import NewTarget, remove_target, set_target
from workflow.queries.opportunity.filter import Days, OpportunityFilter
from workflow.queries.reports.targets import TargetFilter, target_of, targets
from workflow.rules.enums import Visibility
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError

START, END = date(2026, 4, 1), date(2026, 6, 30)
QUARTER = Days(START, END)
Whose = Callable[[Crew], tuple[UUID | None, UUID | None]]


@pytest.fixture
async def crew() -> Crew:
    """People in two teams."""
    return await new_crew()


async def team_of(crew: Crew, name: str) -> UUID:
    """The team of a member."""
    [row] = await Member.filter(id=crew.member(name)).values("team_id")
    id: UUID = row["team_id"]
    return id


def new(member: UUID | None = None, team: UUID | None = None, amount: int = 1000, **other: date) -> NewTarget:
    """A target of the quarter."""
    return NewTarget(
        member, team, other.get("start", START), other.get("end", END), MoneyAmount(Decimal(amount), "EUR")
    )


async def test_an_admin_sets_all_and_a_manager_the_teams_and_its_members(crew: Crew) -> None:
    owner, team = crew.member("owner"), await team_of(crew, "owner")
    may: dict[str, list[bool]] = {}
    for who in ("admin", "manager", "other manager", "owner", "integrator", "observer"):
        may[who] = []
        for whose in (new(), new(team=team), new(member=owner)):
            try:
                await set_target(crew.ctx[who], whose)
                may[who].append(True)
            except PermissionDeniedError:
                may[who].append(False)

    assert {who: found for who, found in may.items() if any(found)} == {
        "admin": [True, True, True],
        "manager": [False, True, True],
    }


async def test_the_same_period_and_whose_again_replaces_it_and_the_same_value_tells_nothing(crew: Crew) -> None:
    admin, owner = crew.ctx["admin"], crew.member("owner")
    ids = [await set_target(admin, new(member=owner, amount=amount)) for amount in (1000, 2000, 2000)]
    other = await set_target(admin, new(member=owner, end=date(2026, 6, 29)))

    assert len(set(ids)) == 1 and other != ids[0]
    assert (await Target.get(id=ids[0]).values("value_minor"))["value_minor"] == 200_000
    told_of = [fact["changes"]["value"]["new"]["amount"] for fact in await told(ids[0], "target.set")]
    assert told_of == ["1000.00", "2000.00"]


async def test_what_makes_no_target_is_told_at_once_and_nothing_is_written(crew: Crew) -> None:
    admin, owner, team = crew.ctx["admin"], crew.member("owner"), await team_of(crew, "owner")
    wrong = NewTarget(owner, team, END, START, MoneyAmount(Decimal(5), "USD"))

    with pytest.raises(InvalidInputError) as faults:
        await set_target(admin, wrong)
    with pytest.raises(InvalidInputError, match="more than 0"):
        await set_target(admin, new(amount=0))
    for nobodys in (new(member=UUID(int=1)), new(team=UUID(int=1))):
        with pytest.raises(NotFoundError):
            await set_target(admin, nobodys)

    assert [fault.path for fault in faults.value.fields] == [("teamId",), ("period", "to"), ("value", "currency")]
    assert await Target.filter(organization_id=crew.organization.id).count() == 0


async def test_a_target_that_is_removed_is_told_and_another_managers_is_not_found_or_refused(crew: Crew) -> None:
    id = await set_target(crew.ctx["admin"], new(member=crew.member("owner")))
    blind = crew.ctx["other manager"]
    blind = replace(blind, viewer=replace(blind.viewer, visibility=Visibility.OWN))

    with pytest.raises(NotFoundError):
        await remove_target(blind, id)
    with pytest.raises(PermissionDeniedError):
        await remove_target(crew.ctx["other manager"], id)
    await remove_target(crew.ctx["manager"], id)

    assert [fact["changes"]["value"]["new"] for fact in await told(id, "target.removed")] == [None]
    with pytest.raises(NotFoundError):
        await remove_target(crew.ctx["manager"], id)


async def test_members_see_their_own_and_the_organizations_and_not_each_others(crew: Crew) -> None:
    admin = crew.ctx["admin"]
    whose = {"all": new(), "own": new(member=crew.member("owner")), "other": new(member=crew.member("stranger"))}
    made = {name: await set_target(admin, one) for name, one in whose.items()}
    narrow = replace(crew.ctx["owner"].viewer, visibility=Visibility.OWN)

    seen = {row.id for row in await targets(narrow, TargetFilter(period=QUARTER, member_id=None, team_id=None))}

    assert seen == {made["all"], made["own"]}


async def test_a_forecast_is_held_against_the_target_of_whom_it_is_of_and_of_exactly_its_days(crew: Crew) -> None:
    """One seller's deals are not held against the target of all."""
    admin, owner, team = crew.ctx["admin"], crew.member("owner"), await team_of(crew, "owner")
    made = {
        name: await set_target(admin, one)
        for name, one in (("all", new()), ("team", new(team=team)), ("member", new(member=owner)))
    }
    asked = {
        "all": OpportunityFilter(),
        "team": OpportunityFilter(team_id=(team,)),
        "member": OpportunityFilter(owner_id=(owner,)),
        "two": OpportunityFilter(owner_id=(owner, crew.member("helper"))),
        "without": OpportunityFilter(owner_id=(crew.member("helper"),)),
    }

    found = {name: await target_of(admin.viewer, filter, QUARTER) for name, filter in asked.items()}
    later = await target_of(admin.viewer, OpportunityFilter(), Days(START, date(2026, 6, 29)))

    assert {name: row and row.id for name, row in found.items()} == {**made, "two": None, "without": None}
    assert later is None
