"""What an import looks up: read once a batch, so that no row asks the database."""

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
from workflow.operations.core.locking import home_of
from workflow.operations.core.validation import MoneyGiven, askable, minor_units
from workflow.operations.pricing.exchange_rates import hold_rates
from workflow.operations.transfer.row import OURS, ImportRow
from workflow.queries.opportunity.rows import opportunities_by_id
from workflow.queries.people.people import columns
from workflow.queries.process.processes import ProcessRow, default_process, newest_processes
from workflow.rules import codec
from workflow.rules.errors import invalid
from workflow.rules.money import base_minor
from workflow.rules.opportunity.facts import AccountFacts
from workflow.rules.transfer.document_parts import Named
from workflow.rules.transfer.opportunity_document import Whole

PROFILE = columns(AccountFacts)


@dataclass(frozen=True, slots=True)
class LastRow:
    """The row last imported under a key."""

    id: UUID
    opportunity_id: UUID | None
    row: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Beyond:
    """What only whole deals name: every member, contacts by their account and e-mail or name, processes, and keys of activities."""

    people: Mapping[str, UUID] = field(default_factory=dict)
    contacts: Mapping[tuple[str, str], UUID] = field(default_factory=dict)
    processes: Mapping[str, ProcessRow] = field(default_factory=dict)
    logged: set[tuple[str, str]] = field(default_factory=set)


@dataclass(slots=True)
class Book:
    """The organization as a batch of rows meets it."""

    system: str
    base: str
    zone: ZoneInfo
    process: ProcessRow
    members: Mapping[str, UUID]
    beyond: "Beyond"
    rates: Sequence[tuple[str, date, Decimal]]
    last: Mapping[str, LastRow]
    known: Mapping[str, Mapping[str, Any]]
    accounts: dict[str, UUID]
    profiles: dict[UUID, AccountFacts]
    seen: frozenset[UUID]
    made: dict[UUID, str] = field(default_factory=dict)

    def owner(self, email: str) -> UUID:
        """The active member with the address."""
        found = self.members.get(email.lower())
        if found is None:
            raise invalid(
                "ownerEmail", message=f"{email} is no active member. Make the member first, or name another owner."
            )
        return found

    def person(self, email: str, *path: str) -> UUID:
        """The member with the address, active or not."""
        found = self.beyond.people.get(email.lower())
        if found is None:
            raise invalid(*path, message=f"{email[:80]} is no member. Make the member first, or leave them out.")
        return found

    def contact(self, named: Named, *path: str) -> UUID:
        """The account's oldest contact with the e-mail, else by the name."""
        account, name, email = (text.strip().casefold() for text in (named.account, named.name, named.email or ""))
        known = self.beyond.contacts
        found = known.get((account, email)) or known.get((account, name))
        if found is None:
            message = f"There is no contact {named.name[:80]!r} at {named.account[:80]!r}. Import the contacts first."
            raise invalid(*path, message=message)
        return found

    def process_called(self, key: str | None) -> ProcessRow:
        """The newest version of the process, the default where none is named."""
        found = self.process if key is None else self.beyond.processes.get(key)
        if found is None:
            raise invalid("process", message=f"There is no process {str(key)[:80]!r}. Publish it first.")
        return found

    def account(self, name: str) -> UUID:
        """The oldest account of that name, or one that the batch will make."""
        found = self.accounts.get(name.casefold())
        if found is None:
            found = self.accounts[name.casefold()] = new_id()
            self.made[found] = name
            self.profiles[found] = AccountFacts(id=found, name=name)
        return found

    def worth(self, value: MoneyGiven | None, on: date) -> dict[str, object]:
        """The columns of a value, its base worth at the rate of that day."""
        if value is None:
            return {"value_minor": None, "value_currency": None, "base_minor": None}
        minor = minor_units(value, "value")
        kept = {"value_minor": minor, "value_currency": value.currency}
        if value.currency == self.base:
            return {**kept, "base_minor": minor}
        valid = [rate for currency, since, rate in self.rates if currency == value.currency and since <= on]
        if not valid:
            message = (
                f"There is no exchange rate from {value.currency} to {self.base} valid on {on}. Ask an admin to set it."
            )
            raise invalid("value", "currency", message=message)
        return {**kept, "base_minor": base_minor(minor, value.currency, self.base, valid[-1])}


async def opened_book(ctx: Ctx, system: str, rows: Sequence[ImportRow]) -> Book:
    """Read what the rows may meet; imports of one organization take turns."""
    organization_id = ctx.viewer.organization_id
    if dialect() == "postgres":
        await fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"import {organization_id}")
    about = await home_of(organization_id)
    keys = sorted({row.external_id.strip() for row in rows if askable(row.external_id)})
    last = await _last(organization_id, system, keys)
    known = await _known(organization_id, system, keys, last)
    accounts = await _accounts(organization_id, rows)
    return Book(
        system=system,
        base=about["base_currency"],
        zone=ZoneInfo(about["time_zone"]),
        process=await default_process(ctx.viewer),
        members=await _members(organization_id),
        beyond=await _beyond(ctx, [row.whole for row in rows if row.whole is not None]),
        rates=await _rates(organization_id),
        last=last,
        known=known,
        accounts={name: account.id for name, account in accounts.items()},
        profiles={account.id: account for account in accounts.values()},
        seen=frozenset(await opportunities_by_id(ctx.viewer, [record["id"] for record in known.values()])),
    )


async def _members(organization_id: UUID) -> dict[str, UUID]:
    found = await Member.filter(organization_id=organization_id, active=True).values("email", "id")
    return {record["email"]: record["id"] for record in found}


async def _beyond(ctx: Ctx, wholes: Sequence[Whole]) -> Beyond:
    """Read what whole deals may meet; nothing where there are none."""
    if not wholes:
        return Beyond()
    mine = {"organization_id": ctx.viewer.organization_id}
    talks = [one for whole in wholes for one in whole.activities]
    named = [one.contact for whole in wholes for one in whole.stakeholders] + [
        contact for one in talks for contact in one.contacts
    ]
    accounts = sorted({one.account.strip().casefold() for one in named if askable(one.account)})
    keys = sorted({one.external_id for one in talks if one.external_id is not None and askable(one.external_id)})
    contacts: dict[tuple[str, str], UUID] = {}
    there = Contact.filter(**mine, account__name_folded__in=accounts).order_by("-created_at", "-id")
    for record in await there.values("id", "name_folded", "email", "account__name_folded"):
        for key in (record["name_folded"], record["email"]):
            contacts |= {(record["account__name_folded"], key): record["id"]} if key else {}
    logged = await Activity.filter(**mine, external_id__in=keys).values_list("external_system", "external_id")
    return Beyond(
        people={record["email"]: record["id"] for record in await Member.filter(**mine).values("email", "id")},
        contacts=contacts,
        processes={one.document.key: one for one in await newest_processes(ctx.viewer)},
        logged={(system, key) for system, key in logged},
    )


async def _rates(organization_id: UUID) -> list[tuple[str, date, Decimal]]:
    await hold_rates(organization_id)
    found = await ExchangeRate.filter(organization_id=organization_id).order_by("valid_from").values()
    return [(record["currency"], record["valid_from"], record["rate"]) for record in found]


async def _last(organization_id: UUID, system: str, keys: Sequence[str]) -> dict[str, LastRow]:
    rows = ImportedRow.filter(organization_id=organization_id, external_system=system, external_id__in=keys)
    found = await rows.values("id", "external_id", "opportunity_id", "row")
    return {record.pop("external_id"): LastRow(**record) for record in found}


async def _known(
    organization_id: UUID, system: str, keys: Sequence[str], last: Mapping[str, LastRow]
) -> dict[str, Mapping[str, Any]]:
    """The opportunities that the keys mean, held until the batch is written; first what was imported under a key."""
    mine = Opportunity.filter(organization_id=organization_id)
    ids = await mine.filter(external_system=system, external_id__in=keys).values_list("id", "external_id")
    of = {
        **(await _ours(organization_id, keys) if system == OURS else {}),
        **{str(key): id for id, key in ids},
        **{key: row.opportunity_id for key, row in last.items() if row.opportunity_id},
    }
    if dialect() == "postgres" and of:
        wanted = sorted(of.values())
        await fetch("SELECT 1 FROM opportunity WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE", wanted)
    found = {record["id"]: record for record in await mine.filter(id__in=list(of.values())).values()}
    return {key: found[id] for key, id in of.items()}


async def _ours(organization_id: UUID, keys: Sequence[str]) -> dict[str, UUID]:
    """The opportunities of this organization that the keys are the ids of."""
    told = {key: UUID(key) for key in keys if codec.is_id(key)}
    mine = Opportunity.filter(organization_id=organization_id, id__in=list(told.values()))
    there = set(await mine.values_list("id", flat=True))
    return {key: id for key, id in told.items() if id in there}


async def _accounts(organization_id: UUID, rows: Sequence[ImportRow]) -> dict[str, AccountFacts]:
    """The oldest account of each name."""
    names = sorted({row.account_name.strip().casefold() for row in rows if askable(row.account_name)})
    if dialect() == "postgres":
        there = "SELECT 1 FROM account WHERE organization_id = $1 AND name_folded = ANY($2) ORDER BY id FOR KEY SHARE"
        await fetch(there, organization_id, names)
    mine = Account.filter(organization_id=organization_id, name_folded__in=names).order_by("-created_at", "-id")
    return {record.pop("name_folded"): AccountFacts(**record) for record in await mine.values("name_folded", *PROFILE)}
