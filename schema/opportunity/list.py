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
    description="Fields are joined by AND, values of a list by OR; an empty list matches nothing; `value` is in base currency; nesting at most 5.",
)
class OpportunityFilterInput:
    ids: list[strawberry.ID] | None = optional("These.")
    numbers: list[int] | None = optional("With these numbers.")
    external_system: str | None = optional("From this system.")
    external_ids: list[str] | None = optional("With one of these ids there.")
    state: list[OpportunityState] | None = optional("In one of these states.")
    open: bool | None = optional("True: LEAD, QUALIFIED, PROGRESSING; false: closed.")
    owner_id: list[strawberry.ID] | None = optional("Owned by one of these members.")
    collaborator_id: list[strawberry.ID] | None = optional("Worked by one of these members beside the owner.")
    team_id: list[strawberry.ID] | None = optional("Whose owner belongs to one of these teams.")
    account_id: list[strawberry.ID] | None = optional("At one of these accounts.")
    process_id: list[strawberry.ID] | None = optional("On one of these process versions.")
    type: list[OpportunityType] | None = optional("Of one of these types.")
    source: list[str] | None = optional("From one of these sources.")
    forecast_category: list[ForecastCategory] | None = optional("Counted as one of these.")
    value: DecimalRange | None = optional("Worth so much, in major units of the base currency.")
    expected_close_date: DateRange | None = optional("Expected to close on these days.")
    created_at: DateTimeRange | None = optional("Begun in this span.")
    updated_at: DateTimeRange | None = optional("Changed in this span.")
    state_since: DateTimeRange | None = optional("In its state since this span.")
    closed_on: DateRange | None = optional("Closed on these days.")
    health: IntRange | None = optional("With such a health; a deal whose health is not known is not among them.")
    risk_level: list[RiskLevel] | None = optional("Whose highest open risk is at one of these levels.")
    win_reason: list[WinReason] | None = optional("Won for one of these.")
    loss_reason: list[LossReason] | None = optional("Lost for one of these.")
    disqualify_reason: list[DisqualifyReason] | None = optional("Disqualified for one of these.")
    competitor_name: list[str] | None = optional("Against a competitor with one of these names, exactly.")
    alert_severity: list[AlertSeverity] | None = optional("With an unresolved alert as urgent as one of these.")
    alert_code: list[AlertCode] | None = optional("With an unresolved alert of one of these rules.")
    missing: list[OpportunityField] | None = optional("Those in which one of these is missing.")
    text: str | None = optional("Matches name, account name, contact name and number; case-insensitive.")
    any_of: list["OpportunityFilterInput"] | None = optional("At least one of these filters.")
    not_: "OpportunityFilterInput | None" = strawberry.field(
        name="not", default=strawberry.UNSET, description="Not this filter."
    )


@strawberry.input(description="One column of an order.")
class OpportunityOrder:
    field: OpportunityOrderField = described("By what.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Up or down.")


@strawberry.type(description="An opportunity in a list.")
class OpportunityEdge:
    is_type_of = backed_by(connections.Edge)
    cursor: str = described("Go on from here with `after` or `before`.")
    node: Opportunity = described("The opportunity.")


@strawberry.type(description="A page of opportunities.")
class OpportunityConnection:
    is_type_of = backed_by(connections.Connection)
    edges: list[OpportunityEdge] = described("The rows with their cursors.")
    nodes: list[Opportunity] = described("The rows.")
    page_info: PageInfo = described("Where the page stands.")

    @strawberry.field(description="How many match the filter, not only this page.")
    async def total_count(self, root: strawberry.Parent[Any], info: Info) -> int:
        return (await info.context.loaders.totals(root.scope)).count

    @strawberry.field(
        description="Sum of `baseValue` over everything that matches the filter, not only this page. Null, with an error, where a currency has no rate."
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
        description="An opportunity by id; null where there is none that the viewer sees.",
    )
    async def opportunity(self, info: Info, id: strawberry.ID) -> Any:
        found = ids.decode(id)
        return await info.context.loaders.row("Opportunity", found[1]) if found and found[0] == "Opportunity" else None

    @strawberry.field(
        graphql_type=OpportunityConnection, description="20 where neither `first` nor `last` is given; 1 to 100."
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
