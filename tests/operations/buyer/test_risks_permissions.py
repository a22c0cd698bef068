"""Who may do what with a risk: writing is the owner's and theirs above; to lower, close or accept a high one is a coach's."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

import pytest

from tests.support.scenarios.risks import SAID, Scene, new_scene
from tests.support.team import ROLES, Crew, new_crew
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation, complete_mitigation
from workflow.operations.buyer.risks import NewRisk, RiskChanges, raise_risk, review_risks, settle_risk, update_risk
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import MitigationKind, RiskCategory, RiskSettlement, RiskStatus, Role
from workflow.rules.errors import InvalidInputError, PermissionDeniedError, Refusal

Act = Callable[[Ctx, Scene, UUID], Awaitable[object]]
Scores = tuple[int, int]
WRITERS = {"owner", "helper", "manager", "admin", "integrator"}
COACHES = {"manager", "admin"}
ACCEPTED, CLOSED = RiskSettlement
STANDING = [RiskStatus.SUSPECTED, RiskStatus.CONFIRMED, RiskStatus.MITIGATING, RiskStatus.MITIGATED]


def settle(to: RiskSettlement, reason: str = SAID) -> Act:
    """An act that settles the risk."""
    return lambda ctx, _, risk: settle_risk(ctx, risk, to, reason=reason, expected_version=None)


def update(given: RiskChanges) -> Act:
    """An act that changes the risk."""
    return lambda ctx, _, risk: update_risk(ctx, risk, given, expected_version=None)


async def complete(ctx: Ctx, scene: Scene, risk: UUID) -> object:
    """Complete what the seller has planned."""
    return await complete_mitigation(ctx, await scene.plan(risk), evidence=SAID, expected_version=None)


NEW = NewRisk(RiskCategory.TIME, "It takes too long", 5, 5)
PILOT = NewMitigation(MitigationKind.PILOT, "Show it in a week")
LOW, MEDIUM, HIGH, CRITICAL = (2, 2), (3, 3), (3, 4), (5, 5)
ACTS: Mapping[str, tuple[Scores, Act, set[str]]] = {
    "raise": (LOW, lambda ctx, scene, _: raise_risk(ctx, scene.deal, NEW), WRITERS),
    "review": (LOW, lambda ctx, scene, _: review_risks(ctx, scene.deal, none_found=False, note=None), WRITERS),
    "reword a critical one": (CRITICAL, update({"statement": "Two years", "confirmed_by_buyer": True}), WRITERS),
    "raise its scores": (HIGH, update({"likelihood": 5, "impact": 5}), WRITERS),
    "lower a medium one": (MEDIUM, update({"likelihood": 1}), WRITERS),
    "lower a high one": (HIGH, update({"impact": 3}), COACHES),
    "lower a critical one": (CRITICAL, update({"impact": 2}), COACHES),
    "close a medium one": (MEDIUM, settle(CLOSED), WRITERS),
    "close a high one": (HIGH, settle(CLOSED), COACHES),
    "close a critical one": (CRITICAL, settle(CLOSED), COACHES),
    "accept a low one": (LOW, settle(ACCEPTED), COACHES),
    "accept a critical one": (CRITICAL, settle(ACCEPTED), COACHES),
    "plan against it": (CRITICAL, lambda ctx, _, risk: add_mitigation(ctx, risk, PILOT), WRITERS),
    "complete a plan": (CRITICAL, complete, WRITERS),
}


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew, for every test takes a deal of its own."""
    return await new_crew()


@pytest.fixture
async def scene(crew: Crew) -> Scene:
    """A fresh deal."""
    return await new_scene(crew)


async def answer(work: Awaitable[object]) -> Refusal | None:
    """The refusal, None where it was done."""
    try:
        await work
    except Refusal as refusal:
        return refusal
    return None


@pytest.mark.parametrize("act", ACTS)
async def test_each_act_is_done_by_those_who_may(crew: Crew, act: str) -> None:
    scores, done, who_may = ACTS[act]
    found = set()
    for who in ROLES:
        scene = await new_scene(crew)
        risk = await scene.fear(*scores)

        refused = await answer(done(crew.ctx[who], scene, risk))

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
@pytest.mark.parametrize("status", STANDING)
async def test_only_a_coach_lowers_the_level_of_a_high_risk(
    scene: Scene, status: RiskStatus, before: Scores, after: Scores, free: bool
) -> None:
    risk, (likelihood, impact) = await scene.fear(*before, status), after
    rows = await scene.all_rows()

    refused = await answer(scene.update(risk, {"likelihood": likelihood, "impact": impact}))

    assert (refused is None) == free
    if not free:
        assert type(refused) is PermissionDeniedError
        assert await scene.all_rows() == rows
        await scene.update(risk, {"likelihood": likelihood, "impact": impact}, who=scene.manager)
    stored = await scene.risk(risk)
    assert (stored["likelihood"], stored["impact"], stored["status"]) == (*after, status)


@pytest.mark.parametrize(("scores", "free"), [((3, 3), True), ((2, 5), False), ((3, 5), False)])
@pytest.mark.parametrize("status", STANDING)
async def test_only_a_coach_closes_a_high_risk(scene: Scene, status: RiskStatus, scores: Scores, free: bool) -> None:
    risk = await scene.fear(*scores, status)
    rows = await scene.all_rows()

    refused = await answer(scene.settle(risk, CLOSED))

    assert (refused is None) == free
    assert free or await scene.all_rows() == rows


@pytest.mark.parametrize(
    ("act", "scores", "said"),
    [
        (settle(ACCEPTED), LOW, "accept a risk"),
        (settle(CLOSED), HIGH, "close a risk that is high"),
        (settle(CLOSED), CRITICAL, "close a risk that is critical"),
        (update({"impact": 1}), HIGH, "lower a risk that is high"),
        (update({"impact": 1}), CRITICAL, "lower a risk that is critical"),
    ],
)
async def test_who_may_not_is_told_who_may(scene: Scene, act: Act, scores: Scores, said: str) -> None:
    refused = await answer(act(scene.seller, scene, await scene.fear(*scores)))

    who = "a manager of the owner's team or an admin, who does not work the deal. Ask one of them."
    assert refused is not None
    assert refused.message == f"To {said} needs {who}"


@pytest.mark.parametrize("coach", sorted(COACHES))
async def test_nobody_accepts_a_risk_of_a_deal_they_work(scene: Scene, coach: str) -> None:
    ctx, risk = scene.crew.ctx[coach], await scene.fear(5, 5)
    everybody = [scene.crew.member("helper"), scene.crew.member(coach)]
    await update_opportunity(
        scene.crew.organization.ctx, scene.deal, {"collaborator_ids": everybody}, expected_version=None
    )
    rows = await scene.all_rows()

    for act in (settle(ACCEPTED), settle(CLOSED), update({"impact": 1})):
        assert type(await answer(act(ctx, scene, risk))) is PermissionDeniedError

    assert await scene.all_rows() == rows


async def test_a_key_that_stands_for_nobody_accepts_no_risk(scene: Scene) -> None:
    key, risk = await scene.crew.organization.ctx_of(Role.ADMIN), await scene.fear(5, 5)

    for act in (settle(ACCEPTED), settle(CLOSED), update({"impact": 1})):
        assert type(await answer(act(key, scene, risk))) is PermissionDeniedError

    assert await answer(update({"statement": "Two years"})(key, scene, risk)) is None


async def test_who_may_is_answered_before_what_is_wrong(scene: Scene) -> None:
    risk = await scene.fear(5, 5)
    acts = (settle(ACCEPTED, " "), settle(CLOSED, " "), update({"impact": 1, "statement": " "}))

    denied = [type(await answer(act(scene.seller, scene, risk))) for act in acts]
    wrong = [type(await answer(act(scene.manager, scene, risk))) for act in acts]

    assert (denied, wrong) == ([PermissionDeniedError] * 3, [InvalidInputError] * 3)
