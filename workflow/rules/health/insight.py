"""Insight: how much is known of each of twelve topics of a deal, and which facts are missing."""

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
from workflow.rules.health.insight_text import DOUBTFUL_INTEREST, MISSING_TEXTS, SUMMARIES
from workflow.rules.money import round_half_up
from workflow.rules.opportunity import wording
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
    """One topic: how much is known, and the missing facts, each as `fieldName: description`."""

    topic: InsightTopicName
    status: KnowledgeStatus
    summary: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Insight:
    """All topics of a deal."""

    topics: tuple[InsightTopic, ...]

    @property
    def completeness_percent(self) -> int:
        """Return the mean of the topics' percentages."""
        return round_half_up(
            Decimal(sum(STATUS_PERCENT[topic.status] for topic in self.topics)) / len(self.topics)
        )


@dataclass(frozen=True, slots=True)
class TopicFinding:
    """Result of evaluating a topic; `summary` replaces the usual text of the status."""

    has_any: bool
    missing: tuple[str, ...]
    stale: bool = False
    summary: str | None = None

    @property
    def status(self) -> KnowledgeStatus:
        """Return the status: stale first, then unknown, even if nothing is missing."""
        if self.stale:
            return KnowledgeStatus.STALE
        if not self.has_any:
            return KnowledgeStatus.UNKNOWN
        return KnowledgeStatus.PARTIAL if self.missing else KnowledgeStatus.KNOWN


def evaluate_insight(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> Insight:
    """Evaluate every topic of a deal at an instant; of a closed deal, at its close."""
    context = evaluation_context(process, facts, now)
    return Insight(tuple(_topic(name, evaluate(context)) for name, evaluate in TOPIC_EVALUATORS.items()))


def is_interest_doubtful(facts: OpportunityFacts, now: datetime) -> bool:
    """Return True if the buyer has had the pain for more than five years and there is no compelling event."""
    since = facts.pain_since
    today = facts.today(now)
    if since is None or _is_known(OpportunityField.COMPELLING_EVENT, facts, now):
        return False
    # Compared as tuples: 29 February plus five years is not a date.
    return (since.year + DOUBTFUL_YEARS, since.month, since.day) < (today.year, today.month, today.day)


def _topic(name: InsightTopicName, finding: TopicFinding) -> InsightTopic:
    return InsightTopic(
        name, finding.status, finding.summary or SUMMARIES[name][finding.status], finding.missing
    )


def _pain(context: RuleContext) -> TopicFinding:
    finding = _criterion_finding(context, CriterionKind.PAIN)
    return TopicFinding(
        finding.grade is not Grade.UNKNOWN, finding.missing, stale=finding.stale, summary=finding.disproof
    )


def _interest(context: RuleContext) -> TopicFinding:
    finding = _criterion_finding(context, CriterionKind.INTEREST)
    doubtful = is_interest_doubtful(context.facts, context.now)
    since = () if context.facts.pain_since else (_missing("painSince"),)
    event = (_missing("compellingEvent"),) if doubtful else ()
    summary = f"{DOUBTFUL_INTEREST} Is the interest real?" if doubtful else finding.disproof
    has_any = not (finding.missing and since)
    missing = (*finding.missing, *since, *event)
    return TopicFinding(has_any, missing, stale=finding.stale or doubtful, summary=summary)


def _fit(context: RuleContext) -> TopicFinding:
    finding = _criterion_finding(context, CriterionKind.FIT)
    results = fit_results(context.process, context.facts.account)
    unpassed = [result for result in results if result.status is not FitStatus.PASS]
    missing = tuple(f"{result.rule.attribute}: {result.explanation}" for result in unpassed)
    has_any = not finding.missing or (bool(results) and not unpassed)
    return TopicFinding(has_any, (*finding.missing, *missing), stale=finding.stale, summary=finding.disproof)


def _decision_team(context: RuleContext) -> TopicFinding:
    roles = role_coverage(context.process, context.facts)
    if not roles:
        return TopicFinding(False, (_missing("requiredRoles"),))
    unmet = [role for role in roles if not role.met]
    met = len(roles) - len(unmet)
    missing = tuple(
        f"roles: {wording.roles(one.any_of)}, {len(one.filled_by)} of {one.minimum}" for one in unmet
    )
    summary = (
        f"We know the people for {met} of the {len(roles)} roles that a deal needs."
        if met and unmet
        else None
    )
    return TopicFinding(met > 0, missing, summary=summary)


def _buying_style(context: RuleContext) -> TopicFinding:
    present = context.facts.present_stakeholders()
    if not present:
        return TopicFinding(False, (_missing("stakeholders"),))
    unknown = [person for person in present if person.buying_style is BuyingStyle.UNKNOWN]
    missing = tuple(f"buyingStyle: how {person.contact_name} judges an offer" for person in unknown)
    return TopicFinding(len(unknown) < len(present), missing)


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
    measured = any((objective.metric or "").strip() for objective in context.facts.objectives)
    return TopicFinding(not none, none or (() if measured else (_missing("objectives.metric"),)))


def _time_schedule(context: RuleContext) -> TopicFinding:
    day = _missing_field(OpportunityField.DECISION_DATE, "decisionDate", context)
    event = _missing_field(OpportunityField.COMPELLING_EVENT, "compellingEvent", context)
    return TopicFinding(not (day and event), (*day, *event))


def _competition(context: RuleContext) -> TopicFinding:
    none = _missing_field(OpportunityField.COMPETITORS, "competitors", context)
    status_quo = any(one.kind is CompetitorKind.STATUS_QUO for one in context.facts.competitors)
    return TopicFinding(not none, none or (() if status_quo else (_missing("competitors.kind"),)))


def _perceived_risk(context: RuleContext) -> TopicFinding:
    review = missing_review(context.facts)
    missing = () if review is None else (f"riskReview: {review.sentence}",)
    mitigations = tuple(
        f"mitigations: a mitigation of {wording.quote([risk.statement])}"
        for risk in unmitigated_risks(context.facts)
    )
    return TopicFinding(not missing or bool(context.facts.risks), (*missing, *mitigations))


def _progress(context: RuleContext) -> TopicFinding:
    milestones = context.facts.milestones
    incomplete = not milestones or bool(missing_templates(context.process, context.facts))
    missing = (_missing("milestones"),) if incomplete else ()
    overdue = tuple(
        f"milestones: {wording.quote([milestone.name])} was due on {milestone.due}"
        for milestone in milestones
        if is_overdue(milestone, context.facts, context.now)
    )
    return TopicFinding(bool(milestones), (*missing, *overdue))


@dataclass(frozen=True, slots=True)
class CriterionFinding:
    """Latest assessment of a criterion; `missing` is empty if it is validated and fresh, as gates require."""

    grade: Grade
    missing: tuple[str, ...] = ()
    stale: bool = False
    disproof: str | None = None


def _criterion_finding(context: RuleContext, kind: CriterionKind) -> CriterionFinding:
    criterion = next((criterion for criterion in context.process.criteria if criterion.kind is kind), None)
    found = latest_assessment(context.facts, criterion.key) if criterion else None
    if criterion is None or found is None or found.grade is Grade.UNKNOWN:
        key = criterion.key if criterion else kind.lower()
        return CriterionFinding(Grade.UNKNOWN, (f"{key}: {MISSING_TEXTS['criterion']}",))
    if is_stale(criterion, found, context.now):
        age = f"the last one is more than {criterion.stale_after_days} days old"
        return CriterionFinding(found.grade, (f"{criterion.key}: a new assessment; {age}",), stale=True)
    missing = (f"{criterion.key}: {MISSING_TEXTS['criterion']}",)
    if found.grade is Grade.DISPROVED:
        label = wording.quote([criterion.label])
        disproof = f"{label} is disproved. Find out if that is really so, or disqualify the deal."
        return CriterionFinding(found.grade, missing, disproof=disproof)
    return CriterionFinding(found.grade, () if grade_reaches(found.grade, Grade.VALIDATED) else missing)


def _is_known(field: OpportunityField, facts: OpportunityFacts, now: datetime) -> bool:
    return check_field(field, facts, facts.today(now))[0]


def _missing_field(field: OpportunityField, name: str, context: RuleContext) -> tuple[str, ...]:
    """Return the field as missing if a gate would find it unfilled."""
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
