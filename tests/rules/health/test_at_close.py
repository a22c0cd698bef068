"""Evaluation of closed deals: health is that of the close, and its points add up."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.health.random_deals import random_case
from tests.support.counts import FULL, count
from tests.support.rules.deal_facts import DEFAULT, NOW, TODAY, deal, stakeholder, two_way_activity
from workflow.rules.enums import BuyingRole, MilestoneSide, OpportunityState, Trigger
from workflow.rules.health.at_close import facts_at_close
from workflow.rules.health.health import evaluate_health
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import MilestoneFacts, TransitionFacts

S = OpportunityState
DAY = timedelta(days=1)
DUE = MilestoneFacts(UUID(int=1), UUID(int=7), None, "They saw it work", MilestoneSide.BUYER, 10)


def closed(**changes: object) -> OpportunityFacts:
    """Return a healthy deal that entered PROGRESSING 100 days ago and was won 40 days ago."""
    came = TransitionFacts(Trigger.PROGRESS, S.QUALIFIED, S.PROGRESSING, NOW - 100 * DAY, 60 * 86_400)
    won = TransitionFacts(Trigger.WIN, S.PROGRESSING, S.WON, NOW - 40 * DAY, 60 * 86_400)
    then = {
        "state": S.WON,
        "state_since": NOW - 40 * DAY,
        "transitions": (came, won),
        "activity": two_way_activity(2, ago=41 * DAY),
    }
    return deal(**{"stakeholders": (stakeholder(BuyingRole.DECISION_MAKER),), **then, **changes})


def test_a_closed_deal_is_evaluated_as_at_its_close() -> None:
    due = [replace(DUE, due=TODAY - days * DAY) for days in (40, 41)]

    found = {
        factor.key: factor.points
        for factor in evaluate_health(DEFAULT, closed(milestones=tuple(due)), NOW).factors
    }

    assert found == at_close(milestones=tuple(due))
    assert (found["buyer_activity"], found["milestones"], found["state_age"]) == (25, 10, 15)


def at_close(**changes: object) -> dict[str, int]:
    """Return the points of the same deal 40 days ago, when it was still open."""
    then = {"state": S.PROGRESSING, "state_since": NOW - 100 * DAY, "transitions": closed().transitions[:1]}
    found = evaluate_health(DEFAULT, closed(**{**then, **changes}), NOW - 40 * DAY)
    return {factor.key: factor.points for factor in found.factors}


def test_a_deal_closed_as_a_lead_has_the_age_of_that_lead() -> None:
    transitions = (TransitionFacts(Trigger.DISQUALIFY, S.LEAD, S.DISQUALIFIED, NOW - 5 * DAY, 20 * 86_400),)

    then, at = facts_at_close(deal(state=S.DISQUALIFIED, state_since=NOW - 5 * DAY, transitions=transitions))

    assert (then.state, then.state_since, then.transitions, at) == (S.LEAD, NOW - 25 * DAY, (), NOW - 5 * DAY)


@settings(max_examples=count(10_000), derandomize=not FULL, deadline=None)
@given(seed=st.integers(0, 2**64 - 1))
def test_the_factors_of_a_random_deal_add_up_to_its_score(seed: int) -> None:
    process, facts = random_case(seed)

    found = evaluate_health(process, facts, NOW)

    *given, risks = found.factors
    bare = [
        risk
        for risk in facts.risks
        if risk.is_open and risk.likelihood * risk.impact >= 10 and not risk.mitigations
    ]
    assert found.score == sum(factor.points for factor in found.factors)
    assert 0 <= found.score <= 100 == sum(factor.max_points for factor in given)
    assert all(0 <= factor.points <= factor.max_points for factor in given)
    assert (risks.key, risks.max_points) == ("risks", 0)
    assert risks.points == -min(sum(factor.points for factor in given), 10 * len(bare))
    assert all(factor.explanation.endswith((".", "?")) for factor in found.factors)
