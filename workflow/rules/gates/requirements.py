"""Gates: one evaluator a requirement kind; a gate is the list of all its verdicts, never only the first that fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflow.rules.enums import (
    Coverage,
    FitStatus,
    Grade,
    MilestoneStatus,
    RequirementKind,
    RequirementStatus,
    Strength,
    Trigger,
)
from workflow.rules.gates.cel import evaluate_expression
from workflow.rules.gates.cel_variables import CelContext
from workflow.rules.opportunity.buyer import has_coverage, stakeholders_in_roles
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.fields import FIELD_REMEDIES, check_field
from workflow.rules.opportunity.fit import hard_fit_results
from workflow.rules.opportunity.milestones import PASSED_STATUSES, find_milestone
from workflow.rules.opportunity.qualification import grade_reaches, is_stale, latest_assessment, qualification_score
from workflow.rules.opportunity.risks import missing_review, open_risks_above, risk_level
from workflow.rules.process.document import CriterionTest, GateRequirement, ProcessDocument, RequirementTest, RoleTest


@dataclass(frozen=True, slots=True)
class Verdict:
    """One requirement as it was found: whether it holds, why, and the mutation that would meet it."""

    key: str
    kind: RequirementKind
    strength: Strength
    label: str
    status: RequirementStatus
    explanation: str
    test: RequirementTest
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class RuleContext:
    """What an evaluator judges by: the deal, its process, and the time."""

    facts: OpportunityFacts
    process: ProcessDocument
    now: datetime

    def cel_context(self) -> CelContext:
        """What the company's own expressions see of it."""
        return CelContext(
            self.facts, qualification_score(self.process, self.facts, self.now), self.facts.today(self.now)
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a test holds, the sentence that says why, and what would mend it."""

    holds: bool
    explanation: str
    remedy: str


def evaluate_gate(
    process: ProcessDocument, trigger: Trigger, facts: OpportunityFacts, now: datetime
) -> tuple[Verdict, ...]:
    """Every requirement of the process's gate for the trigger, each evaluated."""
    return tuple(
        evaluate_requirement(requirement, facts, process, now) for requirement in process.requirements_for(trigger)
    )


def unmet_verdicts(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Those that do not hold."""
    return tuple(verdict for verdict in verdicts if verdict.status is RequirementStatus.UNMET)


def evaluate_requirement(
    requirement: GateRequirement, facts: OpportunityFacts, process: ProcessDocument, now: datetime
) -> Verdict:
    """One requirement judged on the deal as it stands at that instant; it holds where its `when` is not true."""
    test, context = requirement.test, RuleContext(facts, process, now)
    condition = None if requirement.when is None else evaluate_expression(requirement.when, context.cel_context())
    if condition is not None and condition.holds is False:
        finding = Finding(True, f"Does not apply: {condition.sentence}", condition.remedy)
    else:
        finding = EVALUATORS[test.kind](test, context)
    prefix = "Asked for here:" if condition and condition.holds else "Whether it applies:"
    why = f" {prefix} {condition.sentence}" if condition and not finding.holds else ""
    return Verdict(
        key=requirement.key,
        kind=test.kind,
        strength=requirement.strength,
        label=requirement.label,
        status=RequirementStatus.MET if finding.holds else RequirementStatus.UNMET,
        explanation=finding.explanation + why,
        remedy=None if finding.holds else finding.remedy,
        test=test,
    )


def criterion_is_reached(test: RequirementTest, context: RuleContext) -> Finding:
    """The latest assessment is fresh, not disproved, and good enough."""
    assert test.criterion is not None
    holds, explanation = _check_criterion(test.criterion, context)
    return Finding(holds, explanation, "assessCriteria")


def account_fits(test: RequirementTest, context: RuleContext) -> Finding:
    """Every hard fit rule passes on the account's data; missing data does not pass."""
    results = hard_fit_results(context.process, context.facts.account)
    failing = [result.explanation for result in results if result.status is not FitStatus.PASS]
    passed = "The account passes every hard fit rule." if results else "The process has no hard fit rule."
    return Finding(not failing, " ".join(failing) or passed, "updateAccount")


def field_is_filled(test: RequirementTest, context: RuleContext) -> Finding:
    """The field has a value that counts."""
    assert test.field is not None
    holds, explanation = check_field(test.field, context.facts, context.facts.today(context.now))
    return Finding(holds, explanation, FIELD_REMEDIES[test.field])


def role_is_filled(test: RequirementTest, context: RuleContext) -> Finding:
    """Enough people of the buyer play the part, and we spoke with them often enough."""
    assert test.role is not None
    stakeholders = stakeholders_in_roles(context.facts, test.role.any_of)
    matching = [person for person in stakeholders if has_coverage(context.facts, person, test.role.min_coverage)]
    wanted = _describe_role(test.role)
    if len(matching) >= test.role.minimum:
        return Finding(True, f"{', '.join(person.contact_name for person in matching)}: {wanted}.", "addStakeholder")
    remedy = "logActivity" if len(stakeholders) >= test.role.minimum else _stakeholder_remedy(context.facts)
    names = ", ".join(person.contact_name for person in matching) or "nobody"
    return Finding(False, f"Wanted: {wanted}. On record: {names}.", remedy)


def milestone_is_passed(test: RequirementTest, context: RuleContext) -> Finding:
    """The milestone is done, or a manager has waived it."""
    found = find_milestone(context.facts, test.milestone or "")
    template = next((step for step in context.process.milestones if step.key == test.milestone), None)
    name = found.name if found else template.name if template else test.milestone
    if found is None:
        return Finding(False, f"{name}: this milestone is laid out on entering PROGRESSING.", "progressOpportunity")
    sentence = {MilestoneStatus.DONE: "this is done.", MilestoneStatus.WAIVED: "this was waived by a manager."}
    unmet = "this is not done yet." if found.status is MilestoneStatus.PLANNED else "this is overdue and not done yet."
    state = sentence.get(found.status, unmet)
    return Finding(found.status in PASSED_STATUSES, f"{name}: {state}", "completeMilestone")


def no_open_risk_above(test: RequirementTest, context: RuleContext) -> Finding:
    """No open risk of the buyer is above the level."""
    assert test.max_open_risk is not None
    high, most = open_risks_above(context.facts, test.max_open_risk), test.max_open_risk.lower()
    if not high:
        return Finding(True, f"No open risk is above {most}.", "addMitigation")
    names = "; ".join(f"“{risk.statement}” ({risk_level(risk).lower()})" for risk in high)
    remedy = "completeMitigation" if all(risk.mitigations for risk in high) else "addMitigation"
    return Finding(False, f"Open above {most}: {names}. Mitigate each, or have a manager settle it.", remedy)


def risks_were_reviewed(test: RequirementTest, context: RuleContext) -> Finding:
    """The risks that the buyer perceives were gone through."""
    missing = missing_review(context.facts)
    if missing is None:
        return Finding(True, "The risks that the buyer perceives were reviewed.", "reviewRisks")
    return Finding(False, missing.sentence, missing.remedy)


def buyer_was_active(test: RequirementTest, context: RuleContext) -> Finding:
    """We spoke with the buyer, both ways, within so many days."""
    assert test.activity_within_days is not None
    last, days = context.facts.activity.last_two_way_at, test.activity_within_days
    if last is None:
        return Finding(False, f"No two-way activity is on record; one within {days} days is asked.", "logActivity")
    ago, holds = max(0, (context.now - last).days), context.now - last <= timedelta(days=days)
    when = "within the last 24 hours" if ago == 0 else "1 day ago" if ago == 1 else f"{ago} days ago"
    when = f"more than {when}" if ago == days and not holds else when
    sentence = f"The last two-way activity was {when}; one within {days} days is asked."
    return Finding(holds, sentence, "logActivity")


def expression_is_true(test: RequirementTest, context: RuleContext) -> Finding:
    """The company's own expression is true; one that cannot be told does not hold."""
    assert test.expression is not None
    found = evaluate_expression(test.expression, context.cel_context())
    return Finding(found.holds is True, found.sentence, found.remedy)


def _check_criterion(test: CriterionTest, context: RuleContext) -> tuple[bool, str]:
    criterion = context.process.criterion(test.key)
    label = criterion.label if criterion else test.key
    assessment = latest_assessment(context.facts, test.key)
    wanted = f"it must be {_GRADE_TEXTS[test.min_grade]}"
    if assessment is None:
        return False, f"{label}: nobody has assessed this yet; {wanted}."
    if assessment.grade is Grade.DISPROVED:
        return False, f"{label}: this is disproved; {wanted}."
    if criterion and is_stale(criterion, assessment, context.now):
        return (
            False,
            f"{label}: the assessment is more than {criterion.stale_after_days} days old; ask the buyer again.",
        )
    found = f"this is {_GRADE_TEXTS[assessment.grade]}"
    if not grade_reaches(assessment.grade, test.min_grade):
        return False, f"{label}: {found}; {wanted}."
    return True, f"{label}: {found}."


def _describe_role(test: RoleTest) -> str:
    parts = " or ".join(role.lower().replace("_", " ") for role in test.any_of) or "stakeholder"
    talks = f", spoken with {_COVERAGE_TEXTS[test.min_coverage]}" if test.min_coverage is not Coverage.NONE else ""
    return f"at least {test.minimum} {parts}{talks}"


def _stakeholder_remedy(facts: OpportunityFacts) -> str:
    return "updateStakeholder" if facts.present_stakeholders() else "addStakeholder"


_GRADE_TEXTS: Mapping[Grade, str] = {
    Grade.UNKNOWN: "looked at, with nothing known",
    Grade.IDENTIFIED: "identified (we think so)",
    Grade.VALIDATED: "validated (the buyer said so)",
    Grade.CONFIRMED: "confirmed (it is documented)",
    Grade.DISPROVED: "disproved (it is not there)",
}
_COVERAGE_TEXTS: Mapping[Coverage, str] = {
    Coverage.BRIEF: "at least once",
    Coverage.MULTIPLE: "at least twice",
    Coverage.IN_DEPTH: "at least five times",
}

EVALUATORS: Mapping[RequirementKind, Callable[[RequirementTest, RuleContext], Finding]] = {
    RequirementKind.CRITERION: criterion_is_reached,
    RequirementKind.FIT: account_fits,
    RequirementKind.FIELD: field_is_filled,
    RequirementKind.ROLE: role_is_filled,
    RequirementKind.MILESTONE: milestone_is_passed,
    RequirementKind.RISK: no_open_risk_above,
    RequirementKind.RISK_REVIEW: risks_were_reviewed,
    RequirementKind.ACTIVITY: buyer_was_active,
    RequirementKind.EXPRESSION: expression_is_true,
}
