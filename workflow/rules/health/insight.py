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
from workflow.rules.gates.requirements import RuleContext
from workflow.rules.health.at_close import evaluation_context
from workflow.rules.health.insight_text import MISSING_TEXTS, SUMMARIES
from workflow.rules.money import round_half_up
from workflow.rules.opportunity.buyer import role_coverage
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.fields import check_field
from workflow.rules.opportunity.fit import fit_results
from workflow.rules.opportunity.milestones import is_overdue, missing_templates
from workflow.rules.opportunity.qualification import grade_reaches, is_stale, latest_assessment
from workflow.rules.opportunity.risks import missing_review, unmitigated_risks
from workflow.rules.process.document import ProcessDocument

STATUS_PERCENT = {
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
        return round_half_up(Decimal(sum(STATUS_PERCENT[topic.status] for topic in self.topics)) / len(self.topics))


@dataclass(frozen=True, slots=True)
class TopicFinding:
    """What a look at a topic found: whether anything is known, what is missing, what went stale, and what else to say of it."""

    has_any: bool
    missing: tuple[str, ...]
    stale: bool = False
    summary: str | None = None

    @property
    def status(self) -> KnowledgeStatus:
        """What went stale is not known; and where there is nothing, nothing is known, though nothing be missing."""
        if self.stale:
            return KnowledgeStatus.STALE
        if not self.has_any:
            return KnowledgeStatus.UNKNOWN
        return KnowledgeStatus.PARTIAL if self.missing else KnowledgeStatus.KNOWN


def evaluate_insight(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> Insight:
    """Every topic of a deal at that instant; of a closed one, as at its close."""
    context = evaluation_context(process, facts, now)
    return Insight(tuple(_topic(name, evaluate(context)) for name, evaluate in TOPIC_EVALUATORS.items()))


def is_interest_doubtful(facts: OpportunityFacts, now: datetime) -> bool:
    """The buyer has lived with the pain for over five years, and no event makes a date matter: is the interest real?"""
    since, today = facts.pain_since, facts.today(now)
    if since is None or _is_known(OpportunityField.COMPELLING_EVENT, facts, now):
        return False
    return (since.year + DOUBTFUL_YEARS, since.month, since.day) < (today.year, today.month, today.day)


def _topic(name: InsightTopicName, finding: TopicFinding) -> InsightTopic:
    return InsightTopic(name, finding.status, finding.summary or SUMMARIES[name][finding.status], finding.missing)


def _pain(context: RuleContext) -> TopicFinding:
    finding = _criterion_finding(context, CriterionKind.PAIN)
    return TopicFinding(
        finding.grade is not Grade.UNKNOWN, finding.missing, stale=finding.stale, summary=finding.disproof
    )


def _interest(context: RuleContext) -> TopicFinding:
    finding, doubt = (
        _criterion_finding(context, CriterionKind.INTEREST),
        is_interest_doubtful(context.facts, context.now),
    )
    since = () if context.facts.pain_since else (_missing("painSince"),)
    summary = (
        "The pain is over five years old, and no event makes a date matter: is the interest real?" if doubt else None
    )
    missing = (*finding.missing, *since, *((_missing("compellingEvent"),) if doubt else ()))
    return TopicFinding(
        not (finding.missing and since), missing, stale=finding.stale or doubt, summary=summary or finding.disproof
    )


def _fit(context: RuleContext) -> TopicFinding:
    finding, rules = (
        _criterion_finding(context, CriterionKind.FIT),
        fit_results(context.process, context.facts.account),
    )
    failing = tuple(found for found in rules if found.status is not FitStatus.PASS)
    failures = tuple(f"{found.rule.attribute}: {found.explanation}" for found in failing)
    anything = not finding.missing or (bool(rules) and not failing)
    return TopicFinding(anything, (*finding.missing, *failures), stale=finding.stale, summary=finding.disproof)


def _decision_team(context: RuleContext) -> TopicFinding:
    roles = role_coverage(context.process, context.facts)
    if not roles:
        return TopicFinding(False, (_missing("requiredRoles"),))
    open_ = [role for role in roles if not role.met]
    missing = [f"{' or '.join(role.any_of)}, {len(role.filled_by)} of {role.minimum}" for role in open_]
    met = len(roles) - len(open_)
    summary = f"{met} of the {len(roles)} roles that every deal needs are filled." if met and open_ else None
    return TopicFinding(met > 0, tuple(f"roles: {lack}" for lack in missing), summary=summary)


def _buying_style(context: RuleContext) -> TopicFinding:
    present = context.facts.present_stakeholders()
    if not present:
        return TopicFinding(False, (_missing("stakeholders"),))
    unread = [person for person in present if person.buying_style is BuyingStyle.UNKNOWN]
    missing = tuple(f"buyingStyle: what {person.contact_name} judges an offer by" for person in unread)
    return TopicFinding(len(unread) < len(present), missing)


def _buying_process(context: RuleContext) -> TopicFinding:
    purchase = _missing_field(OpportunityField.PURCHASE_PROCESS, "purchaseProcess", context)
    steps = () if context.facts.decision_steps else (_missing("decisionSteps"),)
    return TopicFinding(not (purchase and steps), (*purchase, *steps))


def _motivation(context: RuleContext) -> TopicFinding:
    is_known = bool((context.facts.motivation_to_change or "").strip())
    people = any((person.motivation or "").strip() for person in context.facts.present_stakeholders())
    return TopicFinding(is_known or people, () if is_known else (_missing("motivationToChange"),))


def _objectives(context: RuleContext) -> TopicFinding:
    none = _missing_field(OpportunityField.OBJECTIVES, "objectives", context)
    measured = any((goal.metric or "").strip() for goal in context.facts.objectives)
    return TopicFinding(not none, none or (() if measured else (_missing("objectives.metric"),)))


def _time_schedule(context: RuleContext) -> TopicFinding:
    day = _missing_field(OpportunityField.DECISION_DATE, "decisionDate", context)
    event = _missing_field(OpportunityField.COMPELLING_EVENT, "compellingEvent", context)
    return TopicFinding(not (day and event), (*day, *event))


def _competition(context: RuleContext) -> TopicFinding:
    none = _missing_field(OpportunityField.COMPETITORS, "competitors", context)
    status_quo = any(rival.kind is CompetitorKind.STATUS_QUO for rival in context.facts.competitors)
    return TopicFinding(not none, none or (() if status_quo else (_missing("competitors.kind"),)))


def _perceived_risk(context: RuleContext) -> TopicFinding:
    review, risks = missing_review(context.facts), unmitigated_risks(context.facts)
    missing = () if review is None else (f"riskReview: {review.sentence}",)
    mitigations = tuple(f"mitigations: what is done about “{risk.statement}”" for risk in risks)
    return TopicFinding(not missing or bool(context.facts.risks), (*missing, *mitigations))


def _progress(context: RuleContext) -> TopicFinding:
    milestones = context.facts.milestones
    late = tuple(step for step in milestones if is_overdue(step, context.facts, context.now))
    incomplete = not milestones or missing_templates(context.process, context.facts)
    missing = tuple(f"milestones: “{step.name}” was due on {step.due}" for step in late)
    return TopicFinding(bool(milestones), (*((_missing("milestones"),) if incomplete else ()), *missing))


@dataclass(frozen=True, slots=True)
class CriterionFinding:
    """What counts of a criterion; `missing` is empty where the buyer has validated it lately, as a gate would ask."""

    grade: Grade
    missing: tuple[str, ...] = ()
    stale: bool = False
    disproof: str | None = None


def _criterion_finding(context: RuleContext, kind: CriterionKind) -> CriterionFinding:
    criterion = next((criterion for criterion in context.process.criteria if criterion.kind is kind), None)
    found = latest_assessment(context.facts, criterion.key) if criterion else None
    if criterion is None or found is None or found.grade is Grade.UNKNOWN:
        return CriterionFinding(
            Grade.UNKNOWN, (f"{criterion.key if criterion else kind.lower()}: {MISSING_TEXTS['criterion']}",)
        )
    if is_stale(criterion, found, context.now):
        days = criterion.stale_after_days
        return CriterionFinding(
            found.grade, (f"{criterion.key}: a fresh answer, for the last is over {days} days old",), stale=True
        )
    if found.grade is Grade.DISPROVED:
        disproof = f"{criterion.label}: this is disproved. Find out whether it is really so, or disqualify the deal."
        return CriterionFinding(found.grade, (f"{criterion.key}: {MISSING_TEXTS['criterion']}",), disproof=disproof)
    is_validated = grade_reaches(found.grade, Grade.VALIDATED)
    return CriterionFinding(found.grade, () if is_validated else (f"{criterion.key}: {MISSING_TEXTS['criterion']}",))


def _is_known(field: OpportunityField, facts: OpportunityFacts, now: datetime) -> bool:
    return check_field(field, facts, facts.today(now))[0]


def _missing_field(field: OpportunityField, name: str, context: RuleContext) -> tuple[str, ...]:
    """What a gate would find missing in the field."""
    return () if _is_known(field, context.facts, context.now) else (_missing(name),)


def _missing(name: str) -> str:
    return f"{name}: {MISSING_TEXTS[name]}"


TOPIC_EVALUATORS: Mapping[InsightTopicName, Callable[[RuleContext], TopicFinding]] = {
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
