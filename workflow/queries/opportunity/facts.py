"""The only loader of facts, the input of the rules: few statements, however many deals there are."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from workflow.models import Collaborator, Opportunity
from workflow.models.engine.database import Record
from workflow.queries.columns import column_names
from workflow.queries.opportunity import activities, buyer, history, qualification, risks
from workflow.queries.opportunity import milestones as progress
from workflow.queries.opportunity.accounts import AccountRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.parts import (
    DealParts,
    RowsOfParts,
    condition_on_ids,
    read_parts,
    read_with_parts,
)
from workflow.queries.records import parse_json, to_optional_id
from workflow.queries.scope import is_visible
from workflow.rules.opportunity.facts import AccountFacts, NextStep, OpportunityFacts
from workflow.rules.permissions import Ownership, Viewer

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


@dataclass(frozen=True, slots=True)
class LoadedDeal:
    """A deal with its facts, the team of its owner, and the rows of other tables that the caller named."""

    row: OpportunityRow
    facts: OpportunityFacts
    owner_team_id: UUID | None
    also: Mapping[str, tuple[Any, ...]]


async def load_facts(
    organization_id: UUID, ids: Collection[UUID], now: datetime
) -> dict[UUID, OpportunityFacts]:
    """Load the facts of these deals of one organization. The caller has scoped the deals."""
    return {id: deal.facts for id, deal in (await _load(_ALL, organization_id, ids, now, {})).items()}


async def load_deals(
    viewer: Viewer,
    ids: Collection[UUID],
    now: datetime,
    also: Mapping[str, DealParts[Any]] | None = None,
) -> dict[UUID, LoadedDeal]:
    """Load the visible deals among these with all that a change of them needs; few deals take one statement.

    `also` names more tables of the deals.
    """
    loaded = await _load(_NOT_DELETED, viewer.organization_id, ids, now, also or {})
    return {id: deal for id, deal in loaded.items() if is_visible(viewer, ownership_of(deal))}


def ownership_of(deal: LoadedDeal) -> Ownership:
    """Return the owner, the owner's team and the collaborators of a deal."""
    return Ownership(
        owner_id=deal.row.owner_id,
        owner_team_id=deal.owner_team_id,
        collaborator_ids=deal.facts.collaborator_ids,
    )


async def reload_parts(
    facts_by_id: Mapping[UUID, OpportunityFacts], names: Collection[str], now: datetime
) -> dict[UUID, OpportunityFacts]:
    """Return the facts of deals of one organization with the named parts read again."""
    if not names or not facts_by_id:
        return dict(facts_by_id)
    sources = {name: PART_SOURCES[name] for name in names}
    organization_id = next(iter(facts_by_id.values())).organization_id
    rows = await read_parts(_tables(sources), organization_id, facts_by_id, activities.start_of_recent(now))
    parts = _make_parts(sources, rows)
    return {
        id: replace(facts, **{name: parts[name].get(id, EMPTY_PARTS[name]) for name in names})
        for id, facts in facts_by_id.items()
    }


def with_row(facts: OpportunityFacts, row: OpportunityRow) -> OpportunityFacts:
    """Return the facts with the deal's own columns from another row; account, settings and parts stay."""
    return replace(facts, **_own_fields(row))


async def _load(
    condition: str,
    organization_id: UUID,
    ids: Collection[UUID],
    now: datetime,
    also: Mapping[str, DealParts[Any]],
) -> dict[UUID, LoadedDeal]:
    tables = {**_tables(PART_SOURCES), **also}
    source = f"{_SOURCE} {condition_on_ids(ids)}{condition}"
    since = activities.start_of_recent(now)
    records, rows = await read_with_parts(_COLUMNS, source, tables, organization_id, ids, since)
    parts = _make_parts(PART_SOURCES, rows)
    accounts: dict[UUID, AccountFacts] = {}
    deals = {}
    for record in records:
        row = OpportunityRow(record)
        id = row.id
        account = accounts.get(row.account_id) or _account(row.account_id, record)
        accounts[account.id] = account
        settings = OrganizationSettings(record["time_zone"], record["base_currency"])
        facts = build_facts(row, account, settings, {name: found.get(id) for name, found in parts.items()})
        more = {name: rows[name].get(id, ()) for name in also}
        deals[id] = LoadedDeal(row, facts, to_optional_id(record["owner_team_id"]), more)
    return deals


_ACCOUNT_COLUMNS = tuple(name for name in column_names(AccountFacts) if name != "id")
_COLUMNS = ", ".join(
    [
        *(f'"opportunity"."{name}"' for name in OpportunityRow.columns),
        *(f'"account"."{name}" AS "account.{name}"' for name in _ACCOUNT_COLUMNS),
        *('"organization"."time_zone"', '"organization"."base_currency"'),
        '"member"."team_id" AS owner_team_id',
    ]
)
_SOURCE = """FROM "opportunity" JOIN "account" ON "account".id = "opportunity".account_id
    JOIN "organization" ON "organization".id = "opportunity".organization_id
    LEFT JOIN "member" ON "member".id = "opportunity".owner_id
        AND "member".organization_id = "opportunity".organization_id
    WHERE "opportunity".organization_id = $1 AND "opportunity".id"""
_ALL = ""
_NOT_DELETED = ' AND "opportunity".deleted_at IS NULL'


def _account(id: UUID, record: Record) -> AccountFacts:
    columns = {name: record[f"account.{name}"] for name in _ACCOUNT_COLUMNS}
    return AccountFacts(id=id, **columns | {"attributes": parse_json(columns["attributes"])})


def build_facts(
    row: OpportunityRow, account: AccountFacts, settings: OrganizationSettings, parts: Mapping[str, Any]
) -> OpportunityFacts:
    """Build the facts of a deal from its row, its account and its parts; a part that is None is empty."""
    return OpportunityFacts(
        **_own_fields(row),
        account=account,
        time_zone=settings.time_zone,
        base_currency=settings.base_currency,
        **{name: part for name, part in parts.items() if part is not None},
    )


def _own_fields(row: OpportunityRow) -> dict[str, Any]:
    """Return the fields of the facts that are columns of the deal's own row."""
    next_step = None
    if row.next_step_text is not None:
        next_step = NextStep(row.next_step_text, row.next_step_due, row.next_step_agreed)
    copied = {name: getattr(row, name) for name in _COPIED_FIELDS}
    return {**copied, "probability": Decimal(str(row.probability)), "next_step": next_step}


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
    "activity_counts": activities.ACTIVITY_COUNTS,
    "conversations": activities.CONVERSATIONS,
    "transitions": history.TRANSITIONS,
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
    "activity": PartSource(("activity_counts", "conversations"), activities.activity_facts),
    "transitions": PartSource(("transitions",)),
}
"""The parts of a deal by the field of its facts. The rules read all, a page only those that it shows."""


async def load_parts(
    organization_id: UUID,
    ids: Collection[UUID],
    names: Collection[str],
    now: datetime,
    columns: Mapping[type, frozenset[str]] | None = None,
) -> dict[str, PartByDeal]:
    """Load parts of deals from their tables, with all fields or with the named ones of some kinds of parts.

    The caller has scoped the deals.
    """
    sources = {name: PART_SOURCES[name] for name in names}
    tables = _tables(sources)
    if columns is not None:
        tables = {name: table.some(columns.get(table.part)) for name, table in tables.items()}
    since = activities.start_of_recent(now)
    return _make_parts(sources, await read_parts(tables, organization_id, ids, since))


def _tables(sources: Mapping[str, PartSource]) -> dict[str, DealParts[Any]]:
    return {table: PART_TABLES[table] for source in sources.values() for table in source.tables}


def _make_parts(sources: Mapping[str, PartSource], rows: RowsOfParts) -> dict[str, PartByDeal]:
    return {name: source.make(*(rows[table] for table in source.tables)) for name, source in sources.items()}


EMPTY_PARTS: Mapping[str, Any] = {
    field.name: field.default for field in fields(OpportunityFacts) if field.name in PART_SOURCES
}
"""The value of each part of a deal that has none."""
