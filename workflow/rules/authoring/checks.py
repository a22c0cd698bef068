"""Checks of a process document before it is published."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

from workflow.rules.enums import (
    OPEN_STATES,
    FitOperator,
    Grade,
    Strength,
    Trigger,
)
from workflow.rules.errors import FieldProblem
from workflow.rules.gates.cel import expression_faults
from workflow.rules.opportunity.qualification import ESSENTIAL_KINDS, EVIDENCED_GRADES
from workflow.rules.process.bounds import MAX_TEXT_LENGTH, find_out_of_bounds
from workflow.rules.process.document import FitRule, GateRequirement, ProcessDocument

Path = tuple[str, ...]
Faults = Iterator[FieldProblem]


def check_process(document: ProcessDocument, *, at: Path = ()) -> list[FieldProblem]:
    """Return every fault of the document with its path; empty if it can be published."""
    faults = (*find_out_of_bounds(document), *(fault for rule in CHECKS for fault in rule(document)))
    return [FieldProblem((*at, *fault.path), fault.message) for fault in faults]


def names_are_unique(document: ProcessDocument) -> Faults:
    """Check that keys are unique in their list."""
    yield from _duplicates("criteria", [criterion.key for criterion in document.criteria])
    yield from _duplicates("fitRules", [rule.key for rule in document.fit_rules])
    yield from _duplicates("milestones", [milestone.key for milestone in document.milestones])
    yield from _duplicates("requiredRoles", [frozenset(role.any_of) for role in document.required_roles])
    yield from _duplicates("gates", [gate.trigger for gate in document.gates])
    yield from _duplicates("alertRules", [(rule.code, rule.severity) for rule in document.alert_rules])
    yield from _duplicates("states", [settings.state for settings in document.states])
    for index, gate in enumerate(document.gates):
        keys = [requirement.key for requirement in gate.requirements]
        yield from _duplicates("gates", keys, within=(str(index), "requirements"))


def pain_interest_and_fit_are_required(document: ProcessDocument) -> Faults:
    """Check that there is one criterion of each kind, and that QUALIFY requires it of every opportunity."""
    for kind in ESSENTIAL_KINDS:
        keys = [criterion.key for criterion in document.criteria if criterion.kind is kind]
        if len(keys) != 1:
            yield _fault(
                ("criteria",), f"There must be exactly one criterion of kind {kind}; there are {len(keys)}."
            )
        elif not any(
            _requires(keys[0], requirement) for requirement in document.requirements_for(Trigger.QUALIFY)
        ):
            sentence = (
                f"QUALIFY must require {keys[0]} ({kind}): HARD, VALIDATED or CONFIRMED, and without `when`."
            )
            yield _fault(("gates", *_gate_index(document, Trigger.QUALIFY)), sentence)


def weights_are_positive(document: ProcessDocument) -> Faults:
    """Check that a score has something to add up."""
    if document.criteria and not any(criterion.weight for criterion in document.criteria):
        yield _fault(("criteria",), "At least one criterion must have a weight above 0.")
    if document.milestones and not any(milestone.weight for milestone in document.milestones):
        yield _fault(("milestones",), "At least one milestone must have a weight above 0.")


def fit_values_can_be_compared(document: ProcessDocument) -> Faults:
    """Check that IN has a list, other operators one value, and orderings a number or a text."""
    for index, rule in enumerate(document.fit_rules):
        if sentence := _value_fault(rule):
            yield _fault(("fitRules", str(index), "value"), sentence)


def reopen_has_no_gate(document: ProcessDocument) -> Faults:
    """Check that REOPEN has no gate: the gate of the trigger that leads to its target applies."""
    for index, gate in enumerate(document.gates):
        if gate.trigger is Trigger.REOPEN:
            sentence = "REOPEN has no gate: the gate that leads to its target applies. Leave this one out."
            yield _fault(("gates", str(index), "trigger"), sentence)


def tests_can_be_met(document: ProcessDocument) -> Faults:
    """Check that each requirement refers to something in the document, and can be met."""
    for path, requirement in _requirements(document):
        yield from _test_faults((*path, "test"), requirement, document)


def expressions_are_valid(document: ProcessDocument) -> Faults:
    """Check that every CEL text can be parsed, uses known names, and cannot run long."""
    for path, requirement in _requirements(document):
        for place, text in (
            (("when",), requirement.when),
            (("test", "expression"), requirement.test.expression),
        ):
            # Blank and overlong texts are reported by the bounds.
            if text is not None and text.strip() and len(text) <= MAX_TEXT_LENGTH:
                yield from (_fault((*path, *place), sentence) for sentence in expression_faults(text))


def milestones_are_required_only_to_win(document: ProcessDocument) -> Faults:
    """Check that only WIN requires milestones, because a deal gets them on entering PROGRESSING."""
    for g, gate in enumerate(document.gates):
        for r, requirement in enumerate(gate.requirements):
            if requirement.test.milestone is not None and gate.trigger in (Trigger.QUALIFY, Trigger.PROGRESS):
                sentence = f"A deal has no milestones before PROGRESSING; it could not pass {gate.trigger}."
                path = ("gates", str(g), "requirements", str(r), "test", "milestone")
                yield _fault(path, f"{sentence} Require the milestone in WIN, or something else here.")


def alert_rules_name_open_states(document: ProcessDocument) -> Faults:
    """Check that alert rules name open states: closing an opportunity resolves its alerts."""
    for index, rule in enumerate(document.alert_rules):
        if not rule.states or set(rule.states) - OPEN_STATES:
            sentence = (
                f"{rule.code} needs at least one of the states LEAD, QUALIFIED and PROGRESSING, and no other."
            )
            yield _fault(("alertRules", str(index), "states"), sentence)


CHECKS = (
    names_are_unique,
    pain_interest_and_fit_are_required,
    weights_are_positive,
    fit_values_can_be_compared,
    reopen_has_no_gate,
    tests_can_be_met,
    expressions_are_valid,
    milestones_are_required_only_to_win,
    alert_rules_name_open_states,
)


def _duplicates(part: str, keys: Sequence[Hashable], *, within: Path = ()) -> Faults:
    counts = Counter(keys)
    for index, key in enumerate(keys):
        if counts[key] > 1 and keys.index(key) < index:
            yield _fault(
                (part, *within, str(index)), f"{_format_key(key)} appears twice. Remove one of them."
            )


def _format_key(key: Hashable) -> str:
    return " and ".join(sorted(key)) if isinstance(key, frozenset | tuple) else str(key)


def _requires(key: str, requirement: GateRequirement) -> bool:
    test = requirement.test.criterion
    tests_criterion = test is not None and test.key == key and test.min_grade in EVIDENCED_GRADES
    return tests_criterion and requirement.strength is Strength.HARD and requirement.when is None


def _gate_index(document: ProcessDocument, trigger: Trigger) -> Path:
    return tuple(str(index) for index, gate in enumerate(document.gates) if gate.trigger is trigger)[:1]


def _value_fault(rule: FitRule) -> str | None:
    if rule.operator is FitOperator.IN:
        is_valid = (
            isinstance(rule.value, list)
            and rule.value
            and not any(isinstance(part, list) for part in rule.value)
        )
        return None if is_valid else "IN needs a list of texts, numbers, true or false."
    if isinstance(rule.value, list):
        return f"{rule.operator} needs one value. Use IN for a list."
    if isinstance(rule.value, bool) and rule.operator not in (FitOperator.EQ, FitOperator.NE):
        return f"{rule.operator} needs a number or a text."
    return None


def _requirements(document: ProcessDocument) -> Iterable[tuple[Path, GateRequirement]]:
    for g, gate in enumerate(document.gates):
        for r, requirement in enumerate(gate.requirements):
            yield ("gates", str(g), "requirements", str(r)), requirement


def _test_faults(path: Path, requirement: GateRequirement, document: ProcessDocument) -> Faults:
    test = requirement.test
    if test.criterion and document.criterion(test.criterion.key) is None:
        yield _fault(
            (*path, "criterion", "key"), f"There is no criterion {test.criterion.key} in this document."
        )
    if test.criterion and test.criterion.min_grade is Grade.DISPROVED:
        yield _fault(
            (*path, "criterion", "minGrade"),
            "A disproved criterion cannot meet a requirement. Use VALIDATED.",
        )
    if test.milestone is not None and test.milestone not in {
        milestone.key for milestone in document.milestones
    }:
        yield _fault((*path, "milestone"), f"There is no milestone {test.milestone} in this document.")
    for name, value in (("fit", test.fit), ("riskReviewed", test.risk_reviewed)):
        if value is False:
            yield _fault(
                (*path, name), f"{name} can only be true. To not require it, leave the requirement out."
            )


def _fault(path: Path, message: str) -> FieldProblem:
    return FieldProblem(path, message)
