"""Insight: twelve topics of a deal, how much of each is known, and what is missing still."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from workflow.rules.enums import (
    BuyingStyle,
    CompetitorKind,
    CriterionKind,
    FitStatus,
    Grade,
    InsightTopicName,
    KnowledgeStatus,
    OpportunityField,
)
from workflow.rules.gates.requirements import Case
from workflow.rules.health.at_close import standing
from workflow.rules.health.insight_text import SENTENCES, WANTED
from workflow.rules.money import half_up
from workflow.rules.opportunity import qualification
from workflow.rules.opportunity.buyer import role_coverage
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.fields import field_finding
from workflow.rules.opportunity.milestones import overdue, to_lay_out
from workflow.rules.opportunity.risks import not_reviewed, unmitigated
from workflow.rules.process.document import ProcessDocument

WORTH = {
    KnowledgeStatus.KNOWN: 100,
    KnowledgeStatus.PARTIAL: 50,
    KnowledgeStatus.STALE: 25,
    KnowledgeStatus.UNKNOWN: 0,
}
DOUBTFUL_YEARS = 5


@dataclass(frozen=True, slots=True)
class InsightTopic:
    """What is known of one topic, as a salesperson reads it; what is missing by the API's names of the facts."""

    topic: InsightTopicName
    status: KnowledgeStatus
    summary: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insight:
    """The wide-angle view: what is known, what is not, what went stale."""

    topics: tuple[InsightTopic, ...]

    @property
    def completeness_percent(self) -> int:
        """What the topics are worth, on average."""
        return half_up(Decimal(sum(WORTH[topic.status] for topic in self.topics)) / len(self.topics))


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a topic found: whether anything is known, what is missing, what went stale, and what else to say of it."""

    anything: bool
    missing: tuple[str, ...]
    stale: bool = False
    said: str | None = None

    @property
    def status(self) -> KnowledgeStatus:
        """What went stale is not known; and where there is nothing, nothing is known, though nothing be missing."""
        if self.stale:
            return KnowledgeStatus.STALE
        if not self.anything:
            return KnowledgeStatus.UNKNOWN
        return KnowledgeStatus.PARTIAL if self.missing else KnowledgeStatus.KNOWN


def insight(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> Insight:
    """Every topic of a deal at that instant; of a closed one, as at its close."""
    case = standing(process, facts, now)
    return Insight(tuple(_topic(name, look(case)) for name, look in LOOKS.items()))


def doubtful(facts: OpportunityFacts, now: datetime) -> bool:
    """The buyer has lived with the pain for over five years, and no event makes a date matter: is the interest real?"""
    since, today = facts.pain_since, facts.today(now)
    if since is None or _known(OpportunityField.COMPELLING_EVENT, facts, now):
        return False
    return (since.year + DOUBTFUL_YEARS, since.month, since.day) < (today.year, today.month, today.day)


def _topic(name: InsightTopicName, look: Look) -> InsightTopic:
    return InsightTopic(name, look.status, look.said or SENTENCES[name][look.status], look.missing)


def _pain(case: Case) -> Look:
    answer = _answer(case, CriterionKind.PAIN)
    return Look(answer.grade is not Grade.UNKNOWN, answer.missing, stale=answer.stale, said=answer.disproof)


def _interest(case: Case) -> Look:
    answer, doubt = _answer(case, CriterionKind.INTEREST), doubtful(case.facts, case.now)
    since = () if case.facts.pain_since else (_wanted("painSince"),)
    said = "The pain is over five years old, and no event makes a date matter: is the interest real?" if doubt else None
    missing = (*answer.missing, *since, *((_wanted("compellingEvent"),) if doubt else ()))
    return Look(not (answer.missing and since), missing, stale=answer.stale or doubt, said=said or answer.disproof)


def _fit(case: Case) -> Look:
    answer, rules = _answer(case, CriterionKind.FIT), qualification.fit_results(case.process, case.facts.account)
    failing = tuple(found for found in rules if found.status is not FitStatus.PASS)
    lacks = tuple(f"{found.rule.attribute}: {found.explanation}" for found in failing)
    anything = not answer.missing or (bool(rules) and not failing)
    return Look(anything, (*answer.missing, *lacks), stale=answer.stale, said=answer.disproof)


def _decision_team(case: Case) -> Look:
    roles = role_coverage(case.process, case.facts)
    if not roles:
        return Look(False, (_wanted("requiredRoles"),))
    open_ = [role for role in roles if not role.met]
    lacks = [f"{' or '.join(role.any_of)}, {len(role.filled_by)} of {role.minimum}" for role in open_]
    met = len(roles) - len(open_)
    said = f"{met} of the {len(roles)} roles that every deal needs are filled." if met and open_ else None
    return Look(met > 0, tuple(f"roles: {lack}" for lack in lacks), said=said)


def _buying_style(case: Case) -> Look:
    present = case.facts.present_stakeholders()
    if not present:
        return Look(False, (_wanted("stakeholders"),))
    unread = [person for person in present if person.buying_style is BuyingStyle.UNKNOWN]
    lacks = tuple(f"buyingStyle: what {person.contact_name} judges an offer by" for person in unread)
    return Look(len(unread) < len(present), lacks)


def _buying_process(case: Case) -> Look:
    purchase = _lacks(OpportunityField.PURCHASE_PROCESS, "purchaseProcess", case)
    steps = () if case.facts.decision_steps else (_wanted("decisionSteps"),)
    return Look(not (purchase and steps), (*purchase, *steps))


def _motivation(case: Case) -> Look:
    told = bool((case.facts.motivation_to_change or "").strip())
    people = any((person.motivation or "").strip() for person in case.facts.present_stakeholders())
    return Look(told or people, () if told else (_wanted("motivationToChange"),))


def _objectives(case: Case) -> Look:
    none = _lacks(OpportunityField.OBJECTIVES, "objectives", case)
    measured = any((goal.metric or "").strip() for goal in case.facts.objectives)
    return Look(not none, none or (() if measured else (_wanted("objectives.metric"),)))


def _time_schedule(case: Case) -> Look:
    day = _lacks(OpportunityField.DECISION_DATE, "decisionDate", case)
    event = _lacks(OpportunityField.COMPELLING_EVENT, "compellingEvent", case)
    return Look(not (day and event), (*day, *event))


def _competition(case: Case) -> Look:
    none = _lacks(OpportunityField.COMPETITORS, "competitors", case)
    idle = any(rival.kind is CompetitorKind.STATUS_QUO for rival in case.facts.competitors)
    return Look(not none, none or (() if idle else (_wanted("competitors.kind"),)))


def _perceived_risk(case: Case) -> Look:
    lack, bare = not_reviewed(case.facts), unmitigated(case.facts)
    unseen = () if lack is None else (f"riskReview: {lack.sentence}",)
    lacks = tuple(f"mitigations: what is done about “{risk.statement}”" for risk in bare)
    return Look(not unseen or bool(case.facts.risks), (*unseen, *lacks))


def _progress(case: Case) -> Look:
    steps = case.facts.milestones
    late = tuple(step for step in steps if overdue(step, case.facts, case.now))
    waiting = not steps or to_lay_out(case.process, case.facts)
    lacks = tuple(f"milestones: “{step.name}” was due on {step.due}" for step in late)
    return Look(bool(steps), (*((_wanted("milestones"),) if waiting else ()), *lacks))


@dataclass(frozen=True, slots=True)
class Answer:
    """What counts of a criterion; `missing` is empty where the buyer has validated it lately, as a gate would ask."""

    grade: Grade
    missing: tuple[str, ...] = ()
    stale: bool = False
    disproof: str | None = None


def _answer(case: Case, kind: CriterionKind) -> Answer:
    criterion = next((criterion for criterion in case.process.criteria if criterion.kind is kind), None)
    found = qualification.latest(case.facts, criterion.key) if criterion else None
    if criterion is None or found is None or found.grade is Grade.UNKNOWN:
        return Answer(Grade.UNKNOWN, (f"{criterion.key if criterion else kind.lower()}: {WANTED['criterion']}",))
    if qualification.stale(criterion, found, case.now):
        days = criterion.stale_after_days
        return Answer(
            found.grade, (f"{criterion.key}: a fresh answer, for the last is over {days} days old",), stale=True
        )
    if found.grade is Grade.DISPROVED:
        disproof = f"{criterion.label}: this is disproved. Find out whether it is really so, or disqualify the deal."
        return Answer(found.grade, (f"{criterion.key}: {WANTED['criterion']}",), disproof=disproof)
    good = qualification.reaches(found.grade, Grade.VALIDATED)
    return Answer(found.grade, () if good else (f"{criterion.key}: {WANTED['criterion']}",))


def _known(field: OpportunityField, facts: OpportunityFacts, now: datetime) -> bool:
    return field_finding(field, facts, facts.today(now))[0]


def _lacks(field: OpportunityField, name: str, case: Case) -> tuple[str, ...]:
    """What a gate would find missing in the field."""
    return () if _known(field, case.facts, case.now) else (_wanted(name),)


def _wanted(name: str) -> str:
    return f"{name}: {WANTED[name]}"


LOOKS: Mapping[InsightTopicName, Callable[[Case], Look]] = {
    InsightTopicName.PAIN: _pain,
    InsightTopicName.INTEREST: _interest,
    InsightTopicName.FIT: _fit,
    InsightTopicName.DECISION_TEAM: _decision_team,
    InsightTopicName.BUYING_STYLE: _buying_style,
    InsightTopicName.BUYING_PROCESS: _buying_process,
    InsightTopicName.MOTIVATION: _motivation,
    InsightTopicName.OBJECTIVES: _objectives,
    InsightTopicName.TIME_SCHEDULE: _time_schedule,
    InsightTopicName.COMPETITION: _competition,
    InsightTopicName.PERCEIVED_RISK: _perceived_risk,
    InsightTopicName.PROGRESS: _progress,
}
