"""Fit rules on the account's own data: status and explanation."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.support.rules.deal_facts import ACCOUNT, DEFAULT, fit_rule
from workflow.rules.enums import FitOperator, FitStatus, Strength
from workflow.rules.opportunity.fit import fit_results, hard_fit_results

O = FitOperator  # noqa: E741
PASS = FitStatus.PASS
FAIL = FitStatus.FAIL
UNKNOWN = FitStatus.UNKNOWN


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "status"),
    [
        ("industry", O.EQ, "Retail", PASS),
        ("industry", O.EQ, "banking", FAIL),
        ("industry", O.NE, "banking", PASS),
        ("industry", O.NE, "retail", FAIL),
        ("industry", O.IN, ["banking", "retail"], PASS),
        ("industry", O.IN, ["banking"], FAIL),
        ("employeeCount", O.LT, 501, PASS),
        ("employeeCount", O.LT, 500, FAIL),
        ("employeeCount", O.LTE, 500, PASS),
        ("employeeCount", O.LTE, 499, FAIL),
        ("employeeCount", O.GT, 499.5, PASS),
        ("employeeCount", O.GT, 500, FAIL),
        ("employeeCount", O.GTE, 500, PASS),
        ("employeeCount", O.GTE, 501, FAIL),
        ("employeeCount", O.GTE, "many", UNKNOWN),
        ("employeeCount", O.EQ, 500.0, PASS),
        ("annualRevenue", O.GTE, 1_000_000, PASS),
        ("annualRevenue", O.GT, 1_000_000, FAIL),
        ("listed", O.EQ, True, PASS),
        ("listed", O.EQ, 1, FAIL),
        ("region", O.EQ, "north", UNKNOWN),
        ("domain", O.EQ, "acme.example", UNKNOWN),
    ],
)
def test_a_fit_rule_reads_the_accounts_own_data(
    attribute: str, operator: FitOperator, value: object, status: FitStatus
) -> None:
    revenue = {"annual_revenue_minor": 100_000_000, "annual_revenue_currency": "EUR"}
    attributes = {"listed": True, "region": " "}
    account = replace(ACCOUNT, attributes=attributes, **revenue)  # type: ignore[arg-type]
    process = replace(DEFAULT, fit_rules=(fit_rule(attribute, operator, value),))

    assert [result.status for result in fit_results(process, account)] == [status]


@pytest.mark.parametrize("thousand", [Decimal(1000), 1000, 1000.0, Decimal("1000.00")])
def test_a_fit_result_has_actual_and_expected_values(thousand: object) -> None:
    process = replace(DEFAULT, fit_rules=(fit_rule("employeeCount", O.GTE, thousand),))

    assert [result.explanation for result in fit_results(process, ACCOUNT)] == [
        "“Big enough”: the account's employee count is 500; it must be at least 1000."
    ]


@pytest.mark.parametrize(
    ("attribute", "operator", "value", "explanation"),
    [
        ("industry", O.IN, ["retail", "media"], "industry is retail, as required: one of retail, media."),
        ("industry", O.NE, "retail", "industry is retail; it must be anything except retail."),
        (
            "employeeCount",
            O.GT,
            "many",
            "employee count is 500, which cannot be compared; it must be above many.",
        ),
        ("domain", O.EQ, "acme.example", "domain is not known."),
        ("listed", O.EQ, False, "“listed” is yes; it must be no."),
    ],
)
def test_the_explanation_names_the_field_in_plain_words(
    attribute: str, operator: FitOperator, value: object, explanation: str
) -> None:
    account = replace(ACCOUNT, attributes={"listed": True})

    (result,) = fit_results(replace(DEFAULT, fit_rules=(fit_rule(attribute, operator, value),)), account)

    assert result.explanation == f"“Big enough”: the account's {explanation}"


def test_revenue_is_compared_in_whole_units_of_its_currency() -> None:
    process = replace(DEFAULT, fit_rules=(fit_rule("annualRevenue", O.GTE, 1_000),))
    yen = replace(ACCOUNT, annual_revenue_minor=1_000, annual_revenue_currency="JPY")
    euros = replace(ACCOUNT, annual_revenue_minor=1_000, annual_revenue_currency="EUR")
    unstated = replace(ACCOUNT, annual_revenue_minor=1_000)

    statuses = [fit_results(process, account)[0].status for account in (yen, euros, unstated)]

    assert statuses == [PASS, FAIL, UNKNOWN]


def test_only_hard_rules_are_required_by_gates() -> None:
    hard = fit_rule("industry", O.EQ, "steel")
    soft = replace(fit_rule("industry", O.EQ, "steel", Strength.SOFT), key="soft")

    process = replace(DEFAULT, fit_rules=(soft, hard))

    assert [result.rule for result in hard_fit_results(process, ACCOUNT)] == [hard]
