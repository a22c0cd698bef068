"""The only loader of facts, the input of the rules: few statements, however many deals there are."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from workflow.models import Account, Collaborator, Opportunity, Organization
from workflow.queries.columns import column_names
from workflow.queries.opportunity import activities, buyer, history, qualification, risks
from workflow.queries.opportunity import milestones as progress
from workflow.queries.opportunity.accounts import AccountRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.parts import DealParts, read_parts
from workflow.queries.records import rows_by_id
from workflow.rules.opportunity.facts import AccountFacts, NextStep, OpportunityFacts

PartByDeal = Mapping[
    UUID, Any
]  # Any: each part has its own shape, that of the field of OpportunityFacts it fills

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
    rows = (await rows_by_id(OpportunityRow, Opportunity, organization_id, ids)).values()
    accounts = await _accounts(organization_id, {row.account_id for row in rows})
    settings = OrganizationSettings(
        **(await Organization.filter(id=organization_id).values(*column_names(OrganizationSettings)))[0]
    )
    parts = await load_parts(organization_id, ids, PART_SOURCES)
    parts["activity"] = await activities.activity_facts(organization_id, ids, now)
    parts["transitions"] = await history.HISTORY.facts(organization_id, ids, now)
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
    row = OpportunityRow({name: getattr(record, name) for name in OpportunityRow.columns})
    return build_facts(row, account, settings, parts or {})


def account_facts(row: AccountRow) -> AccountFacts:
    """Return the facts of an account."""
    return AccountFacts(**{name: getattr(row, name) for name in column_names(AccountFacts)})


async def _accounts(organization_id: UUID, ids: Collection[UUID]) -> dict[UUID, AccountFacts]:
    found = await Account.filter(organization_id=organization_id, id__in=list(ids)).values(
        *column_names(AccountFacts)
    )
    return {record["id"]: AccountFacts(**record) for record in found}


@dataclass(frozen=True, slots=True)
class Helper:
    """A member who works on a deal with its owner."""

    member_id: UUID


PART_TABLES: Mapping[str, DealParts[Any]] = {
    "collaborators": DealParts(Helper, Collaborator, order="id"),
    "assessments": qualification.ASSESSMENTS,
    "stakeholders": buyer.STAKEHOLDERS,
    "competitors": buyer.COMPETITORS,
    "decision_steps": buyer.DECISION_STEPS,
    "objectives": buyer.OBJECTIVES,
    "risks": risks.RISKS,
    "mitigations": risks.MITIGATIONS,
    "risk_reviews": risks.REVIEWS,
    "milestones": progress.MILESTONES,
    "open_overrides": history.OPEN_OVERRIDES,
}
"""The tables of the parts of deals."""


@dataclass(frozen=True, slots=True)
class PartSource:
    """The tables of a part, and the function that makes the part of each deal from their rows."""

    tables: tuple[str, ...]
    make: Callable[..., PartByDeal] = dict


def _of_each(make: Callable[[Any], Any]) -> Callable[[PartByDeal], PartByDeal]:
    return lambda rows_by_deal: {deal: make(rows) for deal, rows in rows_by_deal.items()}


PART_SOURCES: Mapping[str, PartSource] = {
    "collaborator_ids": PartSource(
        ("collaborators",), _of_each(lambda helpers: tuple(one.member_id for one in helpers))
    ),
    "assessments": PartSource(("assessments",), _of_each(qualification.latest_assessments)),
    "stakeholders": PartSource(("stakeholders",)),
    "competitors": PartSource(("competitors",)),
    "decision_steps": PartSource(("decision_steps",)),
    "objectives": PartSource(("objectives",)),
    "risks": PartSource(("risks", "mitigations"), risks.with_mitigations),
    # Reviews are ordered by time.
    "risk_review": PartSource(("risk_reviews",), _of_each(lambda reviews: reviews[-1])),
    "milestones": PartSource(("milestones",)),
    "overrides": PartSource(("open_overrides",)),
}
"""The parts of a deal that are rows of tables, by the field of its facts."""
PART_NAMES = (*PART_SOURCES, "activity", "transitions")
"""The parts of a deal. The rules read all of them, a page only those that it shows."""


async def load_parts(
    organization_id: UUID,
    ids: Collection[UUID],
    names: Collection[str],
    columns: Mapping[type, frozenset[str]] | None = None,
) -> dict[str, PartByDeal]:
    """Load parts of deals from their tables, with all fields or with the named ones of some kinds of parts.

    The caller has scoped the deals.
    """
    sources = {name: PART_SOURCES[name] for name in names}
    tables = {table: PART_TABLES[table] for source in sources.values() for table in source.tables}
    if columns is not None:
        tables = {name: table.some(columns.get(table.part)) for name, table in tables.items()}
    rows = await read_parts(tables, organization_id, ids)
    return {name: source.make(*(rows[table] for table in source.tables)) for name, source in sources.items()}


EMPTY_PARTS: Mapping[str, Any] = {
    field.name: field.default for field in fields(OpportunityFacts) if field.name in PART_NAMES
}
"""The value of each part of a deal that has none."""
