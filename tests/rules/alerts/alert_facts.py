"""Facts of deals with alerts, and the severity of an alert."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from tests.support.rules.deal_facts import DEFAULT, NOW, TODAY, deal, stakeholder
from workflow.rules.alerts.alerts import StoredAlert, find_alerts
from workflow.rules.enums import (
    ActorKind,
    AlertCode,
    AlertSeverity,
    Attitude,
    Grade,
    Influence,
    MilestoneSide,
    OpportunityState,
    RiskCategory,
    RiskStatus,
    Trigger,
)
from workflow.rules.opportunity.facts import NextStep, OpportunityFacts
from workflow.rules.opportunity.parts import (
    Actor,
    AssessmentFacts,
    MilestoneFacts,
    OverrideFacts,
    RiskFacts,
    StakeholderFacts,
    TransitionFacts,
)
from workflow.rules.process.document import ProcessDocument

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
LEAD = OpportunityState.LEAD
QUALIFIED = OpportunityState.QUALIFIED
PROGRESSING = OpportunityState.PROGRESSING
ADVICE = AlertSeverity.ADVICE
WARNING = AlertSeverity.WARNING
CRITICAL = AlertSeverity.CRITICAL
ADA = Actor(ActorKind.MEMBER, "Ada")
A = AlertCode


def qualified(days: float, **changes: Any) -> OpportunityFacts:
    """Return a deal that left LEAD some days ago."""
    at = NOW - days * DAY
    step = TransitionFacts(Trigger.QUALIFY, LEAD, QUALIFIED, at, 0)
    return deal(
        **{"state": QUALIFIED, "state_since": at, "created_at": at - DAY, "transitions": (step,), **changes}
    )


def progressing(days: float, **changes: Any) -> OpportunityFacts:
    """Return a deal that left LEAD and QUALIFIED some days ago."""
    at = NOW - days * DAY
    transitions = (
        TransitionFacts(Trigger.QUALIFY, LEAD, QUALIFIED, at, 0),
        TransitionFacts(Trigger.PROGRESS, QUALIFIED, PROGRESSING, at, 0),
    )
    return deal(
        **{
            "state": PROGRESSING,
            "state_since": at,
            "created_at": at - DAY,
            "transitions": transitions,
            **changes,
        }
    )


def decision_maker(attitude: Attitude) -> StakeholderFacts:
    """Return a decisive stakeholder with an attitude."""
    return replace(stakeholder(), influence=Influence.DECISIVE, attitude=attitude)


def risk(likelihood: int, impact: int, days: float, **changes: Any) -> RiskFacts:
    """Return a risk that was raised some days ago."""
    about = (
        UUID(int=9),
        UUID(int=7),
        RiskCategory.TIME,
        "It takes a year",
        likelihood,
        impact,
        RiskStatus.SUSPECTED,
    )
    return replace(RiskFacts(*about, NOW - days * DAY), **changes)


def milestone(due: date | None, **changes: Any) -> MilestoneFacts:
    """Return a milestone with a due date."""
    return replace(
        MilestoneFacts(UUID(int=5), UUID(int=7), None, "They saw it", MilestoneSide.BUYER, 5, due=due),
        **changes,
    )


def assessment_days_ago(criterion: str, grade: Grade, days: float) -> AssessmentFacts:
    """Return an assessment that was made some days ago."""
    return AssessmentFacts(UUID(int=3), criterion, grade, "They said so", None, None, NOW - days * DAY, ADA)


def override(expires: timedelta | None) -> OverrideFacts:
    """Return an override that expires after a time."""
    at = NOW - 9 * DAY
    about = (
        UUID(int=1),
        UUID(int=2),
        Trigger.QUALIFY,
        ("stakeholders",),
        "It is urgent for them",
        ADA,
        at,
        QUALIFIED,
    )
    return OverrideFacts(*about, expires_at=None if expires is None else NOW + expires)


def next_step(days: int | None) -> NextStep:
    """Return a next step some days ahead."""
    return NextStep("Call them", None if days is None else TODAY + days * DAY)


def severity(
    code: AlertCode,
    facts: OpportunityFacts,
    process: ProcessDocument = DEFAULT,
    stored: tuple[StoredAlert, ...] = (),
) -> AlertSeverity | None:
    """Return the severity of the alert with a code, None if there is no alert."""
    found = [one for one in find_alerts(process, facts, NOW, stored) if one.code is code]
    assert len(found) <= 1, found
    assert all(len(one.message.split()) > 4 and one.remedy for one in found)
    return found[0].severity if found else None
