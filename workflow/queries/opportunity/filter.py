"""The filter of opportunities.

Its fields are joined by AND. A list matches any of its values, and an empty list matches nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.expressions import Q, Subquery

from workflow.models import Collaborator, Competitor, Member, Objective
from workflow.queries.conditions import (
    Days,
    NumberRange,
    Span,
    column_in,
    in_days,
    in_number_range,
    in_span,
)
from workflow.queries.opportunity.alerts import has_alert
from workflow.queries.text_search import matches_text
from workflow.rules.enums import OPEN_STATES, OpportunityField
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class OpportunityFilter:
    """Conditions on deals; None leaves one out.

    `any_of` joins filters by OR, and `negated` is a filter not to match.
    """

    ids: tuple[UUID, ...] | None = None
    numbers: tuple[int, ...] | None = None
    external_system: str | None = None
    external_ids: tuple[str, ...] | None = None
    state: tuple[str, ...] | None = None
    open: bool | None = None
    owner_id: tuple[UUID, ...] | None = None
    collaborator_id: tuple[UUID, ...] | None = None
    team_id: tuple[UUID, ...] | None = None
    account_id: tuple[UUID, ...] | None = None
    process_id: tuple[UUID, ...] | None = None
    type: tuple[str, ...] | None = None
    source: tuple[str, ...] | None = None
    forecast_category: tuple[str, ...] | None = None
    value: NumberRange | None = None
    expected_close_date: Days | None = None
    created_at: Span | None = None
    updated_at: Span | None = None
    state_since: Span | None = None
    closed_on: Days | None = None
    health: NumberRange | None = None
    risk_level: tuple[str, ...] | None = None
    win_reason: tuple[str, ...] | None = None
    loss_reason: tuple[str, ...] | None = None
    disqualify_reason: tuple[str, ...] | None = None
    competitor_name: tuple[str, ...] | None = None
    alert_severity: tuple[str, ...] | None = None
    alert_code: tuple[str, ...] | None = None
    missing: tuple[OpportunityField, ...] | None = None
    text: str | None = None
    any_of: "tuple[OpportunityFilter, ...] | None" = None
    negated: "OpportunityFilter | None" = None


_LIST_COLUMNS = {
    "ids": "id",
    "numbers": "number",
    "external_ids": "external_id",
    "state": "state",
    "owner_id": "owner_id",
    "account_id": "account_id",
    "process_id": "process_id",
    "type": "type",
    "source": "source",
    "forecast_category": "forecast_category",
    "risk_level": "risk_level",
    "win_reason": "win_reason",
    "loss_reason": "loss_reason",
    "disqualify_reason": "disqualify_reason",
}
_SPAN_FIELDS = ("created_at", "updated_at", "state_since")
_DAYS_FIELDS = ("expected_close_date", "closed_on")

_MISSING_CONDITIONS: dict[OpportunityField, Callable[[], Q]] = {
    OpportunityField.VALUE: lambda: Q(value_minor__isnull=True) | Q(value_minor=0),
    OpportunityField.EXPECTED_CLOSE_DATE: lambda: Q(expected_close_date__isnull=True),
    OpportunityField.NEXT_STEP: lambda: Q(next_step_due__isnull=True),
    OpportunityField.DESCRIPTION: lambda: Q(description__isnull=True) | Q(description=""),
    OpportunityField.PURCHASE_PROCESS: lambda: Q(purchase_process="UNKNOWN"),
    OpportunityField.DECISION_DATE: lambda: Q(decision_date__isnull=True),
    OpportunityField.COMPELLING_EVENT: lambda: Q(compelling_event__isnull=True) | Q(compelling_event=""),
    OpportunityField.COMPETITORS: lambda: ~Q(id__in=Subquery(Competitor.all().values("opportunity_id"))),
    OpportunityField.OBJECTIVES: lambda: ~Q(id__in=Subquery(Objective.all().values("opportunity_id"))),
}


def filter_condition(viewer: Viewer, filter: OpportunityFilter, *, common_text: str | None = None) -> Q:
    """Return the condition of a filter; it matches the same deals on both databases.

    `common_text` is the text of the filter if many deals match it; see `matches_text`.
    """
    parts = [
        column_in(column, values)
        for name, column in _LIST_COLUMNS.items()
        if (values := getattr(filter, name)) is not None
    ]
    parts += [in_span(name, getattr(filter, name)) for name in _SPAN_FIELDS]
    parts += [in_days(name, getattr(filter, name)) for name in _DAYS_FIELDS]
    parts += [
        in_number_range("base_minor", filter.value),
        in_number_range("health", filter.health),
        _people(viewer, filter),
        has_alert(filter.alert_severity, filter.alert_code),
        _other_conditions(filter),
    ]
    if filter.text is not None:
        parts.append(
            matches_text(
                "OPPORTUNITY", viewer.organization_id, filter.text, common=filter.text == common_text
            )
        )
    if filter.any_of is not None:
        parts.append(_any_of([filter_condition(viewer, part) for part in filter.any_of]))
    if filter.negated is not None:
        parts.append(Q(id__not_in=Subquery(_ids(viewer, filter.negated))))
    return Q(*parts)


def _ids(viewer: Viewer, filter: OpportunityFilter) -> Any:
    # NOT excludes ids, because a negated comparison with NULL would leave out deals with an empty column.
    from workflow.models import Opportunity

    return Opportunity.filter(
        Q(organization_id=viewer.organization_id) & filter_condition(viewer, filter)
    ).values("id")


def _any_of(choices: list[Q]) -> Q:
    return Q(*choices, join_type="OR") if choices else Q(id__in=[])


def _other_conditions(filter: OpportunityFilter) -> Q:
    condition = Q()
    if filter.external_system is not None:
        condition &= column_in("external_system", [filter.external_system])
    if filter.open is not None:
        condition &= Q(closed_from__isnull=filter.open)
    if filter.state and OPEN_STATES.isdisjoint(filter.state) != OPEN_STATES.issuperset(filter.state):
        # Indexes of open and of closed deals have this condition, and no database knows that states imply it.
        condition &= Q(closed_from__isnull=OPEN_STATES.issuperset(filter.state))
    if filter.competitor_name is not None:
        deals = Competitor.filter(column_in("name", filter.competitor_name)).values("opportunity_id")
        condition &= Q(id__in=Subquery(deals))
    if filter.missing is not None:
        condition &= _any_of([_MISSING_CONDITIONS[field]() for field in dict.fromkeys(filter.missing)])
    return condition


def _people(viewer: Viewer, filter: OpportunityFilter) -> Q:
    condition = Q()
    if filter.collaborator_id is not None:
        deals = Collaborator.filter(member_id__in=list(filter.collaborator_id)).values("opportunity_id")
        condition &= Q(id__in=Subquery(deals))
    if filter.team_id is not None:
        team = Member.filter(organization_id=viewer.organization_id, team_id__in=list(filter.team_id)).values(
            "id"
        )
        condition &= Q(owner_id__in=Subquery(team))
    return condition
