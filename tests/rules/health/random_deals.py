"""Random deals on random processes for properties of rules: anything that a database could hold."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from tests.support.rules.deal_facts import ACCOUNT, ADA, DEFAULT, NOW, TODAY, assessed, deal, fear, fit_rule
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
from workflow.rules.opportunity.facts import OpportunityFacts, StakeholderFacts
from workflow.rules.opportunity.parts import (
    ActivityFacts,
    CompetitorFacts,
    ContactConversations,
    DecisionStepFacts,
    MilestoneFacts,
    ObjectiveFacts,
    RiskReviewFacts,
    TransitionFacts,
)
from workflow.rules.process.document import ProcessDocument, RequiredRole

T = TypeVar("T")
ROLES = (BuyingRole.DECISION_MAKER, BuyingRole.APPROVER, BuyingRole.CHAMPION, BuyingRole.OTHER)
WORDS = (None, "", "  ", "Their lease ends in June")
MOST_DAYS = 120


def random_case(seed: int) -> tuple[ProcessDocument, OpportunityFacts]:
    """The process and the deal that a seed stands for, to be judged at NOW."""
    chance = Random(seed)
    return _process(chance), _deal(chance)


def _process(chance: Random) -> ProcessDocument:
    rules = (fit_rule("employeeCount", FitOperator.GT, chance.choice((100, 1000))), fit_rule("x", FitOperator.EQ, "y"))
    roles = tuple(RequiredRole((role,), chance.choice((1, 1, 2))) for role in _some(chance, ROLES[:3]))
    states = tuple(replace(one, expected_days=chance.choice((None, 1, 14, 90))) for one in DEFAULT.states)
    return replace(
        DEFAULT,
        fit_rules=_some(chance, rules),
        required_roles=roles,
        states=states,
        milestones=chance.choice(((), DEFAULT.milestones)),
    )


def _deal(chance: Random) -> OpportunityFacts:
    people = tuple(_person(chance, place) for place in range(chance.randrange(5)))
    steps = _life(chance)
    return deal(
        state=steps[-1].target if steps else OpportunityState.LEAD,
        state_since=steps[-1].at if steps else NOW - _span(chance),
        steps=steps,
        push_count=chance.choice((0, 0, 1, 2, 3, 9)),
        stakeholders=people,
        activity=_activity(chance, people),
        assessments=tuple(
            assessed(one.key, chance.choice(tuple(Grade)), age=_span(chance)) for one in _some(chance, DEFAULT.criteria)
        ),
        pain_since=chance.choice((None, date(2025, 1, 1), date(2015, 1, 1))),
        account=replace(ACCOUNT, employee_count=chance.choice((None, 5, 500, 5000)), attributes=_attributes(chance)),
        **_buyer(chance),
        **_ahead(chance),
    )


def _buyer(chance: Random) -> dict[str, Any]:
    kinds = _some(chance, tuple(CompetitorKind))
    rivals = [CompetitorFacts(UUID(int=30), UUID(int=7), kind, kind, CompetitorStanding.ACTIVE) for kind in kinds]
    return {
        "purchase_process": chance.choice(tuple(PurchaseProcess)),
        "decision_date": _day(chance),
        "compelling_event": chance.choice(WORDS),
        "motivation_to_change": chance.choice(WORDS),
        "first_time_buyer": chance.choice((None, False, True)),
        "prior_attempt_failed": chance.choice((None, False, True)),
        "decision_steps": _some(chance, (DecisionStepFacts("The board meets"),)),
        "objectives": _some(chance, (ObjectiveFacts("Fewer stops", chance.choice(WORDS)), ObjectiveFacts("Calm"))),
        "competitors": tuple(rivals),
    }


def _ahead(chance: Random) -> dict[str, Any]:
    """Risks and milestones."""
    statuses = [chance.choice(tuple(RiskStatus)) for _ in range(chance.randrange(3))]
    risks = [fear(_score(chance), _score(chance), one, mitigated=chance.random() < 0.5) for one in statuses]
    at, none_found = NOW - timedelta(days=chance.randrange(6)), chance.random() < 0.5
    return {
        "risks": tuple(risks),
        "risk_review": chance.choice((None, RiskReviewFacts(at, ADA, none_found))),
        "milestones": tuple(_milestone(chance, key) for key in _some(chance, (None, *_KEYS))),
    }


_KEYS = tuple(template.key for template in DEFAULT.milestones)


def _milestone(chance: Random, key: str | None) -> MilestoneFacts:
    status = chance.choice(tuple(MilestoneStatus))
    return MilestoneFacts(UUID(int=40), UUID(int=7), key, "They saw it", MilestoneSide.BUYER, 5, status, _day(chance))


def _person(chance: Random, place: int) -> StakeholderFacts:
    return StakeholderFacts(
        id=UUID(int=50 + place),
        opportunity_id=UUID(int=7),
        contact_id=UUID(int=60 + place),
        contact_name="Grace",
        roles=_some(chance, ROLES),
        buying_style=chance.choice(tuple(BuyingStyle)),
        motivation=chance.choice(WORDS),
        left=chance.random() < 0.2,
    )


def _activity(chance: Random, people: Sequence[StakeholderFacts]) -> ActivityFacts:
    last = NOW - _span(chance)
    talks = tuple(
        ContactConversations(person.contact_id, chance.randrange(1, 7), last) for person in _some(chance, tuple(people))
    )
    return ActivityFacts(last if talks else None, chance.randrange(9), talks)


def _life(chance: Random) -> tuple[TransitionFacts, ...]:
    """Arrows of the table one after another, the last of them some time ago."""
    state, steps, lasted = OpportunityState.LEAD, [], [_span(chance) for _ in range(chance.randrange(7))]
    for place, span in enumerate(lasted):
        arrow = chance.choice(transitions_from(state))
        at = NOW - sum(lasted[place + 1 :], timedelta(days=1))
        steps.append(TransitionFacts(arrow.trigger, state, arrow.target, at, int(span.total_seconds())))
        state = arrow.target
    return tuple(steps)


def _some(chance: Random, choices: Sequence[T]) -> tuple[T, ...]:
    return tuple(choice for choice in choices if chance.random() < 0.6)


def _span(chance: Random) -> timedelta:
    return timedelta(days=chance.choice((1, 7, 14, 30, 90, MOST_DAYS)), seconds=chance.choice((0, 1)))


def _day(chance: Random) -> date | None:
    return chance.choice((None, TODAY + timedelta(days=chance.randrange(-9, 9))))


def _score(chance: Random) -> int:
    return chance.randrange(1, 6)


def _attributes(chance: Random) -> dict[str, object]:
    return {"x": chance.choice(("y", "z"))} if chance.random() < 0.5 else {}
