"""The fields of a JSON line of each kind: the attribute that each stands for, and the parser of its value.

The import reads lines by these tables, and the export writes lines by them.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from workflow.operations.core.validation import MoneyAmount
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, OpportunityType, WinReason

FieldTable = Mapping[str, tuple[str, Callable[[Any], Any]]]
"""The attribute of each field, and the parser of its value, which raises ValueError or TypeError."""


def parse_text(value: object) -> str:
    """Return a text."""
    if not isinstance(value, str):
        raise TypeError
    return value


def parse_money(value: Mapping[str, str]) -> MoneyAmount:
    """Return an amount with its currency."""
    amount = Decimal(str(value["amount"]))
    if not amount.is_finite():
        raise ValueError
    return MoneyAmount(amount, parse_text(value["currency"]))


def _parse_instant(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError
    return at


def _parse_count(value: object) -> int:
    # True and False are integers in Python.
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _parse_enum(kind: type[StrEnum]) -> Callable[[Any], StrEnum]:
    return lambda value: kind(value)


def _keep(value: Any) -> Any:
    return value


_EXTERNAL_KEY_FIELDS: FieldTable = {
    "externalSystem": ("external_system", parse_text),
    "externalId": ("external_id", parse_text),
}
OPPORTUNITY_FIELDS: FieldTable = {
    **_EXTERNAL_KEY_FIELDS,
    "name": ("name", parse_text),
    "accountName": ("account_name", parse_text),
    "ownerEmail": ("owner_email", parse_text),
    "state": ("state", _parse_enum(OpportunityState)),
    "value": ("value", parse_money),
    "createdAt": ("created_at", _parse_instant),
    "stateSince": ("state_since", _parse_instant),
    "expectedCloseDate": ("expected_close_date", date.fromisoformat),
    "closedOn": ("closed_on", date.fromisoformat),
    "type": ("type", _parse_enum(OpportunityType)),
    "source": ("source", parse_text),
    "winReason": ("win_reason", _parse_enum(WinReason)),
    "lossReason": ("loss_reason", _parse_enum(LossReason)),
    "disqualifyReason": ("disqualify_reason", _parse_enum(DisqualifyReason)),
    "attributes": ("attributes", _keep),
}
"""The fields of an opportunity that are those of the API's ImportRow, and the system that it comes from."""
ACCOUNT_FIELDS: FieldTable = {
    **{name: (name, parse_text) for name in ("name", "domain", "industry", "country")},
    "employeeCount": ("employee_count", _parse_count),
    "annualRevenue": ("annual_revenue", parse_money),
    **_EXTERNAL_KEY_FIELDS,
    "attributes": ("attributes", _keep),
}
CONTACT_FIELDS: FieldTable = {
    "accountName": ("account_name", parse_text),
    **{name: (name, parse_text) for name in ("name", "email", "phone", "title")},
    **_EXTERNAL_KEY_FIELDS,
    "attributes": ("attributes", _keep),
}
