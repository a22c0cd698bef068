"""The columns of a deal that a client's fields mean: checked, every fault told, pushes counted."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import EARLIEST, Faults, MoneyGiven, merged
from workflow.operations.pricing.exchange_rates import money
from workflow.rules.enums import ForecastCategory, OpportunityType, SlipReason
from workflow.rules.opportunity.facts import NextStep
from workflow.rules.process.document import StateSettings


class OpportunityChanges(TypedDict, total=False):
    """Fields of an opportunity that a client gave; None clears."""

    name: str | None
    type: OpportunityType | None
    description: str | None
    source: str | None
    external_system: str | None
    external_id: str | None
    value: MoneyGiven | None
    expected_close_date: date | None
    slip_reason: SlipReason | None
    next_step: NextStep | None
    pain_since: date | None
    probability: float | None
    forecast_category: ForecastCategory | None
    collaborator_ids: Sequence[UUID] | None
    attributes: object


LONGEST = {"name": 255, "description": 20_000, "source": 255, "external_system": 255, "external_id": 255}


async def checked(
    ctx: Ctx, given: OpportunityChanges, today: date, before: Mapping[str, object] | None = None
) -> dict[str, object]:
    """The columns that the given fields mean; every fault told. Forecast and pushes are judged apart."""
    faults, row = Faults(), before or {}
    fields = _texts(faults, given)
    faults.external({**row, **fields})
    if "type" in given:
        fields["type"] = given["type"]
        if given["type"] is None:
            faults.add("type", message="Every opportunity has a `type`. Leave it out to keep it.")
    if "next_step" in given:
        fields |= next_step_columns(given["next_step"], faults)
    if "pain_since" in given:
        fields["pain_since"] = past_day(faults, given["pain_since"], today)
    if "expected_close_date" in given:
        fields |= close_date_columns(faults, given["expected_close_date"])
    if "attributes" in given:
        kept = row.get("attributes")
        news = faults.attributes(given["attributes"], "attributes")
        fields["attributes"] = merged(kept if isinstance(kept, Mapping) else {}, news)
    faults.raise_if_any()
    return fields | await valued(ctx, given)


def next_step_columns(step: NextStep | None, faults: Faults) -> dict[str, object]:
    """A next step as the deal's row keeps it."""
    if step is None:
        return {"next_step_text": None, "next_step_due": None, "next_step_agreed": False}
    text = faults.text(step.text, "nextStep", "text", required=True, most=2_000)
    return {"next_step_text": text, "next_step_due": step.due_date, "next_step_agreed": step.agreed_with_buyer}


def past_day(faults: Faults, since: date | None, today: date) -> date | None:
    """Since when the buyer has lived with the pain: a day that has come."""
    if since is not None and not EARLIEST <= since <= today:
        message = "`painSince` is a day in the past: since when the buyer has lived with the pain."
        faults.add("painSince", message=message)
    return since


def close_date_columns(faults: Faults, day: date | None) -> dict[str, object]:
    """An expected close date, and the baseline of the next push; clearing it does not forget the last that was set."""
    if day is None:
        return {"expected_close_date": None}
    faults.day(day, "expectedCloseDate")
    return {"expected_close_date": day, "latest_close_date": day}


def is_push(last_set: date | None, day: date | None) -> bool:
    """A move to a later calendar month than the last date that was ever set."""
    return last_set is not None and day is not None and (day.year, day.month) > (last_set.year, last_set.month)


def forecast_columns(faults: Faults, given: OpportunityChanges, settings: StateSettings) -> dict[str, object]:
    """Probability and category set by hand; None gives them back to the state's settings."""
    fields: dict[str, object] = {}
    if "probability" in given:
        chance = given["probability"]
        if chance is not None and not 0 <= chance <= 1:
            faults.add("probability", message="`probability` goes from 0 to 1, e.g. 0.35.")
        fields["probability"] = float(settings.probability if chance is None else Decimal(str(chance)))
        fields["probability_is_manual"] = chance is not None
    if "forecast_category" in given:
        category = given["forecast_category"] or settings.forecast_category
        if category is ForecastCategory.CLOSED:
            message = (
                "CLOSED counts what is won. An open opportunity is OMITTED, PIPELINE, BEST_CASE, MOST_LIKELY or COMMIT."
            )
            faults.add("forecastCategory", message=message)
        fields["forecast_category"] = category
    return fields


async def valued(ctx: Ctx, given: OpportunityChanges) -> dict[str, object]:
    """A value as the deal's row keeps it."""
    if "value" not in given:
        return {}
    value = given["value"]
    if value is None:
        return {"value_minor": None, "value_currency": None, "base_minor": None}
    kept = await money(ctx, value, "value")
    return {"value_minor": kept.minor, "value_currency": kept.currency, "base_minor": kept.base_minor}


def _texts(faults: Faults, given: OpportunityChanges) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name, path in _TEXTS.items():
        if name in given:
            value: object = given[name]  # type: ignore[literal-required]  # the names of _TEXTS are those of the TypedDict
            text = value if isinstance(value, str) else None
            fields[name] = faults.text(text, path, required=name == "name", most=LONGEST[name])
    if isinstance(fields.get("name"), str):
        fields["name_folded"] = str(fields["name"]).casefold()
    return fields


_TEXTS = {
    "name": "name",
    "description": "description",
    "source": "source",
    "external_system": "externalSystem",
    "external_id": "externalId",
}
