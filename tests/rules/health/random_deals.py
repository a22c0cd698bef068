"""Random deals and processes for property-based tests: anything that a database could contain."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from tests.support.rules.deal_facts import ACCOUNT, ADA, DEFAULT, NOW, TODAY, assessment, deal, fit_rule, risk
from workflow.rules.enums import (
    BuyingRole,
    BuyingStyle,
    CompetitorKind,
    CompetitorStanding,
    FitOperator,
    Grade,
    MilestoneSide,
    MilestoneStatus,
    OpportunityState,
    PurchaseProcess,
    RiskStatus,
)
from workflow.rules.gates.machine import transitions_from
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import (
    ActivityFacts,
    CompetitorFacts,
    ContactConversations,
    DecisionStepFacts,
    MilestoneFacts,
    ObjectiveFacts,
    RiskReviewFacts,
    StakeholderFacts,
    TransitionFacts,
)
from workflow.rules.process.document import ProcessDocument, RequiredRole

T = TypeVar("T")
ROLES = (BuyingRole.DECISION_MAKER, BuyingRole.APPROVER, BuyingRole.CHAMPION, BuyingRole.OTHER)
WORDS = (None, "", "  ", "Their lease ends in June")
MOST_DAYS = 120


def random_case(seed: int) -> tuple[ProcessDocument, OpportunityFacts]:
    """Return the process and the deal of a seed, to be evaluated at NOW."""
    rng = Random(seed)
    return _process(rng), _deal(rng)


def _process(rng: Random) -> ProcessDocument:
    rules = (
        fit_rule("employeeCount", FitOperator.GT, rng.choice((100, 1000))),
        fit_rule("x", FitOperator.EQ, "y"),
    )
    roles = tuple(RequiredRole((role,), rng.choice((1, 1, 2))) for role in _sample(rng, ROLES[:3]))
    states = tuple(replace(one, expected_days=rng.choice((None, 1, 14, 90))) for one in DEFAULT.states)
    return replace(
        DEFAULT,
        fit_rules=_sample(rng, rules),
        required_roles=roles,
        states=states,
        milestones=rng.choice(((), DEFAULT.milestones)),
    )


def _deal(rng: Random) -> OpportunityFacts:
    people = tuple(_stakeholder(rng, place) for place in range(rng.randrange(5)))
    transitions = _transitions(rng)
    return deal(
        state=transitions[-1].target if transitions else OpportunityState.LEAD,
        state_since=transitions[-1].at if transitions else NOW - _duration(rng),
        transitions=transitions,
        push_count=rng.choice((0, 0, 1, 2, 3, 9)),
        stakeholders=people,
        activity=_activity(rng, people),
        assessments=tuple(
            assessment(one.key, rng.choice(tuple(Grade)), age=_duration(rng))
            for one in _sample(rng, DEFAULT.criteria)
        ),
        pain_since=rng.choice((None, date(2025, 1, 1), date(2015, 1, 1))),
        account=replace(
            ACCOUNT, employee_count=rng.choice((None, 5, 500, 5000)), attributes=_attributes(rng)
        ),
        **_buyer(rng),
        **_risks_and_milestones(rng),
    )


def _buyer(rng: Random) -> dict[str, Any]:
    kinds = _sample(rng, tuple(CompetitorKind))
    rivals = [
        CompetitorFacts(UUID(int=30), UUID(int=7), kind, kind, CompetitorStanding.ACTIVE) for kind in kinds
    ]
    return {
        "purchase_process": rng.choice(tuple(PurchaseProcess)),
        "decision_date": _day(rng),
        "compelling_event": rng.choice(WORDS),
        "motivation_to_change": rng.choice(WORDS),
        "first_time_buyer": rng.choice((None, False, True)),
        "prior_attempt_failed": rng.choice((None, False, True)),
        "decision_steps": _sample(rng, (DecisionStepFacts("The board meets"),)),
        "objectives": _sample(
            rng, (ObjectiveFacts("Fewer stops", rng.choice(WORDS)), ObjectiveFacts("Calm"))
        ),
        "competitors": tuple(rivals),
    }


def _risks_and_milestones(rng: Random) -> dict[str, Any]:
    """Return random risks and milestones."""
    statuses = [rng.choice(tuple(RiskStatus)) for _ in range(rng.randrange(3))]
    risks = [risk(_score(rng), _score(rng), one, mitigated=rng.random() < 0.5) for one in statuses]
    at = NOW - timedelta(days=rng.randrange(6))
    none_found = rng.random() < 0.5
    return {
        "risks": tuple(risks),
        "risk_review": rng.choice((None, RiskReviewFacts(at, ADA, none_found))),
        "milestones": tuple(_milestone(rng, key) for key in _sample(rng, (None, *_KEYS))),
    }


_KEYS = tuple(template.key for template in DEFAULT.milestones)


def _milestone(rng: Random, key: str | None) -> MilestoneFacts:
    status = rng.choice(tuple(MilestoneStatus))
    return MilestoneFacts(
        UUID(int=40), UUID(int=7), key, "They saw it", MilestoneSide.BUYER, 5, status, _day(rng)
    )


def _stakeholder(rng: Random, place: int) -> StakeholderFacts:
    return StakeholderFacts(
        id=UUID(int=50 + place),
        opportunity_id=UUID(int=7),
        contact_id=UUID(int=60 + place),
        contact_name="Grace",
        roles=_sample(rng, ROLES),
        buying_style=rng.choice(tuple(BuyingStyle)),
        motivation=rng.choice(WORDS),
        left=rng.random() < 0.2,
    )


def _activity(rng: Random, people: Sequence[StakeholderFacts]) -> ActivityFacts:
    last = NOW - _duration(rng)
    talks = tuple(
        ContactConversations(person.contact_id, rng.randrange(1, 7), last)
        for person in _sample(rng, tuple(people))
    )
    return ActivityFacts(last if talks else None, rng.randrange(9), talks)


def _transitions(rng: Random) -> tuple[TransitionFacts, ...]:
    """Return random transitions of the table, in order, the last one some time ago."""
    state = OpportunityState.LEAD
    transitions = []
    lasted = [_duration(rng) for _ in range(rng.randrange(7))]
    for place, span in enumerate(lasted):
        arrow = rng.choice(transitions_from(state))
        at = NOW - sum(lasted[place + 1 :], timedelta(days=1))
        transitions.append(TransitionFacts(arrow.trigger, state, arrow.target, at, int(span.total_seconds())))
        state = arrow.target
    return tuple(transitions)


def _sample(rng: Random, choices: Sequence[T]) -> tuple[T, ...]:
    return tuple(choice for choice in choices if rng.random() < 0.6)


def _duration(rng: Random) -> timedelta:
    return timedelta(days=rng.choice((1, 7, 14, 30, 90, MOST_DAYS)), seconds=rng.choice((0, 1)))


def _day(rng: Random) -> date | None:
    return rng.choice((None, TODAY + timedelta(days=rng.randrange(-9, 9))))


def _score(rng: Random) -> int:
    return rng.randrange(1, 6)


def _attributes(rng: Random) -> dict[str, object]:
    return {"x": rng.choice(("y", "z"))} if rng.random() < 0.5 else {}
