"""The filter for opportunities, as clients give it, and its conversion for queries."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

import strawberry

from schema.core import ids
from schema.core.context import Info
from schema.core.inputs import bad_input, conditions, lists_to_tuples, optional, or_none
from schema.core.ranges import (
    DateRange,
    DateTimeRange,
    DecimalRange,
    IntRange,
    to_days,
    to_number_range,
    to_span,
)
from workflow.queries.conditions import NumberRange
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.rules.enums import (
    AlertCode,
    AlertSeverity,
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityField,
    OpportunityState,
    OpportunityType,
    RiskLevel,
    WinReason,
)
from workflow.rules.money import exponent

MAX_FILTER_DEPTH = 5
MAX_FILTERS = 50
MAX_MINOR = 2**62
"""The bound of an amount in minor units: above every real amount, and in the range of a database integer."""


@strawberry.input(
    name="OpportunityFilter",
    description="A filter for opportunities. All fields that are given must match; a list matches "
    "if one of its values does, and an empty list matches nothing. Filters can be "
    "nested 5 deep.",
)
class OpportunityFilterInput:
    ids: list[strawberry.ID] | None = optional("Opportunities with one of these ids.")
    numbers: list[int] | None = optional("Opportunities with one of these numbers.")
    external_system: str | None = optional("Opportunities that come from this system.")
    external_ids: list[str] | None = optional("Opportunities with one of these external ids.")
    state: list[OpportunityState] | None = optional("Opportunities in one of these states.")
    open: bool | None = optional(
        "Opportunities that are open (true: LEAD, QUALIFIED or PROGRESSING) or closed (false)."
    )
    owner_id: list[strawberry.ID] | None = optional("Opportunities that one of these members owns.")
    collaborator_id: list[strawberry.ID] | None = optional(
        "Opportunities with one of these members as a collaborator."
    )
    team_id: list[strawberry.ID] | None = optional("Opportunities whose owner belongs to one of these teams.")
    account_id: list[strawberry.ID] | None = optional("Opportunities of one of these accounts.")
    process_id: list[strawberry.ID] | None = optional(
        "Opportunities that follow one of these process versions."
    )
    type: list[OpportunityType] | None = optional("Opportunities of one of these types.")
    source: list[str] | None = optional("Opportunities with one of these sources, spelled exactly.")
    forecast_category: list[ForecastCategory] | None = optional(
        "Opportunities in one of these forecast categories."
    )
    value: DecimalRange | None = optional(
        "Opportunities whose `baseValue` is in this range, in major units of the base currency."
    )
    expected_close_date: DateRange | None = optional(
        "Opportunities that are expected to close in this range of days."
    )
    created_at: DateTimeRange | None = optional("Opportunities that were created in this range.")
    updated_at: DateTimeRange | None = optional("Opportunities that were last changed in this range.")
    state_since: DateTimeRange | None = optional("Opportunities that entered their state in this range.")
    closed_on: DateRange | None = optional("Opportunities that were closed in this range of days.")
    health: IntRange | None = optional(
        "Opportunities whose health score is in this range. Those without a known health do not match."
    )
    risk_level: list[RiskLevel] | None = optional(
        "Opportunities whose highest open risk has one of these levels."
    )
    win_reason: list[WinReason] | None = optional("Opportunities that were won for one of these reasons.")
    loss_reason: list[LossReason] | None = optional("Opportunities that were lost for one of these reasons.")
    disqualify_reason: list[DisqualifyReason] | None = optional(
        "Opportunities that were disqualified for one of these reasons."
    )
    competitor_name: list[str] | None = optional(
        "Opportunities with a competitor of one of these names, spelled exactly."
    )
    alert_severity: list[AlertSeverity] | None = optional(
        "Opportunities with an unresolved alert of one of these severities."
    )
    alert_code: list[AlertCode] | None = optional(
        "Opportunities with an unresolved alert of one of these codes."
    )
    missing: list[OpportunityField] | None = optional(
        "Opportunities that have no value in one of these fields."
    )
    text: str | None = optional(
        "Opportunities that have each word of this text in their own name, or in that of their account, of a "
        "stakeholder or of their owner, or as their number, with or without #. The order of the words, case "
        "and accents do not matter."
    )
    any_of: list["OpportunityFilterInput"] | None = optional(
        "Opportunities that match at least one of these filters."
    )
    not_: "OpportunityFilterInput | None" = strawberry.field(
        name="not", default=strawberry.UNSET, description="Opportunities that do not match this filter."
    )


OpportunityFilterArgument = Annotated[
    OpportunityFilterInput | None,
    strawberry.argument(description="Only opportunities that match this filter."),
]

_ID_FIELDS = {
    "ids": "Opportunity",
    "owner_id": "Member",
    "collaborator_id": "Member",
    "team_id": "Team",
    "account_id": "Account",
    "process_id": "SalesProcess",
}
_DAY_FIELDS = ("expected_close_date", "closed_on")
_TIME_FIELDS = ("created_at", "updated_at", "state_since")


async def parse_opportunity_filter(info: Info, filter: OpportunityFilterInput | None) -> OpportunityFilter:
    """Convert the filter for a query."""
    if filter is not None and (count := sum(1 for _ in _flatten(filter))) > MAX_FILTERS:
        raise bad_input(f"The filter contains {count:,} filters; at most {MAX_FILTERS} are allowed.")
    return await _parse_nested(info, filter)


def _flatten(filter: OpportunityFilterInput, depth: int = 1) -> Iterator[OpportunityFilterInput]:
    """Yield the filter and all filters nested in it."""
    if depth > MAX_FILTER_DEPTH:
        raise bad_input(f"Filters can be nested at most {MAX_FILTER_DEPTH} deep.")
    yield filter
    negated = or_none(filter.not_)
    for part in (or_none(filter.any_of) or []) + ([] if negated is None else [negated]):
        yield from _flatten(part, depth + 1)


async def _parse_nested(info: Info, filter: OpportunityFilterInput | None) -> OpportunityFilter:
    fields = conditions(filter)
    any_of = fields.pop("any_of", None)
    negated = fields.pop("not_", None)
    fields |= {
        name: ids.parse_valid(kind, fields[name]) for name, kind in _ID_FIELDS.items() if name in fields
    }
    fields |= {name: to_days(fields[name]) for name in _DAY_FIELDS if name in fields}
    fields |= {name: to_span(fields[name]) for name in _TIME_FIELDS if name in fields}
    if "health" in fields:
        fields["health"] = to_number_range(fields["health"])
    if "value" in fields:
        fields["value"] = await _parse_amounts(info, fields["value"])
    if any_of is not None:
        fields["any_of"] = [await _parse_nested(info, part) for part in any_of]
    if negated is not None:
        fields["negated"] = await _parse_nested(info, negated)
    return OpportunityFilter(**lists_to_tuples(fields))


async def _parse_amounts(info: Info, range: DecimalRange) -> NumberRange:
    """Convert a range of major units, rounded inwards, so that no amount outside of it matches."""
    digits = exponent((await info.context.loaders.organization()).base_currency) or 0
    return NumberRange(
        least=_to_minor(or_none(range.min), digits, up=True),
        most=_to_minor(or_none(range.max), digits, up=False),
    )


def _to_minor(amount: Decimal | None, digits: int, *, up: bool) -> int | None:
    if amount is None:
        return None
    scaled = amount.scaleb(digits)
    rounded = int(scaled.to_integral_value(rounding="ROUND_CEILING" if up else "ROUND_FLOOR"))
    return max(-MAX_MINOR, min(MAX_MINOR, rounded))
