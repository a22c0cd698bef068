"""The only loader of facts, the input of the rules: one statement for each table, however many deals."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from workflow.models import Account, Collaborator, Opportunity, Organization
from workflow.queries.columns import column_names
from workflow.queries.grouping import group_by_parent
from workflow.queries.opportunity import activities, buyer, history, qualification, risks
from workflow.queries.opportunity import milestones as progress
from workflow.queries.opportunity.accounts import AccountRow
from workflow.queries.opportunity.rows import OpportunityRow, opportunity_row
from workflow.rules.opportunity.facts import AccountFacts, NextStep, OpportunityFacts

PartByDeal = Mapping[
    UUID, Any
]  # Any: each part has its own shape, that of the field of OpportunityFacts it fills
PartLoader = Callable[[UUID, Collection[UUID], datetime], Awaitable[PartByDeal]]

_COPIED_FIELDS = (
    "id", "organization_id", "number", "name", "type", "description", "source", "state", "state_since",
    "value_minor", "value_currency", "base_minor", "probability_is_manual", "forecast_category",
    "expected_close_date", "push_count", "pain_since", "owner_id", "attributes", "version", "created_at",
    "updated_at", "recorded_at", "purchase_process", "decision_date", "compelling_event",
    "motivation_to_change", "first_time_buyer", "prior_attempt_failed", "prior_attempt_note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OrganizationSettings:
    """The settings of the organization that the rules read: its time zone and base currency."""

    time_zone: str
    base_currency: str


async def load_facts(
    organization_id: UUID, ids: Collection[UUID], now: datetime
) -> dict[UUID, OpportunityFacts]:
    """Load the facts of these deals of one organization. The caller has scoped the deals."""
    found = Opportunity.filter(organization_id=organization_id, id__in=list(ids))
    rows = [opportunity_row(record) for record in await found.values(*column_names(OpportunityRow))]
    accounts = await _accounts(organization_id, {row.account_id for row in rows})
    settings = OrganizationSettings(
        **(await Organization.filter(id=organization_id).values(*column_names(OrganizationSettings)))[0]
    )
    parts = {name: await load(organization_id, ids, now) for name, load in PART_LOADERS.items()}
    return {
        row.id: build_facts(
            row,
            accounts[row.account_id],
            settings,
            {name: found.get(row.id) for name, found in parts.items()},
        )
        for row in rows
    }


def build_facts(
    row: OpportunityRow, account: AccountFacts, settings: OrganizationSettings, parts: Mapping[str, Any]
) -> OpportunityFacts:
    """Build the facts of a deal from its row, its account and its parts; a part that is None is empty."""
    next_step = None
    if row.next_step_text is not None:
        next_step = NextStep(row.next_step_text, row.next_step_due, row.next_step_agreed)
    return OpportunityFacts(
        **{name: getattr(row, name) for name in _COPIED_FIELDS},
        probability=Decimal(str(row.probability)),
        next_step=next_step,
        account=account,
        time_zone=settings.time_zone,
        base_currency=settings.base_currency,
        **{name: part for name, part in parts.items() if part is not None},
    )


def facts_of_new_opportunity(
    record: Opportunity,
    account: AccountFacts,
    settings: OrganizationSettings,
    parts: Mapping[str, Any] | None = None,
) -> OpportunityFacts:
    """Build the facts of a deal that is about to be written, with its parts; no statement."""
    row = opportunity_row({name: getattr(record, name) for name in column_names(OpportunityRow)})
    return build_facts(row, account, settings, parts or {})


def account_facts(row: AccountRow) -> AccountFacts:
    """Return the facts of an account."""
    return AccountFacts(**{name: getattr(row, name) for name in column_names(AccountFacts)})


async def collaborators(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """Load the collaborators of each deal; one statement."""
    rows = Collaborator.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by("id")
    return group_by_parent(await rows.values("opportunity_id", "member_id"), _member_id)


async def _accounts(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, AccountFacts]:
    found = await Account.filter(organization_id=organization_id, id__in=list(ids)).values(
        *column_names(AccountFacts)
    )
    return {record["id"]: AccountFacts(**record) for record in found}


def _member_id(record: Mapping[str, Any]) -> UUID:
    id: UUID = record["member_id"]
    return id


def _without_now(load: Callable[[UUID, Collection[UUID]], Awaitable[PartByDeal]]) -> PartLoader:
    async def load_part(organization_id: UUID, ids: Collection[UUID], now: datetime) -> PartByDeal:
        return await load(organization_id, ids)

    return load_part


PART_LOADERS: Mapping[str, PartLoader] = {
    "collaborator_ids": _without_now(collaborators),
    "assessments": _without_now(qualification.assessments),
    "stakeholders": _without_now(buyer.stakeholders),
    "competitors": _without_now(buyer.competitors),
    "decision_steps": _without_now(buyer.decision_steps),
    "objectives": _without_now(buyer.objectives),
    "risks": _without_now(risks.risks),
    "risk_review": _without_now(risks.risk_reviews),
    "milestones": _without_now(progress.milestones),
    "activity": activities.activity_facts,
    "transitions": history.HISTORY.facts,
    "overrides": _without_now(history.open_overrides),
}
"""The loader of each part of a deal, by the field of its facts.

The rules read all parts, a page only those it shows.
"""

EMPTY_PARTS: Mapping[str, Any] = {
    field.name: field.default for field in fields(OpportunityFacts) if field.name in PART_LOADERS
}
"""The value of each part of a deal that has none."""
