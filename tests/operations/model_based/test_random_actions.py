"""Random actions in two organizations have the results and the effects that a model predicts."""

import json
from dataclasses import dataclass
from itertools import count as counter
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.operations.model_based.actions import ActionTarget, perform
from tests.operations.model_based.deal_model import GATE_INTO, HARD_REQUIREMENTS, ModelDeal
from tests.operations.model_based.predictions import VERBS, RandomAction, predict, trigger_and_target
from tests.support.counts import FULL, count
from tests.support.organizations import TestOrganization, new_organization
from tests.support.team import ROLES, SalesTeam, import_deals, new_sales_team
from workflow.models import Event, Opportunity, Transition
from workflow.operations.accounts.accounts import create_account
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity, update_opportunity
from workflow.operations.process.processes import preset
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import CLOSED_STATES, OpportunityState, Trigger
from workflow.rules.errors import Refusal
from workflow.rules.gates.requirements import evaluate_gate, unmet_verdicts
from workflow.rules.health.health import evaluate_health
from workflow.rules.process.document import ProcessDocument

S = OpportunityState
ACTORS = (*ROLES, "foreign admin")
LIKELY_ACTORS = (
    "owner",
    "owner",
    "owner",
    "helper",
    "manager",
    "manager",
    "manager",
    "admin",
    "admin",
    "admin",
    "admin",
)
"""The weight of each action; those that advance a deal are more frequent."""
KEYS = counter()
LONGEST = 160
DEAL_CHOICES = (0, 0, 0, 1, 1, 1, 1, 2)
"""The weight of each deal: the one in progress is the most frequent."""


def random_actions(seed: int, length: int) -> list[RandomAction]:
    """Return the first actions of a seed, drawn by their weights."""
    rng = Random(seed)
    return [
        RandomAction(
            actor=rng.choice((*ACTORS, *LIKELY_ACTORS)),
            verb=rng.choice(VERBS),
            deal=rng.choice(DEAL_CHOICES),
            arg=rng.randrange(36),
            overrides=rng.random() < 0.7,
        )
        for _ in range(length)
    ]


@dataclass
class RandomWorld:
    """Two organizations, and three deals with their models."""

    team: SalesTeam
    other_organization: TestOrganization
    deals: list[UUID]
    models: list[ModelDeal]

    def ctx(self, who: str) -> Ctx:
        """Return the context of a member."""
        return self.other_organization.ctx if who == "foreign admin" else self.team.ctx[who]

    def our_deals(self, deal: int) -> TestOrganization:
        """Return the organization of a deal."""
        return self.team.organization if self.models[deal].is_ours else self.other_organization

    async def perform(self, action: RandomAction) -> None:
        """Predict an action, run it, and compare the results."""
        id = self.deals[action.deal]
        model = self.models[action.deal]
        home = self.our_deals(action.deal)
        missing = frozenset(model.unmet(_gate_of(action)))
        answer = predict(model, action)
        if answer is None:
            return
        facts = (await load_facts(home.id, [id], home.ctx.now))[id]
        members = {name: self.team.member(name) for name in ("owner", "stranger")}
        if _has_no_target(facts, action):
            return
        assert (
            await _answer(ActionTarget(self.ctx(action.actor), home.ctx, facts, members), action, missing)
            == answer
        ), action
        await self.compare(action.deal)

    async def compare(self, deal: int) -> None:
        """Compare the stored deal and its traces with the model."""
        id = self.deals[deal]
        model = self.models[deal]
        home = self.our_deals(deal)
        if model.deleted:
            return
        facts = (await load_facts(home.id, [id], home.ctx.now))[id]
        assert (facts.state, facts.version, len(facts.overrides)) == (
            model.state,
            model.version,
            len(model.overrides),
        )
        assert {step.key: step.status for step in facts.milestones} == model.milestones
        for trigger in HARD_REQUIREMENTS:
            found = {
                verdict.key
                for verdict in unmet_verdicts(evaluate_gate(DOCUMENT, Trigger(trigger), facts, home.ctx.now))
            }
            assert found == model.unmet(trigger), trigger


DOCUMENT: ProcessDocument = preset("default")


def _gate_of(action: RandomAction) -> str | None:
    trigger, to = trigger_and_target(action)
    return GATE_INTO.get(to or "") if trigger == "REOPEN" else trigger


def _has_no_target(facts: Any, action: RandomAction) -> bool:
    """Return True if the deal has no part that the action could name."""
    nothing = {"leave": not facts.present_stakeholders(), "settle": not facts.risks}
    absent = action.verb in ("done", "waive", "undo") and not any(
        step.key
        == ("problem_agreed", "solution_validated", "business_case_shared", "decision_made", "terms_agreed")[
            action.arg % 5
        ]
        for step in facts.milestones
    )
    return nothing.get(action.verb, False) or absent


async def _answer(target: ActionTarget, action: RandomAction, missing: frozenset[str]) -> str:
    try:
        await perform(target, action, missing)
    except Refusal as refusal:
        return type(refusal).__name__
    return "ok"


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """The team of the first organization."""
    return await new_sales_team()


@pytest.fixture(scope="module")
async def other_organization() -> TestOrganization:
    """The second organization."""
    return await new_organization()


async def new_random_world(team: SalesTeam, foreign: TestOrganization) -> RandomWorld:
    """Three new deals: a lead and one in progress here, and a lead in the other organization."""
    keys = [str(next(KEYS)) for _ in range(2)]
    found = await import_deals(team.organization, {keys[0]: S.LEAD, keys[1]: S.PROGRESSING})
    helper = team.member("helper")
    for id in found.values():
        await update_opportunity(
            team.organization.ctx, id, {"collaborator_ids": [helper]}, expected_version=None
        )
    account = await create_account(foreign.ctx, {"name": "Abroad"})
    abroad = await create_opportunity(foreign.ctx, NewOpportunity(account, None, None), {"name": "Abroad"})
    lead = ModelDeal(is_ours=True, owner="owner", version=2, helpers={"helper"})
    under_way = ModelDeal(is_ours=True, owner="owner", version=2, helpers={"helper"})
    under_way.transition("PROGRESSING", reopened=False)
    under_way.transitions = 2
    deals = [found[keys[0]], found[keys[1]], abroad]
    return RandomWorld(
        team, foreign, deals, [lead, under_way, ModelDeal(is_ours=False, owner="foreign admin")]
    )


async def check_history(world: RandomWorld) -> None:
    """Check that history, versions, events and numbers agree with the stored deals."""
    for number, (id, model) in enumerate(zip(world.deals, world.models, strict=True)):
        await check_health(world.our_deals(number), id)
        history = await Transition.filter(opportunity_id=id).order_by("sequence").values()
        assert [transition["sequence"] for transition in history] == list(range(1, model.transitions + 1))
        states = ["LEAD", *(transition["to_state"] for transition in history)]
        assert [transition["from_state"] for transition in history] == states[:-1]
        stored = (await Opportunity.filter(id=id).values("state", "version", "number"))[0]
        assert stored["state"] == states[-1] == model.state
        events = [
            event["payload"]["version"]
            for event in await Event.filter(aggregateid=id).order_by("pos").values("payload")
        ]
        assert events == sorted(events)
        assert set(events) == set(range(1, stored["version"] + 1))
    numbers = await Opportunity.filter(organization_id=world.team.organization.id).values_list(
        "number", flat=True
    )
    assert len(set(numbers)) == len(numbers)


async def check_health(home: TestOrganization, id: UUID) -> None:
    """Check that the stored health is that of the rules, of closed deals that at the close."""
    columns = ("state", "health", "health_factors", "closed_insight")
    stored = (await Opportunity.filter(id=id).values(*columns))[0]
    is_closed = stored["state"] in CLOSED_STATES
    assert (stored["closed_insight"] is not None) == is_closed
    given = [factor["points"] for factor in json.loads(stored["health_factors"])]
    assert stored["health"] == sum(given)
    if not is_closed:
        found = evaluate_health(DOCUMENT, (await load_facts(home.id, [id], home.ctx.now))[id], home.ctx.now)
        assert given == [factor.points for factor in found.factors]


@settings(
    max_examples=count(200, part=100),
    derandomize=not FULL,
    phases=tuple(Phase) if FULL else (Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(seed=st.integers(0, 2**32 - 1), length=st.integers(LONGEST // 2, LONGEST))
async def test_random_actions_behave_as_the_model_predicts(
    team: SalesTeam, other_organization: TestOrganization, seed: int, length: int
) -> None:
    world = await new_random_world(team, other_organization)

    for action in random_actions(seed, length):
        await world.perform(action)

    await check_history(world)
