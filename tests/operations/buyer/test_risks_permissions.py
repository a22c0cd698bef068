"""Permissions on risks: writers raise and update them; only managers lower, close or accept severe ones."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import pytest

from tests.support.scenarios.risks import EVIDENCE, RiskScenario, new_risk_scenario
from tests.support.team import ROLES, SalesTeam, new_sales_team
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation, complete_mitigation
from workflow.operations.buyer.risks import (
    NewRisk,
    RiskChanges,
    raise_risk,
    review_risks,
    settle_risk,
    update_risk,
)
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import MitigationKind, RiskCategory, RiskSettlement, RiskStatus, Role
from workflow.rules.errors import InvalidInputError, PermissionDeniedError, Refusal

Act = Callable[[Ctx, RiskScenario, UUID], Awaitable[object]]
Scores = tuple[int, int]
WRITERS = {"owner", "helper", "manager", "admin", "integrator"}
COACHES = {"manager", "admin"}
ACCEPTED, CLOSED = RiskSettlement
OPEN_STATUSES = [RiskStatus.SUSPECTED, RiskStatus.CONFIRMED, RiskStatus.MITIGATING, RiskStatus.MITIGATED]


def settling(to: RiskSettlement, reason: str = EVIDENCE) -> Act:
    """Return an act that settles the risk."""
    return lambda ctx, _, risk: settle_risk(ctx, risk, to, reason=reason, expected_version=None)


def updating(given: RiskChanges) -> Act:
    """Return an act that changes the risk."""
    return lambda ctx, _, risk: update_risk(ctx, risk, given, expected_version=None)


async def complete_planned(ctx: Ctx, scenario: RiskScenario, risk: UUID) -> object:
    """Complete a mitigation that the seller has planned."""
    return await complete_mitigation(
        ctx, await scenario.add_mitigation(risk), evidence=EVIDENCE, expected_version=None
    )


NEW = NewRisk(RiskCategory.TIME, "It takes too long", 5, 5)
PILOT = NewMitigation(MitigationKind.PILOT, "Show it in a week")
LOW = (2, 2)
MEDIUM = (3, 3)
HIGH = (3, 4)
CRITICAL = (5, 5)
ACTS: Mapping[str, tuple[Scores, Act, set[str]]] = {
    "raise": (LOW, lambda ctx, scene, _: raise_risk(ctx, scene.deal, NEW), WRITERS),
    "review": (
        LOW,
        lambda ctx, scene, _: review_risks(ctx, scene.deal, none_found=False, note=None),
        WRITERS,
    ),
    "reword a critical one": (
        CRITICAL,
        updating({"statement": "Two years", "confirmed_by_buyer": True}),
        WRITERS,
    ),
    "raise its scores": (HIGH, updating({"likelihood": 5, "impact": 5}), WRITERS),
    "lower a medium one": (MEDIUM, updating({"likelihood": 1}), WRITERS),
    "lower a high one": (HIGH, updating({"impact": 3}), COACHES),
    "lower a critical one": (CRITICAL, updating({"impact": 2}), COACHES),
    "close a medium one": (MEDIUM, settling(CLOSED), WRITERS),
    "close a high one": (HIGH, settling(CLOSED), COACHES),
    "close a critical one": (CRITICAL, settling(CLOSED), COACHES),
    "accept a low one": (LOW, settling(ACCEPTED), COACHES),
    "accept a critical one": (CRITICAL, settling(ACCEPTED), COACHES),
    "plan against it": (CRITICAL, lambda ctx, _, risk: add_mitigation(ctx, risk, PILOT), WRITERS),
    "complete a plan": (CRITICAL, complete_planned, WRITERS),
}


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team; every test uses a deal of its own."""
    return await new_sales_team()


@pytest.fixture
async def scenario(team: SalesTeam) -> RiskScenario:
    """Create a deal."""
    return await new_risk_scenario(team)


async def refusal_of(work: Awaitable[object]) -> Refusal | None:
    """Return the refusal of an act, or None if it was done."""
    try:
        await work
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize("act", ACTS)
async def test_each_action_is_permitted_by_role(team: SalesTeam, act: str) -> None:
    scores, done, who_may = ACTS[act]
    found = set()
    for who in ROLES:
        scenario = await new_risk_scenario(team)
        risk = await scenario.add_risk(*scores)

        refused = await refusal_of(done(team.ctx[who], scenario, risk))

        assert refused is None or type(refused) is PermissionDeniedError
        found |= set() if refused else {who}

    assert found == who_may


@pytest.mark.parametrize(
    ("before", "after", "free"),
    [
        ((5, 5), (3, 5), True),
        ((3, 5), (5, 3), True),
        ((3, 5), (3, 4), False),
        ((3, 4), (2, 5), True),
        ((2, 5), (2, 4), False),
        ((2, 5), (3, 3), False),
        ((2, 5), (1, 1), False),
        ((3, 3), (1, 5), True),
        ((3, 3), (2, 2), True),
        ((3, 3), (5, 5), True),
    ],
)
@pytest.mark.parametrize("status", OPEN_STATUSES)
async def test_only_managers_lower_the_level_of_a_high_risk(
    scenario: RiskScenario, status: RiskStatus, before: Scores, after: Scores, free: bool
) -> None:
    risk = await scenario.add_risk(*before, status)
    (likelihood, impact) = after
    rows = await scenario.all_rows()

    refused = await refusal_of(scenario.update_risk(risk, {"likelihood": likelihood, "impact": impact}))

    assert (refused is None) == free
    if not free:
        assert type(refused) is PermissionDeniedError
        assert await scenario.all_rows() == rows
        await scenario.update_risk(risk, {"likelihood": likelihood, "impact": impact}, ctx=scenario.manager)
    stored = await scenario.risk_row(risk)
    assert (stored["likelihood"], stored["impact"], stored["status"]) == (*after, status)


@pytest.mark.parametrize(("scores", "free"), [((3, 3), True), ((2, 5), False), ((3, 5), False)])
@pytest.mark.parametrize("status", OPEN_STATUSES)
async def test_only_managers_close_a_high_risk(
    scenario: RiskScenario, status: RiskStatus, scores: Scores, free: bool
) -> None:
    risk = await scenario.add_risk(*scores, status)
    rows = await scenario.all_rows()

    refused = await refusal_of(scenario.settle_risk(risk, CLOSED))

    assert (refused is None) == free
    assert free or await scenario.all_rows() == rows


@pytest.mark.parametrize(
    ("act", "scores", "said"),
    [
        (settling(ACCEPTED), LOW, "accept a risk"),
        (settling(CLOSED), HIGH, "close a risk that is high"),
        (settling(CLOSED), CRITICAL, "close a risk that is critical"),
        (updating({"impact": 1}), HIGH, "lower a risk that is high"),
        (updating({"impact": 1}), CRITICAL, "lower a risk that is critical"),
    ],
)
async def test_a_denial_names_who_may(scenario: RiskScenario, act: Act, scores: Scores, said: str) -> None:
    refused = await refusal_of(act(scenario.seller, scenario, await scenario.add_risk(*scores)))

    who = "a manager of the owner's team or an admin, who does not work the deal"
    assert refused is not None
    assert refused.message == f"Only {who}, can {said}. Ask one of them."


@pytest.mark.parametrize("coach", sorted(COACHES))
async def test_owners_and_collaborators_cannot_accept_a_risk(scenario: RiskScenario, coach: str) -> None:
    ctx = scenario.team.ctx[coach]
    risk = await scenario.add_risk(5, 5)
    everybody = [scenario.team.member("helper"), scenario.team.member(coach)]
    await update_opportunity(
        scenario.team.organization.ctx, scenario.deal, {"collaborator_ids": everybody}, expected_version=None
    )
    rows = await scenario.all_rows()

    for act in (settling(ACCEPTED), settling(CLOSED), updating({"impact": 1})):
        assert type(await refusal_of(act(ctx, scenario, risk))) is PermissionDeniedError

    assert await scenario.all_rows() == rows


async def test_a_key_without_a_member_cannot_accept_a_risk(scenario: RiskScenario) -> None:
    key = await scenario.team.organization.ctx_of(Role.ADMIN)
    risk = await scenario.add_risk(5, 5)

    for act in (settling(ACCEPTED), settling(CLOSED), updating({"impact": 1})):
        assert type(await refusal_of(act(key, scenario, risk))) is PermissionDeniedError

    assert await refusal_of(updating({"statement": "Two years"})(key, scenario, risk)) is None


async def test_permission_is_checked_before_input(scenario: RiskScenario) -> None:
    risk = await scenario.add_risk(5, 5)
    acts = (settling(ACCEPTED, " "), settling(CLOSED, " "), updating({"impact": 1, "statement": " "}))

    denied = [type(await refusal_of(act(scenario.seller, scenario, risk))) for act in acts]
    wrong = [type(await refusal_of(act(scenario.manager, scenario, risk))) for act in acts]

    assert (denied, wrong) == ([PermissionDeniedError] * 3, [InvalidInputError] * 3)
