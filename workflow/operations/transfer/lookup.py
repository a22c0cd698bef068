"""The lookup of an import: what its rows refer to, read once per batch so that no row needs a statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.models import Account, Activity, Contact, ExchangeRate, ImportedRow, Member, Opportunity
from workflow.models.columns import new_id
from workflow.models.engine.database import dialect, fetch
from workflow.operations.core.context import Ctx
from workflow.operations.core.locking import lock_rates, lock_settings
from workflow.operations.core.validation import MoneyAmount, is_storable, minor_units
from workflow.operations.transfer.row import OWN_SYSTEM, ImportRow
from workflow.queries.columns import column_names
from workflow.queries.opportunity.rows import opportunities_by_id
from workflow.queries.process.processes import ProcessRow, default_process, newest_processes
from workflow.rules import codec
from workflow.rules.errors import invalid_field
from workflow.rules.money import convert_minor
from workflow.rules.opportunity.facts import AccountFacts
from workflow.rules.transfer.document_parts import ExportedContact
from workflow.rules.transfer.opportunity_document import OpportunityDocument

ACCOUNT_COLUMNS = column_names(AccountFacts)


@dataclass(frozen=True, slots=True)
class LastRow:
    """The row that was last imported under an external id."""

    id: UUID
    opportunity_id: UUID | None
    row: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class DocumentLookup:
    """The members, contacts, processes and activity keys that documents refer to."""

    members: Mapping[str, UUID] = field(default_factory=dict)
    contacts: Mapping[tuple[str, str], UUID] = field(default_factory=dict)
    processes: Mapping[str, ProcessRow] = field(default_factory=dict)
    activity_keys: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class ImportLookup:
    """The organization's data that a batch of rows refers to, and the accounts that the batch will create."""

    external_system: str
    base_currency: str
    time_zone: ZoneInfo
    default_process: ProcessRow
    active_members: Mapping[str, UUID]
    documents: DocumentLookup
    rates: Sequence[tuple[str, date, Decimal]]
    last_rows: Mapping[str, LastRow]
    existing: Mapping[str, Mapping[str, Any]]
    accounts: dict[str, UUID]
    account_facts: dict[UUID, AccountFacts]
    visible_ids: frozenset[UUID]
    new_accounts: dict[UUID, str] = field(default_factory=dict)

    def active_member_id(self, email: str) -> UUID:
        """Return the active member with the e-mail; InvalidInput if there is none."""
        found = self.active_members.get(email.lower())
        if found is None:
            message = (
                f"{email[:80]!r} is not an active member. Create the member first, or name another owner."
            )
            raise invalid_field("ownerEmail", message=message)
        return found

    def member_id(self, email: str, *path: str) -> UUID:
        """Return the member with the e-mail, active or not; InvalidInput at the path if there is none."""
        found = self.documents.members.get(email.lower())
        if found is None:
            message = f"{email[:80]!r} is not a member. Create the member first, or leave the e-mail out."
            raise invalid_field(*path, message=message)
        return found

    def contact_id(self, named: ExportedContact, *path: str) -> UUID:
        """Return the account's oldest contact with the e-mail, or else with the name.

        InvalidInput if there is none.
        """
        account = named.account.strip().casefold()
        known = self.documents.contacts
        by_email = known.get((account, (named.email or "").strip().casefold()))
        found = by_email or known.get((account, named.name.strip().casefold()))
        if found is None:
            message = (
                f"There is no contact {named.name[:80]!r} at {named.account[:80]!r}. "
                "Import the contacts first."
            )
            raise invalid_field(*path, message=message)
        return found

    def process_by_key(self, key: str | None) -> ProcessRow:
        """Return the newest version of the process, or the default process if the key is None."""
        found = self.default_process if key is None else self.documents.processes.get(key)
        if found is None:
            raise invalid_field(
                "process", message=f"There is no process with the key {str(key)[:80]!r}. Publish it first."
            )
        return found

    def account_id(self, name: str) -> UUID:
        """Return the oldest account with the name, or plan a new one."""
        found = self.accounts.get(name.casefold())
        if found is None:
            found = new_id()
            self.accounts[name.casefold()] = found
            self.new_accounts[found] = name
            self.account_facts[found] = AccountFacts(id=found, name=name)
        return found

    def value_columns(self, value: MoneyAmount | None, on: date) -> dict[str, object]:
        """Return the columns of a value, with its base value at the rate of a day."""
        if value is None:
            return {"value_minor": None, "value_currency": None, "base_minor": None}
        minor = minor_units(value, "value")
        value_in_currency = {"value_minor": minor, "value_currency": value.currency}
        if value.currency == self.base_currency:
            return {**value_in_currency, "base_minor": minor}
        valid = [rate for currency, since, rate in self.rates if currency == value.currency and since <= on]
        if not valid:
            message = (
                f"There is no exchange rate from {value.currency} to {self.base_currency} valid on {on}. "
                "Ask an admin to set it."
            )
            raise invalid_field("value", "currency", message=message)
        return {
            **value_in_currency,
            "base_minor": convert_minor(minor, value.currency, self.base_currency, valid[-1]),
        }


async def load_lookup(ctx: Ctx, system: str, rows: Sequence[ImportRow]) -> ImportLookup:
    """Read what the rows refer to, and lock it."""
    organization_id = ctx.viewer.organization_id
    # Imports of one organization run one after the other, so that two of them never create the same account.
    if dialect() == "postgres":
        await fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"import {organization_id}")
    organization = await lock_settings(organization_id)
    keys = sorted({row.external_id.strip() for row in rows if is_storable(row.external_id)})
    last_rows = await _last_rows(organization_id, system, keys)
    existing = await _existing_opportunities(organization_id, system, keys, last_rows)
    accounts = await _accounts(organization_id, rows)
    return ImportLookup(
        external_system=system,
        base_currency=organization["base_currency"],
        time_zone=ZoneInfo(organization["time_zone"]),
        default_process=await default_process(ctx.viewer),
        active_members=await _members(organization_id),
        documents=await _document_lookup(ctx, [row.document for row in rows if row.document is not None]),
        rates=await _rates(organization_id),
        last_rows=last_rows,
        existing=existing,
        accounts={name: account.id for name, account in accounts.items()},
        account_facts={account.id: account for account in accounts.values()},
        visible_ids=frozenset(
            await opportunities_by_id(ctx.viewer, [record["id"] for record in existing.values()])
        ),
    )


async def _members(organization_id: UUID) -> dict[str, UUID]:
    found = await Member.filter(organization_id=organization_id, active=True).values("email", "id")
    return {record["email"]: record["id"] for record in found}


async def _document_lookup(ctx: Ctx, documents: Sequence[OpportunityDocument]) -> DocumentLookup:
    """Read what the documents refer to; without documents read nothing."""
    if not documents:
        return DocumentLookup()
    organization = {"organization_id": ctx.viewer.organization_id}
    members = await Member.filter(**organization).values("email", "id")
    return DocumentLookup(
        members={record["email"]: record["id"] for record in members},
        contacts=await _contacts(ctx, documents),
        processes={row.document.key: row for row in await newest_processes(ctx.viewer)},
        activity_keys=await _activity_keys(ctx, documents),
    )


async def _contacts(ctx: Ctx, documents: Sequence[OpportunityDocument]) -> dict[tuple[str, str], UUID]:
    """Return the oldest contact of each account and name, and of each account and e-mail."""
    named = [stakeholder.contact for document in documents for stakeholder in document.stakeholders]
    named += [
        contact for document in documents for activity in document.activities for contact in activity.with_
    ]
    accounts = sorted(
        {contact.account.strip().casefold() for contact in named if is_storable(contact.account)}
    )
    rows = Contact.filter(organization_id=ctx.viewer.organization_id, account__name_folded__in=accounts)
    contacts: dict[tuple[str, str], UUID] = {}
    # The newest come first, so that the oldest overwrites the others.
    for record in await rows.order_by("-created_at", "-id").values(
        "id", "name_folded", "email", "account__name_folded"
    ):
        for key in (record["name_folded"], record["email"]):
            if key:
                contacts[record["account__name_folded"], key] = record["id"]
    return contacts


async def _activity_keys(ctx: Ctx, documents: Sequence[OpportunityDocument]) -> set[tuple[str, str]]:
    """Return the external keys of the documents' activities that are logged already."""
    external_ids = {activity.external_id for document in documents for activity in document.activities}
    keys = sorted(key for key in external_ids if key is not None and is_storable(key))
    rows = Activity.filter(organization_id=ctx.viewer.organization_id, external_id__in=keys)
    return {(system, key) for system, key in await rows.values_list("external_system", "external_id")}


async def _rates(organization_id: UUID) -> list[tuple[str, date, Decimal]]:
    await lock_rates(organization_id)
    found = await ExchangeRate.filter(organization_id=organization_id).order_by("valid_from").values()
    return [(record["currency"], record["valid_from"], record["rate"]) for record in found]


async def _last_rows(organization_id: UUID, system: str, keys: Sequence[str]) -> dict[str, LastRow]:
    rows = ImportedRow.filter(organization_id=organization_id, external_system=system, external_id__in=keys)
    found = await rows.values("id", "external_id", "opportunity_id", "row")
    return {record.pop("external_id"): LastRow(**record) for record in found}


async def _existing_opportunities(
    organization_id: UUID, system: str, keys: Sequence[str], last_rows: Mapping[str, LastRow]
) -> dict[str, Mapping[str, Any]]:
    """Return and lock the opportunities of the external ids.

    The one that was imported under an id comes first.
    """
    opportunities = Opportunity.filter(organization_id=organization_id)
    ids = await opportunities.filter(external_system=system, external_id__in=keys).values_list(
        "id", "external_id"
    )
    # The last entry of a key wins.
    id_of_key = {
        **(await _own_opportunities(organization_id, keys) if system == OWN_SYSTEM else {}),
        **{str(key): id for id, key in ids},
        **{key: row.opportunity_id for key, row in last_rows.items() if row.opportunity_id},
    }
    if dialect() == "postgres" and id_of_key:
        locked_ids = sorted(id_of_key.values())
        await fetch("SELECT 1 FROM opportunity WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", locked_ids)
    found = {
        record["id"]: record
        for record in await opportunities.filter(id__in=list(id_of_key.values())).values()
    }
    return {key: found[id] for key, id in id_of_key.items()}


async def _own_opportunities(organization_id: UUID, keys: Sequence[str]) -> dict[str, UUID]:
    """Return the opportunities whose own id is an external id of the import."""
    id_of_key = {key: UUID(key) for key in keys if codec.is_id(key)}
    opportunities = Opportunity.filter(organization_id=organization_id, id__in=list(id_of_key.values()))
    existing = set(await opportunities.values_list("id", flat=True))
    return {key: id for key, id in id_of_key.items() if id in existing}


async def _accounts(organization_id: UUID, rows: Sequence[ImportRow]) -> dict[str, AccountFacts]:
    """Return the oldest account of each name."""
    names = sorted({row.account_name.strip().casefold() for row in rows if is_storable(row.account_name)})
    if dialect() == "postgres":
        lock_sql = (
            "SELECT 1 FROM account WHERE organization_id = $1 AND name_folded = ANY($2) "
            "ORDER BY id FOR KEY SHARE"
        )
        await fetch(lock_sql, organization_id, names)
    # The newest come first, so that the oldest of a name overwrites them.
    accounts = Account.filter(organization_id=organization_id, name_folded__in=names).order_by(
        "-created_at", "-id"
    )
    return {
        record.pop("name_folded"): AccountFacts(**record)
        for record in await accounts.values("name_folded", *ACCOUNT_COLUMNS)
    }
