"""The only loader of what the rules read: one statement a table, however many deals."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from workflow.models import Account, Collaborator, Opportunity, Organization
from workflow.queries.grouping import grouped
from workflow.queries.opportunity import activities, buyer, history, qualification, risks
from workflow.queries.opportunity import milestones as progress
from workflow.queries.opportunity.accounts import AccountRow
from workflow.queries.opportunity.rows import OpportunityRow, opportunity_row
from workflow.queries.people.people import columns
from workflow.rules.opportunity.facts import AccountFacts, NextStep, OpportunityFacts

Parts = Mapping[UUID, Any]  # Any: each part has its own shape, that of the field of OpportunityFacts it fills
Ask = Callable[[UUID, Collection[UUID], datetime], Awaitable[Parts]]

_SAME = (
    "id", "organization_id", "number", "name", "type", "description", "source", "state", "state_since", "value_minor", "value_currency",
    "base_minor", "probability_is_manual", "forecast_category", "expected_close_date", "push_count", "pain_since", "owner_id",
    "attributes", "version", "created_at", "updated_at", "recorded_at", "purchase_process", "decision_date", "compelling_event",
    "motivation_to_change", "first_time_buyer", "prior_attempt_failed", "prior_attempt_note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Home:
    """What of their organization the rules need to know: whose midnight ends a day, and which currency is its own."""

    time_zone: str
    base_currency: str


async def facts_of(organization_id: UUID, ids: Collection[UUID], now: datetime) -> dict[UUID, OpportunityFacts]:
    """Everything the rules read of these deals of one organization. The caller has scoped the ids."""
    found = Opportunity.filter(organization_id=organization_id, id__in=list(ids))
    rows = [opportunity_row(record) for record in await found.values(*columns(OpportunityRow))]
    accounts = await _accounts(organization_id, {row.account_id for row in rows})
    home = Home(**(await Organization.filter(id=organization_id).values(*columns(Home)))[0])
    parts = {name: await ask(organization_id, ids, now) for name, ask in PARTS.items()}
    return {
        row.id: assembled(
            row, accounts[row.account_id], home, {name: found.get(row.id) for name, found in parts.items()}
        )
        for row in rows
    }


def assembled(row: OpportunityRow, account: AccountFacts, home: Home, parts: Mapping[str, Any]) -> OpportunityFacts:
    """One deal's facts out of its row, its account and its parts; a part that is None is empty."""
    step = None
    if row.next_step_text is not None:
        step = NextStep(row.next_step_text, row.next_step_due, row.next_step_agreed)
    return OpportunityFacts(
        **{name: getattr(row, name) for name in _SAME},
        probability=Decimal(str(row.probability)),
        next_step=step,
        account=account,
        time_zone=home.time_zone,
        base_currency=home.base_currency,
        **{name: part for name, part in parts.items() if part is not None},
    )


def facts_of_new(
    record: Opportunity, account: AccountFacts, home: Home, parts: Mapping[str, Any] | None = None
) -> OpportunityFacts:
    """The facts of a deal that is about to be written, with what will hang on it; no statement."""
    row = opportunity_row({name: getattr(record, name) for name in columns(OpportunityRow)})
    return assembled(row, account, home, parts or {})


def account_facts(row: AccountRow) -> AccountFacts:
    """An account as the rules read it."""
    return AccountFacts(**{name: getattr(row, name) for name in columns(AccountFacts)})


async def collaborators(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The members who work each deal with its owner; one statement."""
    rows = Collaborator.filter(organization_id=organization_id, opportunity_id__in=list(ids)).order_by("id")
    return grouped(await rows.values("opportunity_id", "member_id"), _member)


async def _accounts(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, AccountFacts]:
    found = await Account.filter(organization_id=organization_id, id__in=list(ids)).values(*columns(AccountFacts))
    return {record["id"]: AccountFacts(**record) for record in found}


def _member(record: Mapping[str, Any]) -> UUID:
    id: UUID = record["member_id"]
    return id


def _timeless(ask: Callable[[UUID, Collection[UUID]], Awaitable[Parts]]) -> Ask:
    async def asked(organization_id: UUID, ids: Collection[UUID], now: datetime) -> Parts:
        return await ask(organization_id, ids)

    return asked


PARTS: Mapping[str, Ask] = {
    "collaborator_ids": _timeless(collaborators),
    "assessments": _timeless(qualification.assessments),
    "stakeholders": _timeless(buyer.stakeholders),
    "competitors": _timeless(buyer.competitors),
    "decision_steps": _timeless(buyer.decision_steps),
    "objectives": _timeless(buyer.objectives),
    "risks": _timeless(risks.risks),
    "risk_review": _timeless(risks.risk_reviews),
    "milestones": _timeless(progress.milestones),
    "activity": activities.activity_facts,
    "steps": history.HISTORY.digests,
    "overrides": _timeless(history.open_overrides),
}
"""What hangs on a deal, by the field of its facts: the rules read all of it, a page only what it shows."""

EMPTY: Mapping[str, Any] = {field.name: field.default for field in fields(OpportunityFacts) if field.name in PARTS}
"""What a deal has of a part where nothing hangs on it."""
