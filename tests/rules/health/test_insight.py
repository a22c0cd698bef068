"""Insight: the status of every topic by its facts, and the missing facts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.rules.deal_facts import (
    ACCOUNT,
    ADA,
    DEFAULT,
    NOW,
    TODAY,
    assessment,
    deal,
    fit_rule,
    risk,
    stakeholder,
)
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
    Strength,
    Trigger,
)
from workflow.rules.health.insight import InsightTopic, evaluate_insight
from workflow.rules.opportunity.milestones import missing_templates
from workflow.rules.opportunity.parts import (
    CompetitorFacts,
    DecisionStepFacts,
    MilestoneFacts,
    ObjectiveFacts,
    RiskReviewFacts,
    StakeholderFacts,
    TransitionFacts,
)
from workflow.rules.process.document import ProcessDocument

Case = tuple[Mapping[str, Any], str, tuple[str, ...]]  # Any: facts of several kinds
G = Grade
R = BuyingRole
S = OpportunityState
KNOWN = "KNOWN"
PARTIAL = "PARTIAL"
UNKNOWN = "UNKNOWN"
STALE = "STALE"
DAY = timedelta(days=1)
OLD = 91 * DAY
SINCE = date(2025, 6, 1)
LONG_AGO = date(2021, 3, 9)
SIZE = fit_rule("employeeCount", FitOperator.GT, 100)
SOFT = replace(fit_rule("industry", FitOperator.EQ, "steel", Strength.SOFT), key="soft")
FITTING = replace(DEFAULT, fit_rules=(SIZE,))
SMALL = replace(ACCOUNT, employee_count=5)
UNSURE = replace(ACCOUNT, employee_count=None)
DUE = MilestoneFacts(UUID(int=1), UUID(int=7), None, "They saw it", MilestoneSide.BUYER, 10, due=TODAY)
LATE = replace(DUE, due=TODAY - DAY)
LAID_OUT = tuple(replace(DUE, key=template.key) for template in missing_templates(DEFAULT, deal()))
PLAIN = replace(DEFAULT, milestones=())
REVIEWED = RiskReviewFacts(NOW, ADA, False)
NONE_FOUND = RiskReviewFacts(NOW, ADA, True)


def topic_of(topic: str, process: ProcessDocument = DEFAULT, /, **facts: object) -> InsightTopic:
    """Return the insight about a topic."""
    return next(
        found for found in evaluate_insight(process, deal(**facts), NOW).topics if found.topic == topic
    )


def answered(grade: Grade, *, key: str, age: timedelta = DAY) -> dict[str, Any]:
    """Return facts with an assessment of the criterion."""
    return {"assessments": (assessment(key, grade, age=age),)}


def champion_with_style(
    style: BuyingStyle, *, left: bool = False, motivation: str | None = None
) -> StakeholderFacts:
    """Return a champion with a buying style."""
    return replace(stakeholder(R.CHAMPION, left=left), buying_style=style, motivation=motivation)


def competitor(kind: CompetitorKind) -> CompetitorFacts:
    """Return a competitor of a kind."""
    return CompetitorFacts(UUID(int=30), UUID(int=7), kind, "Globex", CompetitorStanding.ACTIVE)


PAIN: list[Case] = [
    ({}, UNKNOWN, ("pain",)),
    (answered(G.UNKNOWN, key="pain"), UNKNOWN, ("pain",)),
    (answered(G.UNKNOWN, key="pain", age=OLD), UNKNOWN, ("pain",)),
    (answered(G.IDENTIFIED, key="pain"), PARTIAL, ("pain",)),
    (answered(G.DISPROVED, key="pain"), PARTIAL, ("pain",)),
    (answered(G.VALIDATED, key="pain"), KNOWN, ()),
    (answered(G.CONFIRMED, key="pain", age=90 * DAY), KNOWN, ()),
    *((answered(grade, key="pain", age=OLD), STALE, ("pain",)) for grade in G if grade is not G.UNKNOWN),
]
SAYS = answered(G.VALIDATED, key="interest")
INTEREST: list[Case] = [
    ({}, UNKNOWN, ("interest", "painSince")),
    (answered(G.IDENTIFIED, key="interest"), UNKNOWN, ("interest", "painSince")),
    (answered(G.DISPROVED, key="interest"), UNKNOWN, ("interest", "painSince")),
    (SAYS, PARTIAL, ("painSince",)),
    ({"pain_since": SINCE}, PARTIAL, ("interest",)),
    ({**answered(G.UNKNOWN, key="interest", age=OLD), "pain_since": SINCE}, PARTIAL, ("interest",)),
    ({**answered(G.IDENTIFIED, key="interest"), "pain_since": SINCE}, PARTIAL, ("interest",)),
    ({**answered(G.DISPROVED, key="interest"), "pain_since": SINCE}, PARTIAL, ("interest",)),
    ({**SAYS, "pain_since": SINCE}, KNOWN, ()),
    ({**SAYS, "pain_since": LONG_AGO + DAY}, KNOWN, ()),
    ({**SAYS, "pain_since": LONG_AGO, "compelling_event": "The lease ends"}, KNOWN, ()),
    ({**SAYS, "pain_since": LONG_AGO}, STALE, ("compellingEvent",)),
    ({**SAYS, "pain_since": LONG_AGO, "compelling_event": " "}, STALE, ("compellingEvent",)),
    ({"pain_since": LONG_AGO}, STALE, ("interest", "compellingEvent")),
    ({**answered(G.CONFIRMED, key="interest", age=OLD), "pain_since": SINCE}, STALE, ("interest",)),
]
FIT: list[Case] = [
    ({}, PARTIAL, ("fit",)),
    ({"account": SMALL}, UNKNOWN, ("fit", "employeeCount")),
    ({"account": UNSURE}, UNKNOWN, ("fit", "employeeCount")),
    (answered(G.VALIDATED, key="fit"), KNOWN, ()),
    (answered(G.DISPROVED, key="fit"), PARTIAL, ("fit",)),
    ({**answered(G.IDENTIFIED, key="fit"), "account": SMALL}, UNKNOWN, ("fit", "employeeCount")),
    ({**answered(G.CONFIRMED, key="fit"), "account": SMALL}, PARTIAL, ("employeeCount",)),
    ({**answered(G.CONFIRMED, key="fit"), "account": UNSURE}, PARTIAL, ("employeeCount",)),
]
TEAM = (R.DECISION_MAKER, R.CHAMPION)
DECISION_TEAM: list[Case] = [
    ({}, UNKNOWN, ("roles", "roles")),
    (
        {"stakeholders": (stakeholder(R.OTHER), stakeholder(R.CHAMPION, left=True))},
        UNKNOWN,
        ("roles", "roles"),
    ),
    ({"stakeholders": (stakeholder(R.CHAMPION),)}, PARTIAL, ("roles",)),
    ({"stakeholders": tuple(map(stakeholder, TEAM))}, KNOWN, ()),
    ({"stakeholders": (stakeholder(*TEAM),)}, KNOWN, ()),
]
BUYING_STYLE: list[Case] = [
    ({}, UNKNOWN, ("stakeholders",)),
    ({"stakeholders": (champion_with_style(BuyingStyle.FINANCIAL, left=True),)}, UNKNOWN, ("stakeholders",)),
    ({"stakeholders": (stakeholder(),)}, UNKNOWN, ("buyingStyle",)),
    (
        {"stakeholders": (stakeholder(), champion_with_style(BuyingStyle.TECHNICAL))},
        PARTIAL,
        ("buyingStyle",),
    ),
    ({"stakeholders": (stakeholder(left=True), champion_with_style(BuyingStyle.TECHNICAL))}, KNOWN, ()),
]
STEP = (DecisionStepFacts("The board meets"),)
BUYING_PROCESS: list[Case] = [
    ({}, UNKNOWN, ("purchaseProcess", "decisionSteps")),
    ({"purchase_process": PurchaseProcess.TENDER}, PARTIAL, ("decisionSteps",)),
    ({"decision_steps": STEP}, PARTIAL, ("purchaseProcess",)),
    ({"purchase_process": PurchaseProcess.TENDER, "decision_steps": STEP}, KNOWN, ()),
]
MOTIVATION: list[Case] = [
    ({}, UNKNOWN, ("motivationToChange",)),
    ({"motivation_to_change": " "}, UNKNOWN, ("motivationToChange",)),
    ({"stakeholders": (stakeholder(),)}, UNKNOWN, ("motivationToChange",)),
    (
        {"stakeholders": (champion_with_style(BuyingStyle.UNKNOWN, left=True, motivation="Calm"),)},
        UNKNOWN,
        ("motivationToChange",),
    ),
    (
        {"stakeholders": (champion_with_style(BuyingStyle.UNKNOWN, motivation="Calm"),)},
        PARTIAL,
        ("motivationToChange",),
    ),
    ({"motivation_to_change": "They lose customers"}, KNOWN, ()),
]
OBJECTIVES: list[Case] = [
    ({}, UNKNOWN, ("objectives",)),
    ({"objectives": (ObjectiveFacts("Fewer stops"),)}, PARTIAL, ("objectives.metric",)),
    ({"objectives": (ObjectiveFacts("Fewer stops", " "),)}, PARTIAL, ("objectives.metric",)),
    ({"objectives": (ObjectiveFacts("Calm"), ObjectiveFacts("Fewer stops", "Stops a week"))}, KNOWN, ()),
]
TIME_SCHEDULE: list[Case] = [
    ({}, UNKNOWN, ("decisionDate", "compellingEvent")),
    ({"decision_date": TODAY}, PARTIAL, ("compellingEvent",)),
    ({"compelling_event": "The lease ends"}, PARTIAL, ("decisionDate",)),
    ({"decision_date": TODAY, "compelling_event": "The lease ends"}, KNOWN, ()),
]
COMPETITION: list[Case] = [
    ({}, UNKNOWN, ("competitors",)),
    ({"competitors": (competitor(CompetitorKind.VENDOR),)}, PARTIAL, ("competitors.kind",)),
    ({"competitors": (competitor(CompetitorKind.VENDOR), competitor(CompetitorKind.STATUS_QUO))}, KNOWN, ()),
]
REOPENED = (TransitionFacts(Trigger.REOPEN, S.LOST, S.LEAD, NOW, 0),)
PERCEIVED_RISK: list[Case] = [
    ({}, UNKNOWN, ("riskReview",)),
    ({"risk_review": REVIEWED}, UNKNOWN, ("riskReview",)),
    ({"risk_review": NONE_FOUND, "first_time_buyer": True}, UNKNOWN, ("riskReview",)),
    ({"risk_review": NONE_FOUND, "transitions": REOPENED}, UNKNOWN, ("riskReview",)),
    ({"risk_review": NONE_FOUND}, KNOWN, ()),
    ({"risks": (risk(1, 1),)}, PARTIAL, ("riskReview",)),
    ({"risks": (risk(1, 1, RiskStatus.CLOSED),)}, PARTIAL, ("riskReview",)),
    ({"risks": (risk(5, 5),)}, PARTIAL, ("riskReview", "mitigations")),
    ({"risks": (risk(2, 5), risk(5, 5, mitigated=True)), "risk_review": REVIEWED}, PARTIAL, ("mitigations",)),
    ({"risks": (risk(3, 3), risk(5, 5, mitigated=True)), "risk_review": REVIEWED}, KNOWN, ()),
]
UNDER_WAY = {"state": S.PROGRESSING}
PROGRESS: list[Case] = [
    ({}, UNKNOWN, ("milestones",)),
    (UNDER_WAY, UNKNOWN, ("milestones",)),
    ({"milestones": (DUE,)}, PARTIAL, ("milestones",)),
    ({**UNDER_WAY, "milestones": LAID_OUT}, KNOWN, ()),
    ({**UNDER_WAY, "milestones": (*LAID_OUT, LATE)}, PARTIAL, ("milestones",)),
    (
        {**UNDER_WAY, "milestones": [replace(LATE, key=one.key) for one in LAID_OUT]},
        PARTIAL,
        ("milestones",) * 5,
    ),
    ({**UNDER_WAY, "milestones": (*LAID_OUT, replace(LATE, status=MilestoneStatus.DONE))}, KNOWN, ()),
    ({"state": S.QUALIFIED, "milestones": (*LAID_OUT, LATE)}, KNOWN, ()),
]
TOPICS: Mapping[str, list[Case]] = {
    "PAIN": PAIN,
    "INTEREST": INTEREST,
    "DECISION_TEAM": DECISION_TEAM,
    "BUYING_STYLE": BUYING_STYLE,
    "BUYING_PROCESS": BUYING_PROCESS,
    "MOTIVATION": MOTIVATION,
    "OBJECTIVES": OBJECTIVES,
    "TIME_SCHEDULE": TIME_SCHEDULE,
    "COMPETITION": COMPETITION,
    "PERCEIVED_RISK": PERCEIVED_RISK,
    "PROGRESS": PROGRESS,
}
ROWS = [(name, DEFAULT, *case) for name, cases in TOPICS.items() for case in cases]
ROWS += [("FIT", FITTING, *case) for case in FIT]
ROWS += [
    ("FIT", DEFAULT, {}, UNKNOWN, ("fit",)),
    ("FIT", DEFAULT, answered(G.IDENTIFIED, key="fit"), UNKNOWN, ("fit",)),
    ("FIT", DEFAULT, answered(G.VALIDATED, key="fit"), KNOWN, ()),
    (
        "FIT",
        replace(DEFAULT, fit_rules=(SIZE, SOFT)),
        answered(G.VALIDATED, key="fit"),
        PARTIAL,
        ("industry",),
    ),
    (
        "DECISION_TEAM",
        replace(DEFAULT, required_roles=()),
        {"stakeholders": (stakeholder(*TEAM),)},
        UNKNOWN,
        ("requiredRoles",),
    ),
    ("PROGRESS", PLAIN, UNDER_WAY, UNKNOWN, ("milestones",)),
    ("PROGRESS", PLAIN, {**UNDER_WAY, "milestones": (DUE,)}, KNOWN, ()),
]


@pytest.mark.parametrize(("topic", "process", "facts", "status", "missing"), ROWS)
def test_the_status_of_a_topic_follows_its_facts(
    topic: str, process: ProcessDocument, facts: Mapping[str, Any], status: str, missing: tuple[str, ...]
) -> None:
    found = topic_of(topic, process, **facts)

    assert (found.status, tuple(lack.partition(": ")[0] for lack in found.missing)) == (status, missing)
    assert found.summary.endswith((".", "?", "again."))
    assert all(lack.partition(": ")[2] for lack in found.missing)
