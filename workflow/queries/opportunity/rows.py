"""Opportunities as plain rows, by id and in pages."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from workflow.models import Opportunity
from workflow.models.engine.database import read
from workflow.queries.opportunity.filter import OpportunityFilter, filter_condition
from workflow.queries.paging import Page, Term, Window, first_pages, page
from workflow.queries.records import RecordRow, in_list, list_value, select, statement
from workflow.queries.scope import scope_key, visible
from workflow.queries.text_search import common_text
from workflow.rules.enums import (
    DisqualifyReason,
    ForecastCategory,
    LossReason,
    OpportunityOrderField,
    OpportunityState,
    OpportunityType,
    PurchaseProcess,
    RiskLevel,
    WinReason,
)
from workflow.rules.permissions import Viewer


class OpportunityRow(RecordRow):
    """An opportunity as stored; money in minor units."""

    id: UUID
    organization_id: UUID
    number: int
    name: str
    type: OpportunityType
    description: str | None
    source: str | None
    external_system: str | None
    external_id: str | None
    account_id: UUID
    owner_id: UUID
    process_id: UUID
    state: OpportunityState
    state_since: datetime
    value_minor: int | None
    value_currency: str | None
    base_minor: int | None
    probability: float
    probability_is_manual: bool
    forecast_category: ForecastCategory
    expected_close_date: date | None
    latest_close_date: date | None
    push_count: int
    next_step_text: str | None
    next_step_due: date | None
    next_step_agreed: bool
    pain_since: date | None
    purchase_process: PurchaseProcess
    decision_date: date | None
    compelling_event: str | None
    motivation_to_change: str | None
    first_time_buyer: bool | None
    prior_attempt_failed: bool | None
    prior_attempt_note: str | None
    closed_on: date | None
    closed_from: OpportunityState | None
    win_reason: WinReason | None
    loss_reason: LossReason | None
    disqualify_reason: DisqualifyReason | None
    lost_to_id: UUID | None
    close_note: str | None
    health: int | None
    health_factors: str | None
    closed_insight: str | None
    risk_level: RiskLevel | None
    attributes: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    recorded_at: datetime | None
    disqualify_proposed: bool


ORDER_TERMS: dict[OpportunityOrderField, Term] = {
    OpportunityOrderField.NUMBER: Term("number"),
    OpportunityOrderField.NAME: Term("name_folded"),
    OpportunityOrderField.VALUE: Term("base_minor", nullable=True),
    OpportunityOrderField.PROBABILITY: Term("probability"),
    OpportunityOrderField.EXPECTED_CLOSE_DATE: Term("expected_close_date", nullable=True),
    OpportunityOrderField.CLOSED_ON: Term("closed_on", nullable=True),
    OpportunityOrderField.STATE_SINCE: Term("state_since"),
    OpportunityOrderField.HEALTH: Term("health", nullable=True),
    OpportunityOrderField.CREATED_AT: Term("created_at"),
    OpportunityOrderField.UPDATED_AT: Term("updated_at"),
}


async def opportunities(
    viewer: Viewer,
    filter: OpportunityFilter,
    order: Sequence[Term],
    window: Window,
    columns: Collection[str] | None = None,
) -> Page[OpportunityRow]:
    """Return a page of the visible deals that match, with some of their columns or all.

    One statement, and one more for a text.
    """
    selected = OpportunityRow.some_columns(columns, "id")
    text = await common_text(viewer.organization_id, filter.text)
    return await page(
        lambda: visible(viewer).filter(filter_condition(viewer, filter, common_text=text)),
        table=Opportunity,
        key=(scope_key(viewer), filter, text, selected),
        order=order or [Term("number")],
        window=window,
        columns=selected,
        make=OpportunityRow,
    )


async def opportunities_of_accounts(
    viewer: Viewer,
    account_ids: Collection[UUID],
    filter: OpportunityFilter,
    order: Sequence[Term],
    size: int,
    columns: Collection[str] | None = None,
) -> dict[UUID, Page[OpportunityRow]]:
    """Return the first page of the visible deals of each account that match.

    One statement, and one more for a text.
    """
    text = await common_text(viewer.organization_id, filter.text)
    return await first_pages(
        visible(viewer).filter(filter_condition(viewer, filter, common_text=text)),
        table=Opportunity,
        parent="account_id",
        parents=account_ids,
        order=order,
        size=size,
        columns=OpportunityRow.some_columns(columns, "id"),
        make=OpportunityRow,
    )


async def opportunities_by_id(viewer: Viewer, ids: Collection[UUID]) -> dict[UUID, OpportunityRow]:
    """Return the visible deals among these; one statement."""
    if viewer.sees_all:
        sql = (
            f"{select(Opportunity, OpportunityRow.columns)} WHERE organization_id = $1 AND id {in_list('$2')}"
        )
        records = await read(f"{sql} AND deleted_at IS NULL", viewer.organization_id, list_value(ids))
        return {row.id: row for row in map(OpportunityRow, records)}
    found = statement(visible(viewer).filter(id__in=list(ids)).values(*OpportunityRow.columns))
    rows = map(OpportunityRow, await found.read())
    return {row.id: row for row in rows}


def matching(viewer: Viewer, filter: OpportunityFilter) -> QuerySet[Opportunity]:
    """Return the visible deals that match a filter."""
    return visible(viewer).filter(filter_condition(viewer, filter))
