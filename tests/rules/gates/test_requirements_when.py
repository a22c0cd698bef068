"""`when` limits a requirement to some deals; one that cannot be evaluated leaves it in force."""

from dataclasses import replace

import pytest

from tests.support.rules.deal_facts import DEFAULT, NOW, deal
from workflow.rules.enums import OpportunityType, RequirementStatus
from workflow.rules.gates.requirements import evaluate_requirement
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import GateRequirement, RequirementTest

MET = RequirementStatus.MET
UNMET = RequirementStatus.UNMET
FULL = deal(description="Counting by hand", base_minor=5_000_001)
ABSENT = RequirementTest(expression="opportunity.description != null")
LARGE = "opportunity.value > 50000"


@pytest.mark.parametrize(
    ("facts", "status", "explanation"),
    [
        (
            replace(FULL, description=None),
            UNMET,
            "“opportunity.description != null” is not true: opportunity.description is not known."
            f" Required because “{LARGE}” is true: opportunity.value is 50000.01.",
        ),
        (
            replace(FULL, base_minor=1),
            MET,
            f"Does not apply: “{LARGE}” is not true: opportunity.value is 0.01.",
        ),
        (
            replace(FULL, base_minor=1, description=None),
            MET,
            f"Does not apply: “{LARGE}” is not true: opportunity.value is 0.01.",
        ),
        (
            FULL,
            MET,
            "“opportunity.description != null” is true: opportunity.description is “Counting by hand”.",
        ),
        (
            replace(FULL, base_minor=None, description=None),
            UNMET,
            "“opportunity.description != null” is not true: opportunity.description is not known."
            f" Required although “{LARGE}” cannot be evaluated: opportunity.value is not known.",
        ),
    ],
)
def test_a_requirement_applies_unless_its_when_is_false(
    facts: OpportunityFacts, status: RequirementStatus, explanation: str
) -> None:
    verdict = evaluate_requirement(GateRequirement("asked", "Asked", ABSENT, when=LARGE), facts, DEFAULT, NOW)

    assert (verdict.status, verdict.explanation) == (status, explanation)
    assert verdict.remedy == ("updateOpportunity" if status is UNMET else None)


def test_when_limits_requirements_of_other_kinds_too() -> None:
    test = RequirementTest(activity_within_days=7)
    when = 'opportunity.type == "RENEWAL"'
    requirement = GateRequirement("asked", "Asked", test, when=when)

    new, renewed = (
        evaluate_requirement(requirement, deal(type=type), DEFAULT, NOW)
        for type in (OpportunityType.NEW_BUSINESS, OpportunityType.RENEWAL)
    )

    assert (new.status, renewed.status) == (MET, UNMET)
    assert renewed.explanation == (
        "No two-way contact with the buyer yet; contact within 7 days is required. "
        'Required because “opportunity.type == "RENEWAL"” is true: opportunity.type is “RENEWAL”.'
    )
