"""A company's own requirements in CEL: their variables, their verdicts, and their limits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.rules.deal_facts import ACCOUNT, DEFAULT, NOW, TODAY, assessment, deal, verdict_on
from tests.support.rules.random_expressions import nested_list
from workflow.rules.enums import Grade, OpportunityState, RequirementStatus
from workflow.rules.gates.cel import evaluate_expression
from workflow.rules.gates.cel_variables import MAX_WEIGHT, VARIABLES, CelContext, CelReference, value_of
from workflow.rules.gates.requirements import evaluate_requirement
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import GateRequirement, RequirementTest

MET = RequirementStatus.MET
UNMET = RequirementStatus.UNMET
TAGS = {
    "tags": ["pilot", "public"],
    "tier": "gold",
    "seats": 40,
    "discount": 0.2,
    "items": [{"price": 9}, {"price": 11}],
}
FULL = deal(
    source="Trade fair",
    description="Counting by hand",
    base_minor=5_000_001,
    expected_close_date=TODAY + timedelta(days=20),
    push_count=2,
    attributes=TAGS,
    account=replace(ACCOUNT, attributes={"region": "EMEA", "deal size": 3}),
)
BARE = deal(account=replace(ACCOUNT, industry=None, country=None, employee_count=None))
LATER = 'timestamp(opportunity.expectedCloseDate + "T00:00:00Z") - timestamp(today + "T00:00:00Z")'


def status_and_remedy(expression: str, facts: OpportunityFacts) -> tuple[RequirementStatus, str | None]:
    """Return status and remedy of a requirement with the expression."""
    verdict = verdict_on(RequirementTest(expression=expression), facts)
    return verdict.status, verdict.remedy


def test_an_expression_sees_the_documented_values() -> None:
    context = CelContext(FULL, 65, TODAY)

    assert {name: value_of(CelReference(name), context) for name in VARIABLES} == {
        "opportunity.name": "Stock counting",
        "opportunity.type": "NEW_BUSINESS",
        "opportunity.source": "Trade fair",
        "opportunity.state": "LEAD",
        "opportunity.description": "Counting by hand",
        "opportunity.attributes": TAGS,
        "opportunity.value": 50000.01,
        "opportunity.expectedCloseDate": "2026-03-30",
        "opportunity.pushCount": 2,
        "opportunity.score": 65,
        "account.name": "Acme",
        "account.industry": "retail",
        "account.country": "DE",
        "account.employeeCount": 500,
        "account.attributes": {"region": "EMEA", "deal size": 3},
        "today": "2026-03-10",
    }


@pytest.mark.parametrize(
    ("currency", "minor", "value"),
    [("EUR", 5_000_001, 50000.01), ("JPY", 50_001, 50001.0), ("KWD", 50_001, 50.001)],
)
def test_the_value_is_in_whole_units_of_the_base_currency(currency: str, minor: int, value: float) -> None:
    facts = deal(value_minor=1, value_currency="USD", base_minor=minor, base_currency=currency)

    assert value_of(CelReference("opportunity.value"), CelContext(facts, 0, TODAY)) == value


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        "opportunity.value > 50000",
        "opportunity.value > 50000.0",
        "opportunity.value != null && opportunity.value > 50000",
        "opportunity.type in ['NEW_BUSINESS', 'UPSELL']",
        "opportunity.expectedCloseDate > today && opportunity.expectedCloseDate < '2026-04-01'",
        f'{LATER} < duration("720h")',
        "opportunity.pushCount < 3 && opportunity.score == 51",
        'account.country in ["DE", "AT", "CH"] && account.employeeCount >= 100',
        "opportunity.name.startsWith('Stock') && opportunity.name.size() == 14",
        "opportunity.source.matches('^Trade (fair|show)$')",
        'opportunity.attributes.tier == "gold" && opportunity.attributes["seats"] > 39.5',
        "has(opportunity.attributes.tier) && !has(opportunity.attributes.none)",
        '"tier" in opportunity.attributes && !("none" in opportunity.attributes)',
        'account.attributes["deal size"] == 3',
        'opportunity.attributes.tags.exists(tag, tag == "pilot" || tag == account.attributes.region)',
        "opportunity.attributes.items.filter(item, item.price > 10).size() == 1",
        "opportunity.value > 50000 // more than we sell without a board\n && true",
    ],
)
def test_a_true_expression_is_met(expression: str) -> None:
    good = tuple(assessment(key) for key in ("pain", "interest", "fit"))

    verdict = verdict_on(RequirementTest(expression=expression), replace(FULL, assessments=good))

    assert (verdict.status, verdict.remedy) == (MET, None), verdict.explanation


@pytest.mark.parametrize(
    ("expression", "remedy", "explanation"),
    [
        ("opportunity.value < 50000", "updateOpportunity", "opportunity.value is 50000.01"),
        ("account.employeeCount > 500", "updateAccount", "account.employeeCount is 500"),
        ("opportunity.score > 90", "assessCriteria", "opportunity.score is 0"),
        ('opportunity.state == "QUALIFIED"', "updateOpportunity", "opportunity.state is “LEAD”"),
        (
            "opportunity.state == account.name",
            "updateAccount",
            "opportunity.state is “LEAD”; account.name is “Acme”",
        ),
        ("has(account.attributes.none)", "updateAccount", "account.attributes.none is not known"),
        (
            "opportunity.attributes.tags == []",
            "updateOpportunity",
            "opportunity.attributes.tags has 2 entries",
        ),
    ],
)
def test_a_false_expression_is_unmet_and_shows_the_values(
    expression: str, remedy: str, explanation: str
) -> None:
    verdict = verdict_on(RequirementTest(expression=expression), FULL)

    assert (verdict.status, verdict.remedy) == (UNMET, remedy)
    assert verdict.explanation == f"“{expression}” is not true: {explanation}."


@pytest.mark.parametrize(
    ("expression", "remedy", "why"),
    [
        ("opportunity.value > 50000", "updateOpportunity", "opportunity.value is not known"),
        ("account.employeeCount > 100", "updateAccount", "account.employeeCount is not known"),
        (
            "account.employeeCount > 1 || opportunity.value > 1",
            "updateAccount",
            "account.employeeCount and opportunity.value are not known",
        ),
        ("account.attributes.tier == 'gold'", "updateAccount", "account.attributes.tier is not known"),
        (
            "opportunity.name > 5",
            "updateOpportunity",
            "it compares or adds values of different types, such as a text and a number, or 1.0 "
            "and 1 in a sum"
            " (opportunity.name is “Stock counting”)",
        ),
        (
            "opportunity.score",
            "assessCriteria",
            "it gives a number, not true or false (opportunity.score is 0)",
        ),
        (
            "opportunity.name",
            "updateOpportunity",
            "it gives a text, not true or false (opportunity.name is “Stock counting”)",
        ),
        (
            "opportunity.source",
            "updateOpportunity",
            "it gives null, not true or false (opportunity.source is not known)",
        ),
        (
            "[opportunity.source]",
            "updateOpportunity",
            "it gives a list, not true or false (opportunity.source is not known)",
        ),
        ('duration("1h")', "updateOpportunity", "it gives a time, not true or false"),
        ("1 / opportunity.score > 1", "assessCriteria", "it divides by 0 (opportunity.score is 0)"),
        (
            "9223372036854775807 + opportunity.score + 1 > 1",
            "assessCriteria",
            "a number in it becomes too large (opportunity.score is 0)",
        ),
        ("[1][5] == 1", "updateOpportunity", "an attribute or list entry that it uses does not exist"),
        (
            "int(opportunity.name) == 1",
            "updateOpportunity",
            (
                "a value cannot be converted to a number, a date or another type (opportunity.name is "
                "“Stock counting”)"
            ),
        ),
        (
            "timestamp(today) == timestamp(today)",
            "updateOpportunity",
            'a timestamp is written as a text such as "2026-11-25T00:00:00Z"; that of a day, as '
            'today + "T00:00:00Z"'
            " (today is “2026-03-10”)",
        ),
    ],
)
def test_an_expression_that_cannot_be_evaluated_is_unmet_and_says_why(
    expression: str, remedy: str, why: str
) -> None:
    verdict = verdict_on(RequirementTest(expression=expression), BARE)

    assert (verdict.status, verdict.remedy) == (UNMET, remedy)
    assert verdict.explanation == f"“{expression}” cannot be evaluated: {why}."


def test_an_expression_published_under_older_rules_is_unmet_and_says_why() -> None:
    verdict = verdict_on(RequirementTest(expression="opportunity.valu > 1"), FULL)

    assert verdict.status is UNMET
    assert verdict.explanation.startswith(
        "“opportunity.valu > 1” cannot be evaluated: `opportunity.valu` is unknown."
    )


def test_the_score_is_the_qualification_score_at_that_instant() -> None:
    facts = deal(assessments=(assessment("pain", Grade.CONFIRMED),))

    assert status_and_remedy("opportunity.score == 31", facts) == (MET, None)
    assert status_and_remedy("opportunity.score == 31", replace(facts, assessments=())) == (
        UNMET,
        "assessCriteria",
    )


def test_today_is_in_the_organizations_time_zone() -> None:
    west = replace(BARE, time_zone="Pacific/Honolulu")
    early = NOW.replace(hour=9)
    requirement = GateRequirement("asked", "Asked", RequirementTest(expression='today == "2026-03-10"'))

    assert [evaluate_requirement(requirement, facts, DEFAULT, early).status for facts in (BARE, west)] == [
        MET,
        UNMET,
    ]


def test_an_expression_on_the_state_gets_a_fallback_remedy() -> None:
    assert status_and_remedy('opportunity.state == "WON"', deal(state=OpportunityState.LEAD)) == (
        UNMET,
        "updateOpportunity",
    )


@pytest.mark.parametrize(
    ("attributes", "expression", "holds"),
    [
        ({"list": list(range(50))}, "opportunity.attributes.list.exists(x, x == 49)", True),
        ({"list": list(range(MAX_WEIGHT + 1))}, "opportunity.attributes.list.size() > 1", None),
        (
            {"list": list(range(MAX_WEIGHT + 1)), "tier": "gold"},
            'opportunity.attributes.tier == "gold"',
            True,
        ),
        ({"list": list(range(MAX_WEIGHT + 1))}, "opportunity.attributes.size() == 1", None),
        (
            {"list": list(range(200))},
            "opportunity.attributes.list.exists(x, x in opportunity.attributes.list)",
            None,
        ),
        ({"text": "x" * 100_000}, 'opportunity.attributes.text.contains("y")', None),
        ({"text": "x" * 50_000}, 'opportunity.attributes.text.contains("y")', False),
    ],
)
def test_values_that_are_too_large_are_not_evaluated(
    attributes: dict[str, object], expression: str, holds: bool | None
) -> None:
    found = evaluate_expression(expression, CelContext(deal(attributes=attributes), 0, TODAY))

    assert found.holds is holds
    assert ("the deal has too much data for it" in found.sentence) is (holds is None)


def test_the_remedy_changes_the_missing_value() -> None:
    expression = "opportunity.name != '' && account.employeeCount > 100"

    assert status_and_remedy(expression, BARE) == (UNMET, "updateAccount")


@pytest.mark.parametrize("value", [2**63, 2**70, 10**400])
def test_a_whole_number_beyond_64_bits_is_still_a_large_number(value: int) -> None:
    facts = deal(attributes={"large": value, "low": -value})

    assert status_and_remedy(
        "opportunity.attributes.large > 1.0 && opportunity.attributes.low < 1", facts
    ) == (
        MET,
        None,
    )


@pytest.mark.parametrize(
    "value", [2**63, -(2**70), 10**400, float("nan"), float("inf"), "nul\0", "\ud800", {1: {2: 3}}, TODAY]
)
def test_unexpected_stored_data_gets_an_answer(value: object) -> None:
    facts = deal(
        attributes={"odd": value, "deep": nested_list(1000)},
        account=replace(ACCOUNT, attributes={"odd": [value]}),
    )

    for expression in (
        "opportunity.attributes.odd == account.attributes.odd",
        "opportunity.attributes.deep == 1",
    ):
        result = evaluate_expression(expression, CelContext(facts, 0, TODAY))

        assert result.sentence.isprintable()
        assert result.holds is not True
