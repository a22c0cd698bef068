"""Gates: an evaluator for each requirement kind, and the verdicts on all requirements of a gate."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
from workflow.rules.opportunity import wording
from workflow.rules.opportunity.buyer import has_coverage, stakeholders_in_roles
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.fields import FIELD_REMEDIES, check_field
from workflow.rules.opportunity.fit import hard_fit_results
from workflow.rules.opportunity.milestones import PASSED_STATUSES, find_milestone
from workflow.rules.opportunity.qualification import (
    grade_reaches,
    is_stale,
    latest_assessment,
    qualification_score,
)
from workflow.rules.opportunity.risks import missing_review, open_risks_above, risk_level
from workflow.rules.process.document import (
    CriterionTest,
    GateRequirement,
    ProcessDocument,
    RequirementTest,
    RoleTest,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of evaluating one requirement: met or unmet, why, and the mutation that would meet it."""

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
    """Input of an evaluator: the deal, its process, and the time."""

    facts: OpportunityFacts
    process: ProcessDocument
    now: datetime

    def cel_context(self) -> CelContext:
        """Return the input of the company's own expressions."""
        score = qualification_score(self.process, self.facts, self.now)
        return CelContext(self.facts, score, self.facts.today(self.now))


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of a test: whether it holds, why, and the mutation that would make it hold."""

    holds: bool
    explanation: str
    remedy: str


def evaluate_gate(
    process: ProcessDocument, trigger: Trigger, facts: OpportunityFacts, now: datetime
) -> tuple[Verdict, ...]:
    """Evaluate every requirement of the process's gate for the trigger."""
    return tuple(
        evaluate_requirement(requirement, facts, process, now)
        for requirement in process.requirements_for(trigger)
    )


def unmet_verdicts(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Return the verdicts that are unmet."""
    return tuple(verdict for verdict in verdicts if verdict.status is RequirementStatus.UNMET)


def evaluate_requirement(
    requirement: GateRequirement, facts: OpportunityFacts, process: ProcessDocument, now: datetime
) -> Verdict:
    """Evaluate one requirement on the deal at an instant; it is met if its `when` is false."""
    context = RuleContext(facts, process, now)
    finding = _evaluate_test(requirement, context)
    return Verdict(
        key=requirement.key,
        kind=requirement.test.kind,
        strength=requirement.strength,
        label=requirement.label,
        status=RequirementStatus.MET if finding.holds else RequirementStatus.UNMET,
        explanation=finding.explanation,
        remedy=None if finding.holds else finding.remedy,
        test=requirement.test,
    )


def _evaluate_test(requirement: GateRequirement, context: RuleContext) -> Finding:
    test = requirement.test
    if requirement.when is None:
        return EVALUATORS[test.kind](test, context)
    condition = evaluate_expression(requirement.when, context.cel_context())
    if condition.holds is False:
        return Finding(True, f"Does not apply: {condition.sentence}", condition.remedy)
    finding = EVALUATORS[test.kind](test, context)
    if finding.holds:
        return finding
    # A condition that cannot be evaluated leaves the requirement in force: missing data must not open a gate.
    reason = "Required because" if condition.holds else "Required although"
    return replace(finding, explanation=f"{finding.explanation} {reason} {condition.sentence}")


def criterion_is_reached(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that the latest assessment is fresh, not disproved, and of a high enough grade."""
    assert test.criterion is not None
    holds, explanation = _check_criterion(test.criterion, context)
    return Finding(holds, explanation, "assessCriteria")


def account_fits(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that every hard fit rule passes on the account's data; missing data does not pass."""
    results = hard_fit_results(context.process, context.facts.account)
    failing = [result.explanation for result in results if result.status is not FitStatus.PASS]
    passed = "The account passes every hard fit rule." if results else "The process has no hard fit rules."
    return Finding(not failing, " ".join(failing) or passed, "updateAccount")


def field_is_filled(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that the field has a value that counts."""
    assert test.field is not None
    holds, explanation = check_field(test.field, context.facts, context.facts.today(context.now))
    return Finding(holds, explanation, FIELD_REMEDIES[test.field])


def role_is_filled(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that enough stakeholders have one of the roles, each with enough two-way contact."""
    assert test.role is not None
    stakeholders = stakeholders_in_roles(context.facts, test.role.any_of)
    matching = [
        person for person in stakeholders if has_coverage(context.facts, person, test.role.min_coverage)
    ]
    names = ", ".join(person.contact_name for person in matching)
    if len(matching) >= test.role.minimum:
        return Finding(True, f"Known: {names}. Required: {_describe_role(test.role)}.", "addStakeholder")
    # Enough people have the role, but we have not talked with them enough.
    remedy = "logActivity" if len(stakeholders) >= test.role.minimum else _stakeholder_remedy(context.facts)
    return Finding(False, f"Required: {_describe_role(test.role)}. Known: {names or 'no one'}.", remedy)


def milestone_is_passed(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that the milestone is done or waived."""
    assert test.milestone is not None
    milestone = find_milestone(context.facts, test.milestone)
    if milestone is None:
        template = next((one for one in context.process.milestones if one.key == test.milestone), None)
        name = wording.quote([template.name if template else test.milestone])
        return Finding(
            False, f"The milestone {name} is added once the deal is in progress.", "progressOpportunity"
        )
    sentence = f"The milestone {wording.quote([milestone.name])} {_MILESTONE_TEXTS[milestone.status]}."
    return Finding(milestone.status in PASSED_STATUSES, sentence, "completeMilestone")


def no_open_risk_above(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that no open risk is above the level."""
    assert test.max_open_risk is not None
    above = open_risks_above(context.facts, test.max_open_risk)
    limit = f"above {test.max_open_risk.label}"
    if not above:
        return Finding(True, f"No open risk is {limit}.", "addMitigation")
    names = ", ".join(f"{wording.quote([risk.statement])} ({risk_level(risk).label})" for risk in above)
    remedy = "completeMitigation" if all(risk.mitigations for risk in above) else "addMitigation"
    advice = "Mitigate each of them, or ask a manager to settle it."
    return Finding(False, f"Open risks {limit}: {names}. {advice}", remedy)


def risks_were_reviewed(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that the buyer's perceived risks were reviewed."""
    missing = missing_review(context.facts)
    if missing is None:
        return Finding(True, "The buyer's perceived risks were reviewed.", "reviewRisks")
    return Finding(False, missing.sentence, missing.remedy)


def buyer_was_active(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that there was two-way contact with the buyer within some days."""
    assert test.activity_within_days is not None
    last = context.facts.activity.last_two_way_at
    required = f"contact within {wording.days(test.activity_within_days)} is required"
    if last is not None and context.now - last <= timedelta(days=test.activity_within_days):
        when = f"The last two-way contact with the buyer was {wording.span_in_days(context.now - last)} ago"
        return Finding(True, f"{when}; {required}.", "logActivity")
    return Finding(
        False, f"{wording.buyer_contact_gap(context.facts, context.now)}; {required}.", "logActivity"
    )


def expression_is_true(test: RequirementTest, context: RuleContext) -> Finding:
    """Check that the company's own expression is true; one that cannot be evaluated does not hold."""
    assert test.expression is not None
    found = evaluate_expression(test.expression, context.cel_context())
    return Finding(found.holds is True, found.sentence, found.remedy)


def _check_criterion(test: CriterionTest, context: RuleContext) -> tuple[bool, str]:
    criterion = context.process.criterion(test.key)
    label = wording.quote([criterion.label if criterion else test.key])
    assessment = latest_assessment(context.facts, test.key)
    required = f"it must be {_GRADE_TEXTS[test.min_grade]}"
    if assessment is None:
        return False, f"{label} has not been assessed yet; {required}."
    if assessment.grade is Grade.DISPROVED:
        return False, f"{label} is {_GRADE_TEXTS[assessment.grade]}; {required}."
    if criterion and is_stale(criterion, assessment, context.now):
        return False, wording.stale_assessment(criterion)
    found = f"{label} is {_GRADE_TEXTS[assessment.grade]}"
    if not grade_reaches(assessment.grade, test.min_grade):
        return False, f"{found}; {required}."
    return True, f"{found}."


def _describe_role(test: RoleTest) -> str:
    if test.minimum == 1:
        people = wording.roles(test.any_of) if test.any_of else "stakeholder"
    else:
        people = f"people as {wording.roles(test.any_of)}" if test.any_of else "stakeholders"
    contact = (
        f", each with {_COVERAGE_TEXTS[test.min_coverage]}" if test.min_coverage is not Coverage.NONE else ""
    )
    return f"at least {test.minimum} {people}{contact}"


def _stakeholder_remedy(facts: OpportunityFacts) -> str:
    return "updateStakeholder" if facts.present_stakeholders() else "addStakeholder"


_GRADE_TEXTS: Mapping[Grade, str] = {
    Grade.UNKNOWN: "unknown (we asked, and learned nothing)",
    Grade.IDENTIFIED: "identified (we think so)",
    Grade.VALIDATED: "validated (the buyer said so)",
    Grade.CONFIRMED: "confirmed (it is documented)",
    Grade.DISPROVED: "disproved (it is not true)",
}
_COVERAGE_TEXTS: Mapping[Coverage, str] = {
    Coverage.BRIEF: "at least one conversation",
    Coverage.MULTIPLE: "at least two conversations",
    Coverage.IN_DEPTH: "at least five conversations",
}
_MILESTONE_TEXTS: Mapping[MilestoneStatus, str] = {
    MilestoneStatus.PLANNED: "is not done yet",
    MilestoneStatus.MISSED: "is overdue and not done yet",
    MilestoneStatus.DONE: "is done",
    MilestoneStatus.WAIVED: "was waived by a manager",
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
