"""Fit rules on the account's own data: each passes, fails, or cannot be told for want of data."""

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
    """What one fit rule found on the account, in words."""

    rule: FitRule
    status: FitStatus
    explanation: str


def fit_results(process: ProcessDocument, account: AccountFacts) -> tuple[FitResult, ...]:
    """Every fit rule of the process judged on the account as it stands now."""
    return tuple(_evaluate(rule, account) for rule in process.fit_rules)


def hard_fit_results(process: ProcessDocument, account: AccountFacts) -> tuple[FitResult, ...]:
    """The results of the HARD rules: those that a gate asks for."""
    return tuple(result for result in fit_results(process, account) if result.rule.strength is Strength.HARD)


def _evaluate(rule: FitRule, account: AccountFacts) -> FitResult:
    value = _to_scalar(_account_value(rule.attribute, account))
    if value is None:
        return FitResult(rule, FitStatus.UNKNOWN, f"{rule.label}: the account's {rule.attribute} is not on record.")
    wanted = _OPERATOR_TEXTS[rule.operator].format(_format_value(rule.value))
    passes = _passes(rule, value)
    if passes is None:
        sentence = (
            f"the account's {rule.attribute} is {_format_value(value)}, which cannot be compared; it must be {wanted}."
        )
        return FitResult(rule, FitStatus.UNKNOWN, f"{rule.label}: {sentence}")
    link = "as it must be:" if passes else "and must be"
    sentence = f"{rule.label}: the account's {rule.attribute} is {_format_value(value)}, {link} {wanted}."
    return FitResult(rule, FitStatus.PASS if passes else FitStatus.FAIL, sentence)


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
    return None if found is None or found == [] else str(found)


def _passes(rule: FitRule, found: Scalar) -> bool | None:
    if rule.operator is FitOperator.IN:
        return any(_equals(found, choice) for choice in rule.value)
    if rule.operator in _EQUALITIES:
        return bool(_EQUALITIES[rule.operator](_equals(found, rule.value), True))
    wanted = _to_scalar(rule.value)
    if type(found) is not type(wanted) or isinstance(found, bool):
        return None
    return bool(_ORDERINGS[rule.operator](_fold_case(found), _fold_case(wanted)))


def _equals(found: Scalar, wanted: object) -> bool:
    known = _to_scalar(wanted)
    return type(found) is type(known) and _fold_case(found) == _fold_case(known)


def _fold_case(value: Scalar | None) -> Any:  # Any: two of a kind are compared with one another
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
_EQUALITIES: Mapping[FitOperator, Callable[[object, object], object]] = {FitOperator.EQ: eq, FitOperator.NE: ne}
_ORDERINGS: Mapping[FitOperator, Callable[[Any, Any], object]] = {
    FitOperator.LT: lt,
    FitOperator.LTE: le,
    FitOperator.GT: gt,
    FitOperator.GTE: ge,
}
_OPERATOR_TEXTS: Mapping[FitOperator, str] = {
    FitOperator.EQ: "{}",
    FitOperator.NE: "anything but {}",
    FitOperator.LT: "below {}",
    FitOperator.LTE: "at most {}",
    FitOperator.GT: "above {}",
    FitOperator.GTE: "at least {}",
    FitOperator.IN: "one of {}",
}
