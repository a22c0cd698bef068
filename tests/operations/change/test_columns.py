"""Columns of a deal from the fields of an input."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.support.organizations import TestOrganization
from workflow.operations.change.columns import (
    OpportunityChanges,
    close_date_columns,
    forecast_columns,
    is_push,
    next_step_columns,
    validate_changes,
    validate_pain_since,
)
from workflow.operations.core.validation import MoneyAmount, Validator
from workflow.operations.process.processes import preset
from workflow.rules.enums import ForecastCategory, OpportunityState
from workflow.rules.errors import InvalidInputError
from workflow.rules.opportunity.facts import NextStep

TODAY = date(2026, 3, 2)
QUALIFIED = preset("default").state_settings(OpportunityState.QUALIFIED)


def faults_of(check: Callable[[Validator], object]) -> list[str]:
    """Return the messages of the faults that a check adds."""
    validator = Validator()
    check(validator)
    return [problem.message for problem in validator.problems]


async def test_only_given_fields_become_columns(organization: TestOrganization) -> None:
    columns = await validate_changes(organization.ctx, {"name": " Pilot ", "source": None}, TODAY)

    assert columns == {"name": "Pilot", "name_folded": "pilot", "name_search": None, "source": None}
    assert await validate_changes(organization.ctx, {}, TODAY) == {}


async def test_every_fault_of_an_input_is_reported(organization: TestOrganization) -> None:
    changes: OpportunityChanges = {
        "name": " ",
        "type": None,
        "external_id": "1",
        "next_step": NextStep(text="", due_date=None),
        "pain_since": date(2026, 3, 3),
        "expected_close_date": date(1, 1, 1),
        "attributes": [],
    }

    with pytest.raises(InvalidInputError) as refusal:
        await validate_changes(organization.ctx, changes, TODAY)

    paths = [".".join(problem.path) for problem in refusal.value.fields]
    assert paths == [
        "name",
        "externalId",
        "type",
        "nextStep.text",
        "painSince",
        "expectedCloseDate",
        "attributes",
    ]


async def test_an_external_id_may_complete_the_stored_system(organization: TestOrganization) -> None:
    before: dict[str, object] = {"external_system": "crm", "external_id": "1"}

    columns = await validate_changes(organization.ctx, {"external_id": "2"}, TODAY, before)

    assert columns == {"external_id": "2"}
    with pytest.raises(InvalidInputError):
        await validate_changes(organization.ctx, {"external_id": None}, TODAY, before)


async def test_attributes_are_merged_with_the_stored_ones(organization: TestOrganization) -> None:
    before: dict[str, object] = {"attributes": {"region": "EMEA", "seats": 5}}
    changes: OpportunityChanges = {"attributes": {"seats": None, "tier": "gold"}}

    columns = await validate_changes(organization.ctx, changes, TODAY, before)

    assert columns == {"attributes": {"region": "EMEA", "tier": "gold"}}


async def test_a_value_is_stored_in_its_own_and_in_the_base_currency(organization: TestOrganization) -> None:
    value = MoneyAmount(Decimal("12.50"), "EUR")

    stored = await validate_changes(organization.ctx, {"value": value}, TODAY)
    cleared = await validate_changes(organization.ctx, {"value": None}, TODAY)

    assert stored == {"value_minor": 1250, "value_currency": "EUR", "base_minor": 1250}
    assert cleared == dict.fromkeys(stored)


def test_clearing_the_close_date_keeps_the_baseline_of_pushes() -> None:
    day = date(2026, 6, 30)

    assert close_date_columns(Validator(), day) == {"expected_close_date": day, "latest_close_date": day}
    assert close_date_columns(Validator(), None) == {"expected_close_date": None}


@pytest.mark.parametrize(
    ("last_set", "day", "expected"),
    [
        (date(2026, 6, 1), date(2026, 6, 30), False),
        (date(2026, 6, 30), date(2026, 7, 1), True),
        (date(2026, 12, 31), date(2027, 1, 1), True),
        (date(2026, 6, 30), date(2026, 5, 1), False),
        (None, date(2026, 7, 1), False),
        (date(2026, 6, 30), None, False),
    ],
)
def test_a_push_is_a_move_to_a_later_month(last_set: date | None, day: date | None, expected: bool) -> None:
    assert is_push(last_set, day) is expected


def test_a_next_step_without_a_day_may_be_stored_and_null_clears_all_of_it() -> None:
    step = NextStep(text=" Call Ada ", due_date=None, agreed_with_buyer=True)

    columns = next_step_columns(step, Validator())

    assert columns == {"next_step_text": "Call Ada", "next_step_due": None, "next_step_agreed": True}
    assert next_step_columns(None, Validator()) == {
        "next_step_text": None,
        "next_step_due": None,
        "next_step_agreed": False,
    }


@pytest.mark.parametrize(
    ("day", "is_valid"), [(None, True), (TODAY, True), (date(2026, 3, 3), False), (date(1899, 12, 31), False)]
)
def test_a_pain_began_today_or_before(day: date | None, is_valid: bool) -> None:
    found = faults_of(lambda validator: validate_pain_since(validator, day, TODAY))

    assert found == ([] if is_valid else [f"`painSince` is {day}. Enter a day from 1900-01-01 to today."])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"probability": 0.35}, {"probability": 0.35, "probability_is_manual": True}),
        ({"probability": 0}, {"probability": 0.0, "probability_is_manual": True}),
        (
            {"probability": None},
            {"probability": float(QUALIFIED.probability), "probability_is_manual": False},
        ),
        ({"forecast_category": ForecastCategory.COMMIT}, {"forecast_category": ForecastCategory.COMMIT}),
        ({"forecast_category": None}, {"forecast_category": QUALIFIED.forecast_category}),
    ],
)
def test_a_forecast_is_set_by_hand_or_reset_to_the_state(changes: Any, expected: dict[str, object]) -> None:
    assert forecast_columns(Validator(), changes, QUALIFIED) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probability": 1.01}, "`probability` is 1.01. It must be from 0 to 1, such as 0.35."),
        ({"probability": -0.01}, "`probability` is -0.01. It must be from 0 to 1, such as 0.35."),
        (
            {"forecast_category": ForecastCategory.CLOSED},
            "CLOSED is the category of won opportunities. "
            "Choose OMITTED, PIPELINE, BEST_CASE, MOST_LIKELY or COMMIT.",
        ),
    ],
)
def test_a_forecast_outside_its_bounds_is_reported(changes: Any, message: str) -> None:
    assert faults_of(lambda validator: forecast_columns(validator, changes, QUALIFIED)) == [message]
