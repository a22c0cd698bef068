"""Fields that a gate can require: when each counts as filled, and the sentences about it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from workflow.rules.enums import OpportunityField, PurchaseProcess
from workflow.rules.opportunity.facts import OpportunityFacts


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Test of a field, with the sentences for met and unmet and the mutation that fills it."""

    holds: Callable[[OpportunityFacts, date], bool]
    met: str
    unmet: str
    remedy: str = "updateOpportunity"


def check_field(field: OpportunityField, facts: OpportunityFacts, today: date) -> tuple[bool, str]:
    """Return whether the field is filled as gates require, and the sentence about it."""
    rule = FIELD_RULES[field]
    holds = rule.holds(facts, today)
    return holds, rule.met if holds else rule.unmet


def _has_value(facts: OpportunityFacts, today: date) -> bool:
    return facts.value_minor is not None and facts.value_minor > 0


def _close_date_is_ahead(facts: OpportunityFacts, today: date) -> bool:
    return facts.expected_close_date is not None and facts.expected_close_date >= today


def _next_step_is_dated(facts: OpportunityFacts, today: date) -> bool:
    return facts.next_step is not None and facts.next_step.due_date is not None


def _is_described(facts: OpportunityFacts, today: date) -> bool:
    return bool((facts.description or "").strip())


def _purchase_process_is_known(facts: OpportunityFacts, today: date) -> bool:
    return facts.purchase_process is not PurchaseProcess.UNKNOWN


def _has_decision_date(facts: OpportunityFacts, today: date) -> bool:
    return facts.decision_date is not None


def _has_compelling_event(facts: OpportunityFacts, today: date) -> bool:
    return bool((facts.compelling_event or "").strip())


def _has_competitors(facts: OpportunityFacts, today: date) -> bool:
    return bool(facts.competitors)


def _has_objectives(facts: OpportunityFacts, today: date) -> bool:
    return bool(facts.objectives)


FIELD_RULES: Mapping[OpportunityField, FieldRule] = {
    OpportunityField.VALUE: FieldRule(
        _has_value, "The deal has a value.", "The deal has no value above 0 yet."
    ),
    OpportunityField.EXPECTED_CLOSE_DATE: FieldRule(
        _close_date_is_ahead,
        "The expected close date is today or later.",
        "The expected close date is missing or in the past. Agree with the buyer on a new one.",
    ),
    OpportunityField.NEXT_STEP: FieldRule(
        _next_step_is_dated,
        "The next step has a date.",
        "There is no next step with a date. Agree with the buyer on what happens next, and when.",
    ),
    OpportunityField.DESCRIPTION: FieldRule(
        _is_described, "The deal has a description.", "The deal has no description yet."
    ),
    OpportunityField.PURCHASE_PROCESS: FieldRule(
        _purchase_process_is_known,
        "We know how the buyer buys.",
        "We do not know how the buyer buys: one person, a committee or a tender.",
        "updateBuyer",
    ),
    OpportunityField.DECISION_DATE: FieldRule(
        _has_decision_date,
        "We know when the buyer decides.",
        "We do not know when the buyer decides.",
        "updateBuyer",
    ),
    OpportunityField.COMPELLING_EVENT: FieldRule(
        _has_compelling_event,
        "We know which event makes the date matter.",
        "We do not know which event makes the date matter to the buyer.",
        "updateBuyer",
    ),
    OpportunityField.COMPETITORS: FieldRule(
        _has_competitors,
        "We know what the buyer compares us with.",
        "We do not know what the buyer compares us with. Doing nothing counts too.",
        "addCompetitor",
    ),
    OpportunityField.OBJECTIVES: FieldRule(
        _has_objectives,
        "We know at least one objective of the buyer.",
        "We do not know any objective of the buyer yet.",
        "updateBuyer",
    ),
}
FIELD_REMEDIES: Mapping[OpportunityField, str] = {field: rule.remedy for field, rule in FIELD_RULES.items()}
