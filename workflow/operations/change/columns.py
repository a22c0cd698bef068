"""Validation of a deal's input fields, and their conversion to columns."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import EARLIEST_DATE, MoneyAmount, Validator, merge_attributes
from workflow.operations.pricing.exchange_rates import to_stored_money
from workflow.rules.enums import ForecastCategory, OpportunityType, SlipReason
from workflow.rules.opportunity.facts import NextStep
from workflow.rules.process.document import StateSettings
from workflow.rules.search_text import name_columns


class OpportunityChanges(TypedDict, total=False):
    """The fields of an opportunity that a client has set; None clears a field."""

    name: str | None
    type: OpportunityType | None
    description: str | None
    source: str | None
    external_system: str | None
    external_id: str | None
    value: MoneyAmount | None
    expected_close_date: date | None
    slip_reason: SlipReason | None
    next_step: NextStep | None
    pain_since: date | None
    probability: float | None
    forecast_category: ForecastCategory | None
    collaborator_ids: Sequence[UUID] | None
    attributes: object


MAX_LENGTHS = {"name": 255, "description": 20_000, "source": 255, "external_system": 255, "external_id": 255}


async def validate_changes(
    ctx: Ctx, changes: OpportunityChanges, today: date, before: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the columns for the given fields. Raise InvalidInputError with every fault.

    `before` is the row of an existing deal. Forecast fields and pushes are validated elsewhere.
    """
    validator = Validator()
    row = before or {}
    fields = _text_columns(validator, changes)
    validator.external_id({**row, **fields})
    if "type" in changes:
        fields["type"] = changes["type"]
        if changes["type"] is None:
            validator.add("type", message="`type` cannot be null. Leave it out to keep it.")
    if "next_step" in changes:
        fields |= next_step_columns(changes["next_step"], validator)
    if "pain_since" in changes:
        fields["pain_since"] = validate_pain_since(validator, changes["pain_since"], today)
    if "expected_close_date" in changes:
        fields |= close_date_columns(validator, changes["expected_close_date"])
    if "attributes" in changes:
        stored = row.get("attributes")
        attributes = validator.attributes(changes["attributes"], "attributes")
        fields["attributes"] = merge_attributes(stored if isinstance(stored, Mapping) else {}, attributes)
    validator.raise_if_any()
    return fields | await value_columns(ctx, changes)


def next_step_columns(step: NextStep | None, validator: Validator) -> dict[str, object]:
    """Return the columns of a next step."""
    if step is None:
        return {"next_step_text": None, "next_step_due": None, "next_step_agreed": False}
    text = validator.text(step.text, "nextStep", "text", required=True, max_length=2_000)
    return {
        "next_step_text": text,
        "next_step_due": step.due_date,
        "next_step_agreed": step.agreed_with_buyer,
    }


def validate_pain_since(validator: Validator, pain_since: date | None, today: date) -> date | None:
    """Return the day since which the buyer has had the pain, and report one in the future."""
    if pain_since is not None and not EARLIEST_DATE <= pain_since <= today:
        message = f"`painSince` is {pain_since}. Enter a day from {EARLIEST_DATE} to today."
        validator.add("painSince", message=message)
    return pain_since


def close_date_columns(validator: Validator, day: date | None) -> dict[str, object]:
    """Return the columns of an expected close date, one of which is the baseline for the next push."""
    if day is None:
        # The baseline stays: clearing the date and setting a later one is a push all the same.
        return {"expected_close_date": None}
    validator.day(day, "expectedCloseDate")
    return {"expected_close_date": day, "latest_close_date": day}


def is_push(last_set: date | None, day: date | None) -> bool:
    """Return True if the day is in a later calendar month than the last date that was set."""
    return (
        last_set is not None and day is not None and (day.year, day.month) > (last_set.year, last_set.month)
    )


def forecast_columns(
    validator: Validator, changes: OpportunityChanges, settings: StateSettings
) -> dict[str, object]:
    """Return the columns of a probability and category set by hand. None resets to the state's setting."""
    fields: dict[str, object] = {}
    if "probability" in changes:
        probability = changes["probability"]
        if probability is not None and not 0 <= probability <= 1:
            message = f"`probability` is {probability}. It must be from 0 to 1, such as 0.35."
            validator.add("probability", message=message)
        fields["probability"] = float(
            settings.probability if probability is None else Decimal(str(probability))
        )
        fields["probability_is_manual"] = probability is not None
    if "forecast_category" in changes:
        category = changes["forecast_category"] or settings.forecast_category
        if category is ForecastCategory.CLOSED:
            message = (
                "CLOSED is the category of won opportunities. "
                "Choose OMITTED, PIPELINE, BEST_CASE, MOST_LIKELY or COMMIT."
            )
            validator.add("forecastCategory", message=message)
        fields["forecast_category"] = category
    return fields


async def value_columns(ctx: Ctx, changes: OpportunityChanges) -> dict[str, object]:
    """Return the columns of a value, which is also stored in the base currency at today's rate."""
    if "value" not in changes:
        return {}
    value = changes["value"]
    if value is None:
        return {"value_minor": None, "value_currency": None, "base_minor": None}
    stored = await to_stored_money(ctx, value, "value")
    return {"value_minor": stored.minor, "value_currency": stored.currency, "base_minor": stored.base_minor}


def _text_columns(validator: Validator, changes: OpportunityChanges) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, path in _TEXT_PATHS.items():
        if name in changes:
            value: object = changes[name]  # type: ignore[literal-required]  # keys of the TypedDict
            text = value if isinstance(value, str) else None
            fields[name] = validator.text(text, path, required=name == "name", max_length=MAX_LENGTHS[name])
    if isinstance(fields.get("name"), str):
        fields |= name_columns(str(fields["name"]))
    return fields


_TEXT_PATHS = {
    "name": "name",
    "description": "description",
    "source": "source",
    "external_system": "externalSystem",
    "external_id": "externalId",
}
