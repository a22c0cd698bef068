"""The parsers of the fields of a JSON line."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from api.files.jsonl_fields import ACCOUNT_FIELDS, CONTACT_FIELDS, OPPORTUNITY_FIELDS
from workflow.operations.core.validation import MoneyAmount
from workflow.rules.enums import OpportunityState

ALL_FIELDS = {**ACCOUNT_FIELDS, **CONTACT_FIELDS, **OPPORTUNITY_FIELDS}


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        ("name", "Acme", "Acme"),
        ("employeeCount", 5, 5),
        ("annualRevenue", {"amount": "12.50", "currency": "EUR"}, MoneyAmount(Decimal("12.50"), "EUR")),
        ("state", "LEAD", OpportunityState.LEAD),
        ("createdAt", "2026-01-05T09:00:00+00:00", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("attributes", {"a": [1]}, {"a": [1]}),
    ],
)
def test_a_valid_value_is_parsed(name: str, value: Any, parsed: object) -> None:
    assert ALL_FIELDS[name][1](value) == parsed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 5),
        ("employeeCount", True),
        ("employeeCount", "5"),
        ("value", {"amount": "NaN", "currency": "EUR"}),
        ("value", {"amount": "1", "currency": 5}),
        ("state", "SOLD"),
        ("createdAt", "2026-01-05T09:00:00"),
        ("closedOn", "2026-02-30"),
    ],
)
def test_an_invalid_value_is_refused(name: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        ALL_FIELDS[name][1](value)
