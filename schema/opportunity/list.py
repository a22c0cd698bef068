"""Lists of opportunities: filter, order, pages, totals."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError

from schema.core import connections, ids
from schema.core.context import Info
from schema.core.inputs import bad_input, conditions, lists_to_tuples, optional, or_none
from schema.core.money import Money, money
from schema.core.nodes import PageInfo, backed_by, described
from schema.core.ranges import DateRange, DateTimeRange, DecimalRange, IntRange, to_between, to_days, to_span
from schema.opportunity.type import Opportunity
from workflow.queries.opportunity import rows
from workflow.queries.opportunity.filter import NumberRange, OpportunityFilter
from workflow.queries.opportunity.rows import ORDER_TERMS, OpportunityRow
from workflow.queries.paging import Term, Window
from workflow.rules.enums import (
    AlertCode,
    AlertSeverity,
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityField,
    OpportunityOrderField,
    OpportunityState,
    OpportunityType,
    OrderDirection,
    RiskLevel,
    WinReason,
)
from workflow.rules.money import exponent

MAX_FILTER_DEPTH = 5
MAX_FILTERS = 50


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
    collaborator_id: list[strawberry.ID] | None = optional("Opportunities with one of these members as a collaborator.")
    team_id: list[strawberry.ID] | None = optional("Opportunities whose owner belongs to one of these teams.")
    account_id: list[strawberry.ID] | None = optional("Opportunities of one of these accounts.")
    process_id: list[strawberry.ID] | None = optional("Opportunities that follow one of these process versions.")
    type: list[OpportunityType] | None = optional("Opportunities of one of these types.")
    source: list[str] | None = optional("Opportunities with one of these sources, spelled exactly.")
    forecast_category: list[ForecastCategory] | None = optional("Opportunities in one of these forecast categories.")
    value: DecimalRange | None = optional(
        "Opportunities whose `baseValue` is in this range, in major units of the base currency."
    )
    expected_close_date: DateRange | None = optional("Opportunities that are expected to close in this range of days.")
    created_at: DateTimeRange | None = optional("Opportunities that were created in this range.")
    updated_at: DateTimeRange | None = optional("Opportunities that were last changed in this range.")
    state_since: DateTimeRange | None = optional("Opportunities that entered their state in this range.")
    closed_on: DateRange | None = optional("Opportunities that were closed in this range of days.")
    health: IntRange | None = optional(
        "Opportunities whose health score is in this range. Those without a known health do not match."
    )
    risk_level: list[RiskLevel] | None = optional("Opportunities whose highest open risk has one of these levels.")
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
    alert_code: list[AlertCode] | None = optional("Opportunities with an unresolved alert of one of these codes.")
    missing: list[OpportunityField] | None = optional("Opportunities that have no value in one of these fields.")
    text: str | None = optional(
        "Opportunities whose name, account name, contact name or number contains this text, ignoring case."
    )
    any_of: list["OpportunityFilterInput"] | None = optional("Opportunities that match at least one of these filters.")
    not_: "OpportunityFilterInput | None" = strawberry.field(
        name="not", default=strawberry.UNSET, description="Opportunities that do not match this filter."
    )


@strawberry.input(description="One sort key of a list of opportunities.")
class OpportunityOrder:
    field: OpportunityOrderField = described("The field to sort by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Ascending or descending.")


@strawberry.type(description="An opportunity and its cursor.")
class OpportunityEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described(
        "The position of this item. Pass it as `after` to continue after it, or as `before` to go back."
    )
    node: Opportunity = described("The opportunity.")


@strawberry.type(description="A page of opportunities.")
class OpportunityConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[OpportunityEdge] = described("The items of the page, each with its cursor.")
    nodes: list[Opportunity] = described("The items of the page, without their cursors.")
    page_info: PageInfo = described("The position of the page in the list.")

    @strawberry.field(description="The number of items that match the filter, on all pages together.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        return (await info.context.loaders.totals(root.scope)).count

    @strawberry.field(
        description="The sum of `baseValue` over all opportunities that match the filter, on all pages "
        "together. Null, with an error, if a currency has no exchange rate."
    )
    async def total_value(self, root: strawberry.Parent[Any], info: Info) -> Money | None:
        found = await info.context.loaders.totals(root.scope)
        if found.base_minor is None:
            raise GraphQLError("One of these is in a currency without a rate.", extensions={"code": "BAD_USER_INPUT"})
        return money(found.base_minor, (await info.context.loaders.organization()).base_currency)


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
    """The filter as a query takes it."""
    if filter is not None and (count := sum(1 for _ in _flatten(filter))) > MAX_FILTERS:
        raise bad_input(f"The filter is made of {count:,} filters; it takes at most {MAX_FILTERS}.")
    return await _parse_nested(info, filter)


def _flatten(filter: OpportunityFilterInput, depth: int = 1) -> Iterator[OpportunityFilterInput]:
    """The filter and all inside it."""
    if depth > MAX_FILTER_DEPTH:
        raise bad_input(f"Filters nest at most {MAX_FILTER_DEPTH} deep.")
    yield filter
    negated = or_none(filter.not_)
    for part in (or_none(filter.any_of) or []) + ([] if negated is None else [negated]):
        yield from _flatten(part, depth + 1)


async def _parse_nested(info: Info, filter: OpportunityFilterInput | None) -> OpportunityFilter:
    fields = conditions(filter)
    inner, negated = fields.pop("any_of", None), fields.pop("not_", None)
    fields |= {name: ids.parse_valid(kind, fields[name]) for name, kind in _ID_FIELDS.items() if name in fields}
    fields |= {name: to_days(fields[name]) for name in _DAY_FIELDS if name in fields}
    fields |= {name: to_span(fields[name]) for name in _TIME_FIELDS if name in fields}
    fields |= {name: to_between(fields[name]) for name in ("health",) if name in fields}
    if "value" in fields:
        fields["value"] = await _parse_amounts(info, fields["value"])
    if inner is not None:
        fields["any_of"] = [await _parse_nested(info, part) for part in inner]
    if negated is not None:
        fields["negated"] = await _parse_nested(info, negated)
    return OpportunityFilter(**lists_to_tuples(fields))


async def _parse_amounts(info: Info, range: DecimalRange) -> NumberRange:
    digits = exponent((await info.context.loaders.organization()).base_currency) or 0
    least, most = or_none(range.min), or_none(range.max)
    return NumberRange(least=_to_minor(least, digits, up=True), most=_to_minor(most, digits, up=False))


def _to_minor(amount: Decimal | None, digits: int, *, up: bool) -> int | None:
    if amount is None:
        return None
    scaled = amount.scaleb(digits)
    rounded = int(scaled.to_integral_value(rounding="ROUND_CEILING" if up else "ROUND_FLOOR"))
    return max(-(2**62), min(2**62, rounded))


def parse_opportunity_order(order: list[OpportunityOrder] | None) -> tuple[Term, ...]:
    """The order as a query takes it; by number where none is given."""
    found = [_parse_term(part) for part in order or []]
    if len({term.column for term in found}) != len(found):
        raise bad_input("`orderBy` names a field twice. Give each once.")
    return tuple(found) or (Term("number"),)


def _parse_term(part: OpportunityOrder) -> Term:
    term = ORDER_TERMS[part.field]
    return Term(term.column, descending=part.direction is OrderDirection.DESC, nullable=term.nullable)


async def account_opportunities(
    info: Info, account_id: UUID, filter: OpportunityFilterInput | None, order: Sequence[Term], window: Window
) -> connections.Connection[OpportunityRow]:
    """A page of an account's opportunities."""
    scope = await parse_opportunity_filter(info, filter)
    includes_account = scope.account_id is None or account_id in scope.account_id
    return await _page(info, replace(scope, account_id=(account_id,) if includes_account else ()), order, window)


async def _page(
    info: Info, scope: OpportunityFilter, order: Sequence[Term], window: Window
) -> connections.Connection[OpportunityRow]:
    page = await rows.opportunities(info.context.viewer, scope, order, window)
    return connections.to_connection(info.context.loaders.remember_page(page), order, scope)


@strawberry.type
class OpportunityQuery:
    @strawberry.field(
        graphql_type=Opportunity | None,
        description="The opportunity with this id. Null if there is none that you can see.",
    )
    async def opportunity(self, info: Info, id: strawberry.ID) -> Any:
        found = ids.decode(id)
        return await info.context.loaders.row("Opportunity", found[1]) if found and found[0] == "Opportunity" else None

    @strawberry.field(
        graphql_type=OpportunityConnection,
        description="The opportunities that you can see, by number unless you pass `orderBy`.",
    )
    async def opportunities(
        self,
        info: Info,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
        filter: OpportunityFilterInput | None = strawberry.UNSET,
        order_by: list[OpportunityOrder] | None = strawberry.UNSET,
    ) -> Any:
        order, scope = parse_opportunity_order(or_none(order_by)), await parse_opportunity_filter(info, or_none(filter))
        window = connections.window(order, first=first, after=after, last=last, before=before)
        return await _page(info, scope, order, window)
