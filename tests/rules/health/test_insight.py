"""Insight: of every topic what makes it known, partly known, stale or unknown, and what is told to be missing."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.rules.deal_facts import ACCOUNT, ADA, DEFAULT, NOW, TODAY, assessed, deal, fear, fit_rule, person
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
from workflow.rules.opportunity.facts import StakeholderFacts
from workflow.rules.opportunity.milestones import missing_templates
from workflow.rules.opportunity.parts import (
    CompetitorFacts,
    DecisionStepFacts,
    MilestoneFacts,
    ObjectiveFacts,
    RiskReviewFacts,
    TransitionFacts,
)
from workflow.rules.process.document import ProcessDocument

Case = tuple[Mapping[str, Any], str, tuple[str, ...]]  # Any: facts of several kinds
G, R, S = Grade, BuyingRole, OpportunityState
KNOWN, PARTIAL, UNKNOWN, STALE = "KNOWN", "PARTIAL", "UNKNOWN", "STALE"
DAY = timedelta(days=1)
OLD = 91 * DAY
SINCE, LONG_AGO = date(2025, 6, 1), date(2021, 3, 9)
SIZE = fit_rule("employeeCount", FitOperator.GT, 100)
SOFT = replace(fit_rule("industry", FitOperator.EQ, "steel", Strength.SOFT), key="soft")
FITTING = replace(DEFAULT, fit_rules=(SIZE,))
SMALL, UNSURE = replace(ACCOUNT, employee_count=5), replace(ACCOUNT, employee_count=None)
DUE = MilestoneFacts(UUID(int=1), UUID(int=7), None, "They saw it", MilestoneSide.BUYER, 10, due=TODAY)
LATE = replace(DUE, due=TODAY - DAY)
LAID_OUT = tuple(replace(DUE, key=template.key) for template in missing_templates(DEFAULT, deal()))
PLAIN = replace(DEFAULT, milestones=())
REVIEWED, NONE_FOUND = RiskReviewFacts(NOW, ADA, False), RiskReviewFacts(NOW, ADA, True)


def look(topic: str, process: ProcessDocument = DEFAULT, /, **facts: object) -> InsightTopic:
    """What is known of a topic."""
    return next(found for found in evaluate_insight(process, deal(**facts), NOW).topics if found.topic == topic)


def says(grade: Grade, *, key: str, age: timedelta = DAY) -> dict[str, Any]:
    """The criterion answered."""
    return {"assessments": (assessed(key, grade, age=age),)}


def styled(style: BuyingStyle, *, left: bool = False, motivation: str | None = None) -> StakeholderFacts:
    """A champion who judges an offer by this."""
    return replace(person(R.CHAMPION, left=left), buying_style=style, motivation=motivation)


def rival(kind: CompetitorKind) -> CompetitorFacts:
    """Something that we are compared with."""
    return CompetitorFacts(UUID(int=30), UUID(int=7), kind, "Globex", CompetitorStanding.ACTIVE)


PAIN: list[Case] = [
    ({}, UNKNOWN, ("pain",)),
    (says(G.UNKNOWN, key="pain"), UNKNOWN, ("pain",)),
    (says(G.UNKNOWN, key="pain", age=OLD), UNKNOWN, ("pain",)),
    (says(G.IDENTIFIED, key="pain"), PARTIAL, ("pain",)),
    (says(G.DISPROVED, key="pain"), PARTIAL, ("pain",)),
    (says(G.VALIDATED, key="pain"), KNOWN, ()),
    (says(G.CONFIRMED, key="pain", age=90 * DAY), KNOWN, ()),
    *((says(grade, key="pain", age=OLD), STALE, ("pain",)) for grade in G if grade is not G.UNKNOWN),
]
SAYS = says(G.VALIDATED, key="interest")
INTEREST: list[Case] = [
    ({}, UNKNOWN, ("interest", "painSince")),
    (says(G.IDENTIFIED, key="interest"), UNKNOWN, ("interest", "painSince")),
    (says(G.DISPROVED, key="interest"), UNKNOWN, ("interest", "painSince")),
    (SAYS, PARTIAL, ("painSince",)),
    ({"pain_since": SINCE}, PARTIAL, ("interest",)),
    ({**says(G.UNKNOWN, key="interest", age=OLD), "pain_since": SINCE}, PARTIAL, ("interest",)),
    ({**says(G.IDENTIFIED, key="interest"), "pain_since": SINCE}, PARTIAL, ("interest",)),
    ({**says(G.DISPROVED, key="interest"), "pain_since": SINCE}, PARTIAL, ("interest",)),
    ({**SAYS, "pain_since": SINCE}, KNOWN, ()),
    ({**SAYS, "pain_since": LONG_AGO + DAY}, KNOWN, ()),
    ({**SAYS, "pain_since": LONG_AGO, "compelling_event": "The lease ends"}, KNOWN, ()),
    ({**SAYS, "pain_since": LONG_AGO}, STALE, ("compellingEvent",)),
    ({**SAYS, "pain_since": LONG_AGO, "compelling_event": " "}, STALE, ("compellingEvent",)),
    ({"pain_since": LONG_AGO}, STALE, ("interest", "compellingEvent")),
    ({**says(G.CONFIRMED, key="interest", age=OLD), "pain_since": SINCE}, STALE, ("interest",)),
]
FIT: list[Case] = [
    ({}, PARTIAL, ("fit",)),
    ({"account": SMALL}, UNKNOWN, ("fit", "employeeCount")),
    ({"account": UNSURE}, UNKNOWN, ("fit", "employeeCount")),
    (says(G.VALIDATED, key="fit"), KNOWN, ()),
    (says(G.DISPROVED, key="fit"), PARTIAL, ("fit",)),
    ({**says(G.IDENTIFIED, key="fit"), "account": SMALL}, UNKNOWN, ("fit", "employeeCount")),
    ({**says(G.CONFIRMED, key="fit"), "account": SMALL}, PARTIAL, ("employeeCount",)),
    ({**says(G.CONFIRMED, key="fit"), "account": UNSURE}, PARTIAL, ("employeeCount",)),
]
TEAM = (R.DECISION_MAKER, R.CHAMPION)
DECISION_TEAM: list[Case] = [
    ({}, UNKNOWN, ("roles", "roles")),
    ({"stakeholders": (person(R.OTHER), person(R.CHAMPION, left=True))}, UNKNOWN, ("roles", "roles")),
    ({"stakeholders": (person(R.CHAMPION),)}, PARTIAL, ("roles",)),
    ({"stakeholders": tuple(map(person, TEAM))}, KNOWN, ()),
    ({"stakeholders": (person(*TEAM),)}, KNOWN, ()),
]
BUYING_STYLE: list[Case] = [
    ({}, UNKNOWN, ("stakeholders",)),
    ({"stakeholders": (styled(BuyingStyle.FINANCIAL, left=True),)}, UNKNOWN, ("stakeholders",)),
    ({"stakeholders": (person(),)}, UNKNOWN, ("buyingStyle",)),
    ({"stakeholders": (person(), styled(BuyingStyle.TECHNICAL))}, PARTIAL, ("buyingStyle",)),
    ({"stakeholders": (person(left=True), styled(BuyingStyle.TECHNICAL))}, KNOWN, ()),
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
    ({"stakeholders": (person(),)}, UNKNOWN, ("motivationToChange",)),
    ({"stakeholders": (styled(BuyingStyle.UNKNOWN, left=True, motivation="Calm"),)}, UNKNOWN, ("motivationToChange",)),
    ({"stakeholders": (styled(BuyingStyle.UNKNOWN, motivation="Calm"),)}, PARTIAL, ("motivationToChange",)),
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
    ({"competitors": (rival(CompetitorKind.VENDOR),)}, PARTIAL, ("competitors.kind",)),
    ({"competitors": (rival(CompetitorKind.VENDOR), rival(CompetitorKind.STATUS_QUO))}, KNOWN, ()),
]
REOPENED = (TransitionFacts(Trigger.REOPEN, S.LOST, S.LEAD, NOW, 0),)
PERCEIVED_RISK: list[Case] = [
    ({}, UNKNOWN, ("riskReview",)),
    ({"risk_review": REVIEWED}, UNKNOWN, ("riskReview",)),
    ({"risk_review": NONE_FOUND, "first_time_buyer": True}, UNKNOWN, ("riskReview",)),
    ({"risk_review": NONE_FOUND, "steps": REOPENED}, UNKNOWN, ("riskReview",)),
    ({"risk_review": NONE_FOUND}, KNOWN, ()),
    ({"risks": (fear(1, 1),)}, PARTIAL, ("riskReview",)),
    ({"risks": (fear(1, 1, RiskStatus.CLOSED),)}, PARTIAL, ("riskReview",)),
    ({"risks": (fear(5, 5),)}, PARTIAL, ("riskReview", "mitigations")),
    ({"risks": (fear(2, 5), fear(5, 5, mitigated=True)), "risk_review": REVIEWED}, PARTIAL, ("mitigations",)),
    ({"risks": (fear(3, 3), fear(5, 5, mitigated=True)), "risk_review": REVIEWED}, KNOWN, ()),
]
UNDER_WAY = {"state": S.PROGRESSING}
PROGRESS: list[Case] = [
    ({}, UNKNOWN, ("milestones",)),
    (UNDER_WAY, UNKNOWN, ("milestones",)),
    ({"milestones": (DUE,)}, PARTIAL, ("milestones",)),
    ({**UNDER_WAY, "milestones": LAID_OUT}, KNOWN, ()),
    ({**UNDER_WAY, "milestones": (*LAID_OUT, LATE)}, PARTIAL, ("milestones",)),
    ({**UNDER_WAY, "milestones": [replace(LATE, key=one.key) for one in LAID_OUT]}, PARTIAL, ("milestones",) * 5),
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
    ("FIT", DEFAULT, says(G.IDENTIFIED, key="fit"), UNKNOWN, ("fit",)),
    ("FIT", DEFAULT, says(G.VALIDATED, key="fit"), KNOWN, ()),
    ("FIT", replace(DEFAULT, fit_rules=(SIZE, SOFT)), says(G.VALIDATED, key="fit"), PARTIAL, ("industry",)),
    (
        "DECISION_TEAM",
        replace(DEFAULT, required_roles=()),
        {"stakeholders": (person(*TEAM),)},
        UNKNOWN,
        ("requiredRoles",),
    ),
    ("PROGRESS", PLAIN, UNDER_WAY, UNKNOWN, ("milestones",)),
    ("PROGRESS", PLAIN, {**UNDER_WAY, "milestones": (DUE,)}, KNOWN, ()),
]


@pytest.mark.parametrize(("topic", "process", "facts", "status", "missing"), ROWS)
def test_a_topic_is_as_known_as_its_facts(
    topic: str, process: ProcessDocument, facts: Mapping[str, Any], status: str, missing: tuple[str, ...]
) -> None:
    found = look(topic, process, **facts)

    assert (found.status, tuple(lack.partition(": ")[0] for lack in found.missing)) == (status, missing)
    assert found.summary.endswith((".", "?", "again."))
    assert all(lack.partition(": ")[2] for lack in found.missing)
