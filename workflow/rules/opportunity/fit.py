"""Fit rules on the account's own data: each passes, fails, or is unknown because data is missing."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from workflow.rules.enums import FitOperator, FitStatus, Strength
from workflow.rules.money import amount
from workflow.rules.opportunity.facts import AccountFacts
from workflow.rules.process.document import FitRule, ProcessDocument

Scalar = str | bool | Decimal


@dataclass(frozen=True, slots=True)
class FitResult:
    """Result of one fit rule on the account, with the reason."""

    rule: FitRule
    status: FitStatus
    explanation: str


def fit_results(process: ProcessDocument, account: AccountFacts) -> tuple[FitResult, ...]:
    """Evaluate every fit rule of the process on the account's current data."""
    return tuple(_evaluate(rule, account) for rule in process.fit_rules)


def hard_fit_results(process: ProcessDocument, account: AccountFacts) -> tuple[FitResult, ...]:
    """Return the results of the HARD rules, which gates require."""
    return tuple(result for result in fit_results(process, account) if result.rule.strength is Strength.HARD)


def _evaluate(rule: FitRule, account: AccountFacts) -> FitResult:
    value = _to_scalar(_account_value(rule.attribute, account))
    subject = f"“{rule.label}”: the account's {_attribute_label(rule.attribute)}"
    if value is None:
        return FitResult(rule, FitStatus.UNKNOWN, f"{subject} is not known.")
    found = f"{subject} is {_format_value(value)}"
    required = _OPERATOR_TEXTS[rule.operator].format(_format_value(rule.value))
    passes = _passes(rule, value)
    if passes is None:
        return FitResult(
            rule, FitStatus.UNKNOWN, f"{found}, which cannot be compared; it must be {required}."
        )
    if passes:
        return FitResult(rule, FitStatus.PASS, f"{found}, as required: {required}.")
    return FitResult(rule, FitStatus.FAIL, f"{found}; it must be {required}.")


def _attribute_label(attribute: str) -> str:
    if attribute not in ACCOUNT_FIELDS:
        return f"“{attribute}”"
    return re.sub("[A-Z]", lambda capital: f" {capital[0].lower()}", attribute)


def _account_value(attribute: str, account: AccountFacts) -> object:
    read = ACCOUNT_FIELDS.get(attribute)
    return read(account) if read else account.attributes.get(attribute)


def _revenue(account: AccountFacts) -> Decimal | None:
    if account.annual_revenue_minor is None or account.annual_revenue_currency is None:
        return None
    return amount(account.annual_revenue_minor, account.annual_revenue_currency)


def _to_scalar(found: object) -> Scalar | None:
    if isinstance(found, str):
        return found.strip() or None
    if isinstance(found, bool):
        return found
    if isinstance(found, int | float | Decimal):
        return Decimal(str(found))
    # Lists and objects of customers have no order or equality that a rule could use, except as text.
    return None if found is None or found == [] else str(found)


def _passes(rule: FitRule, found: Scalar) -> bool | None:
    if rule.operator is FitOperator.IN:
        return any(_equals(found, choice) for choice in rule.value)
    if rule.operator in _EQUALITIES:
        return bool(_EQUALITIES[rule.operator](_equals(found, rule.value), True))
    limit = _to_scalar(rule.value)
    # No order between a text and a number: the data is wrong, which is not the same as a bad fit.
    if type(found) is not type(limit) or isinstance(found, bool):
        return None
    return bool(_ORDERINGS[rule.operator](_fold_case(found), _fold_case(limit)))


def _equals(found: Scalar, value: object) -> bool:
    expected = _to_scalar(value)
    return type(found) is type(expected) and _fold_case(found) == _fold_case(expected)


def _fold_case(value: Scalar | None) -> Any:  # Any: only values of one type are compared
    return value.casefold() if isinstance(value, str) else value


def _format_value(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_format_value(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | float):
        return f"{Decimal(str(value)).normalize():f}"
    return str(value)


ACCOUNT_FIELDS: Mapping[str, Callable[[AccountFacts], object]] = {
    "name": lambda account: account.name,
    "domain": lambda account: account.domain,
    "industry": lambda account: account.industry,
    "employeeCount": lambda account: account.employee_count,
    "annualRevenue": _revenue,
    "country": lambda account: account.country,
}
_EQUALITIES: Mapping[FitOperator, Callable[[object, object], object]] = {
    FitOperator.EQ: eq,
    FitOperator.NE: ne,
}
_ORDERINGS: Mapping[FitOperator, Callable[[Any, Any], object]] = {
    FitOperator.LT: lt,
    FitOperator.LTE: le,
    FitOperator.GT: gt,
    FitOperator.GTE: ge,
}
_OPERATOR_TEXTS: Mapping[FitOperator, str] = {
    FitOperator.EQ: "{}",
    FitOperator.NE: "anything except {}",
    FitOperator.LT: "below {}",
    FitOperator.LTE: "at most {}",
    FitOperator.GT: "above {}",
    FitOperator.GTE: "at least {}",
    FitOperator.IN: "one of {}",
}
