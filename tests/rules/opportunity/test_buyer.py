"""People on the buyer's side: coverage, required roles, and single-threaded deals."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.rules.deal_facts import DEFAULT, deal, stakeholder, two_way_activity
from workflow.rules.enums import BuyingRole, Coverage
from workflow.rules.opportunity.buyer import (
    RoleCoverage,
    coverage,
    coverage_percent,
    has_coverage,
    is_single_threaded,
    role_coverage,
    stakeholders_in_roles,
)
from workflow.rules.opportunity.parts import StakeholderFacts
from workflow.rules.process.document import ProcessDocument, RequiredRole

R = BuyingRole
C = Coverage
DECIDING = (R.ECONOMIC_BUYER, R.DECISION_MAKER, R.APPROVER)
MIN_CONVERSATIONS = {C.NONE: 0, C.BRIEF: 1, C.MULTIPLE: 2, C.IN_DEPTH: 5}


def process_requiring(*roles: RequiredRole) -> ProcessDocument:
    """Return the default process with these required roles."""
    return replace(DEFAULT, required_roles=roles)


def stakeholders(*roles: BuyingRole) -> tuple[StakeholderFacts, ...]:
    """Return one stakeholder for each role."""
    return tuple(replace(stakeholder(role), id=UUID(int=100 + place)) for place, role in enumerate(roles))


@pytest.mark.parametrize(
    ("conversations", "expected"),
    [(0, C.NONE), (1, C.BRIEF), (2, C.MULTIPLE), (4, C.MULTIPLE), (5, C.IN_DEPTH), (500, C.IN_DEPTH)],
)
def test_coverage_follows_the_number_of_two_way_activities(conversations: int, expected: Coverage) -> None:
    assert coverage(conversations) is expected


@pytest.mark.parametrize("minimum", Coverage)
@pytest.mark.parametrize("conversations", range(7))
def test_a_person_is_covered_from_the_required_depth(minimum: Coverage, conversations: int) -> None:
    facts = deal(stakeholders=(stakeholder(),), activity=two_way_activity(conversations))

    assert has_coverage(facts, stakeholder(), minimum) is (conversations >= MIN_CONVERSATIONS[minimum])


def test_activities_with_others_do_not_cover_a_person() -> None:
    other = replace(stakeholder(), contact_id=UUID(int=99))

    assert not has_coverage(deal(activity=two_way_activity(9)), other, C.BRIEF)


def test_the_default_process_requires_a_decision_maker_and_a_champion() -> None:
    assert role_coverage(DEFAULT, deal()) == (
        RoleCoverage(DECIDING, 1, ()),
        RoleCoverage((R.CHAMPION,), 1, ()),
    )


@pytest.mark.parametrize("role", BuyingRole)
def test_only_the_required_roles_fill_a_required_role(role: BuyingRole) -> None:
    [found] = role_coverage(
        process_requiring(RequiredRole(DECIDING)), deal(stakeholders=(stakeholder(role),))
    )

    assert (found.met, found.filled_by) == ((True, (stakeholder(role),)) if role in DECIDING else (False, ()))


@pytest.mark.parametrize(("minimum", "met"), [(1, True), (2, True), (3, False)])
def test_a_role_is_met_by_the_required_number_of_people(minimum: int, met: bool) -> None:
    two = stakeholders(R.USER_BUYER, R.USER_BUYER)

    [found] = role_coverage(process_requiring(RequiredRole((R.USER_BUYER,), minimum)), deal(stakeholders=two))

    assert (found.met, found.filled_by) == (met, two)


def test_one_person_with_two_of_the_roles_counts_once() -> None:
    [found] = role_coverage(
        process_requiring(RequiredRole(DECIDING, 2)), deal(stakeholders=(stakeholder(*DECIDING),))
    )

    assert (found.met, len(found.filled_by)) == (False, 1)


def test_a_person_who_left_fills_no_role() -> None:
    gone = stakeholder(R.CHAMPION, left=True)

    assert [role.met for role in role_coverage(DEFAULT, deal(stakeholders=(gone,)))] == [False, False]


def test_without_roles_any_stakeholder_counts() -> None:
    somebody = stakeholder()
    gone = stakeholder(left=True)

    assert stakeholders_in_roles(deal(stakeholders=(somebody, gone)), ()) == (somebody,)


@pytest.mark.parametrize(
    ("asked", "met", "percent"),
    [(2, 0, 0), (2, 1, 50), (2, 2, 100), (3, 1, 33), (3, 2, 67), (8, 1, 13), (8, 3, 38)],
)
def test_coverage_is_the_share_of_roles_met_rounded_half_up(asked: int, met: int, percent: int) -> None:
    roles = list(R)[:asked]
    process = process_requiring(*(RequiredRole((role,)) for role in roles))

    assert coverage_percent(process, deal(stakeholders=stakeholders(*roles[:met]))) == percent


def test_without_required_roles_coverage_is_complete() -> None:
    assert coverage_percent(process_requiring(), deal()) == 100


@pytest.mark.parametrize(("present", "alone"), [(0, True), (1, True), (2, False), (3, False)])
@pytest.mark.parametrize("left", [0, 2])
def test_a_deal_with_fewer_than_two_stakeholders_is_single_threaded(
    present: int, left: int, alone: bool
) -> None:
    gone = (stakeholder(left=True),) * left

    assert is_single_threaded(deal(stakeholders=(stakeholder(),) * present + gone)) is alone
