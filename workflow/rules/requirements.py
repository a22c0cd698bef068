"""Gates: one evaluator a requirement kind; a gate is the list of all its verdicts, never only the first that fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from workflow.rules.buyer import covered, holders
from workflow.rules.facts import OpportunityFacts
from workflow.rules.process import CriterionTest, GateRequirement, ProcessDocument, RequirementTest, RoleTest
from workflow.rules.qualification import hard_fit, latest, reaches, stale
from workflow.rules.required_fields import REMEDIES, field_finding
from workflow.rules.states import Coverage, FitStatus, Grade, RequirementKind, RequirementStatus, Strength, Trigger


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
class Case:
    """What an evaluator judges by: the deal, its process, and the time."""

    facts: OpportunityFacts
    process: ProcessDocument
    now: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether a test holds, the sentence that says why, and what would mend it."""

    holds: bool
    explanation: str
    remedy: str


def gate(process: ProcessDocument, trigger: Trigger, facts: OpportunityFacts, now: datetime) -> tuple[Verdict, ...]:
    """Every requirement of the process's gate for the trigger, each evaluated."""
    return tuple(evaluate(requirement, facts, process, now) for requirement in process.gate(trigger))


def unmet(verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
    """Those that do not hold."""
    return tuple(verdict for verdict in verdicts if verdict.status is RequirementStatus.UNMET)


def evaluate(requirement: GateRequirement, facts: OpportunityFacts, process: ProcessDocument, now: datetime) -> Verdict:
    """One requirement judged on the deal as it stands at that instant."""
    test = requirement.test
    finding = EVALUATORS[test.kind](test, Case(facts, process, now))
    return Verdict(
        key=requirement.key,
        kind=test.kind,
        strength=requirement.strength,
        label=requirement.label,
        status=RequirementStatus.MET if finding.holds else RequirementStatus.UNMET,
        explanation=finding.explanation,
        remedy=None if finding.holds else finding.remedy,
        test=test,
    )


def criterion_is_reached(test: RequirementTest, case: Case) -> Finding:
    """The latest assessment is fresh, not disproved, and good enough."""
    assert test.criterion is not None
    holds, explanation = _criterion(test.criterion, case)
    return Finding(holds, explanation, "assessCriteria")


def account_fits(test: RequirementTest, case: Case) -> Finding:
    """Every hard fit rule passes on the account's data; missing data does not pass."""
    results = hard_fit(case.process, case.facts.account)
    failing = [result.explanation for result in results if result.status is not FitStatus.PASS]
    passed = "The account passes every hard fit rule." if results else "The process has no hard fit rule."
    return Finding(not failing, " ".join(failing) or passed, "updateAccount")


def field_is_filled(test: RequirementTest, case: Case) -> Finding:
    """The field has a value that counts."""
    assert test.field is not None
    holds, explanation = field_finding(test.field, case.facts, case.facts.today(case.now))
    return Finding(holds, explanation, REMEDIES[test.field])


def role_is_held(test: RequirementTest, case: Case) -> Finding:
    """Enough people of the buyer play the part, and we spoke with them often enough."""
    assert test.role is not None
    known = holders(case.facts, test.role.any_of)
    enough = [person for person in known if covered(person, test.role.min_coverage)]
    wanted = _people_wanted(test.role)
    if len(enough) >= test.role.minimum:
        return Finding(True, f"{', '.join(person.contact_name for person in enough)}: {wanted}.", "addStakeholder")
    remedy = "logActivity" if len(known) >= test.role.minimum else _who_to_name(case.facts)
    found = ", ".join(person.contact_name for person in enough) or "nobody"
    return Finding(False, f"Wanted: {wanted}. On record: {found}.", remedy)


def _criterion(test: CriterionTest, case: Case) -> tuple[bool, str]:
    criterion = case.process.criterion(test.key)
    label = criterion.label if criterion else test.key
    assessment = latest(case.facts, test.key)
    wanted = f"it must be {_GRADES[test.min_grade]}"
    if assessment is None:
        return False, f"{label}: nobody has assessed this yet; {wanted}."
    if assessment.grade is Grade.DISPROVED:
        return False, f"{label}: this is disproved; {wanted}."
    if criterion and stale(criterion, assessment, case.now):
        return (
            False,
            f"{label}: the assessment is more than {criterion.stale_after_days} days old; ask the buyer again.",
        )
    found = f"this is {_GRADES[assessment.grade]}"
    if not reaches(assessment.grade, test.min_grade):
        return False, f"{label}: {found}; {wanted}."
    return True, f"{label}: {found}."


def _people_wanted(test: RoleTest) -> str:
    parts = " or ".join(role.lower().replace("_", " ") for role in test.any_of) or "stakeholder"
    talks = f", spoken with {_TALKS[test.min_coverage]}" if test.min_coverage is not Coverage.NONE else ""
    return f"at least {test.minimum} {parts}{talks}"


def _who_to_name(facts: OpportunityFacts) -> str:
    return "updateStakeholder" if facts.present_stakeholders() else "addStakeholder"


_GRADES: Mapping[Grade, str] = {
    Grade.UNKNOWN: "looked at, with nothing known",
    Grade.IDENTIFIED: "identified (we think so)",
    Grade.VALIDATED: "validated (the buyer said so)",
    Grade.CONFIRMED: "confirmed (it is documented)",
    Grade.DISPROVED: "disproved (it is not there)",
}
_TALKS: Mapping[Coverage, str] = {
    Coverage.BRIEF: "at least once",
    Coverage.MULTIPLE: "at least twice",
    Coverage.IN_DEPTH: "at least five times",
}

EVALUATORS: Mapping[RequirementKind, Callable[[RequirementTest, Case], Finding]] = {
    RequirementKind.CRITERION: criterion_is_reached,
    RequirementKind.FIT: account_fits,
    RequirementKind.FIELD: field_is_filled,
    RequirementKind.ROLE: role_is_held,
}
