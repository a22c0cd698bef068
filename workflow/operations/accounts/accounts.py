"""Accounts and contacts: made and changed by everybody who writes."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Account, Contact
from workflow.models.columns import new_id
from workflow.models.engine.database import transaction
from workflow.operations.alerts.sweep import hold_deals_of, judge_again
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import keep_there, locked
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults, MoneyGiven, merged, minor_units
from workflow.rules.codec import camel
from workflow.rules.errors import Duplicate, NotFound, Refusal, VersionConflict, invalid
from workflow.rules.permissions import Action, require


class AccountChanges(TypedDict, total=False):
    """Fields of an account that a client gave; None clears."""

    name: str | None
    domain: str | None
    industry: str | None
    employee_count: int | None
    annual_revenue: MoneyGiven | None
    country: str | None
    external_system: str | None
    external_id: str | None
    attributes: object


class ContactChanges(TypedDict, total=False):
    """Fields of a contact that a client gave; None clears."""

    name: str | None
    email: str | None
    phone: str | None
    title: str | None
    external_system: str | None
    external_id: str | None
    attributes: object


async def create_account(ctx: Ctx, given: AccountChanges) -> UUID:
    """A new account; Duplicate on its external id or its domain, never on its name."""

    async def work() -> UUID:
        require(ctx.viewer, Action.CHANGE_ACCOUNTS, to="create accounts")
        fields = _account({**given, "name": given.get("name")}, {})
        return await _create(ctx, Account, "account", {"attributes": {}, **fields}, {})

    return await perform(ctx, work)


async def ensure_accounts(ctx: Ctx, wanted: Sequence[AccountChanges]) -> None:
    """Make those that are missing by name, all or none; what is there stays as it is. InvalidInput names the account."""

    async def work() -> None:
        found = await Account.filter(organization_id=ctx.viewer.organization_id).values("name_folded")
        known = {record["name_folded"] for record in found}
        for given in wanted:
            if str(given["name"]).casefold() not in known:
                try:
                    await create_account(ctx, given)
                except Refusal as problem:
                    raise invalid("name", message=f"{str(given['name'])[:80]!r}: {problem}") from problem

    await transaction(work)


async def update_account(ctx: Ctx, id: UUID, given: AccountChanges, *, expected_version: int | None) -> UUID:
    """Change the fields that are given; its open deals are judged by what is known of it now."""

    async def work() -> UUID:
        require(ctx.viewer, Action.CHANGE_ACCOUNTS, to="change accounts")
        deals = await hold_deals_of(ctx, id)
        before = await _locked(ctx, Account, "Account", id, expected_version)
        if await _update(ctx, Account, "account", before, _account(given, before)):
            await judge_again(ctx, deals)
        return id

    return await perform(ctx, work)


async def create_contact(ctx: Ctx, account_id: UUID, given: ContactChanges) -> UUID:
    """A new person at an account."""

    async def work() -> UUID:
        require(ctx.viewer, Action.CHANGE_ACCOUNTS, to="create contacts")
        if not await keep_there(Account, ctx.viewer.organization_id, account_id):
            raise NotFound("Account", account_id)
        fields = _contact({**given, "name": given.get("name")}, {})
        return await _create(ctx, Contact, "contact", {"attributes": {}, **fields}, {"account_id": account_id})

    return await perform(ctx, work)


async def update_contact(ctx: Ctx, id: UUID, given: ContactChanges, *, expected_version: int | None) -> UUID:
    """Change the fields that are given."""

    async def work() -> UUID:
        require(ctx.viewer, Action.CHANGE_ACCOUNTS, to="change contacts")
        before = await _locked(ctx, Contact, "Contact", id, expected_version)
        await _update(ctx, Contact, "contact", before, _contact(given, before))
        return id

    return await perform(ctx, work)


Table = type[Account] | type[Contact]
_UNIQUE = {
    "account": (("external_system", "external_id"), ("domain",)),
    "contact": (("external_system", "external_id"),),
}


async def _create(ctx: Ctx, table: Table, noun: str, fields: Mapping[str, object], parents: Mapping[str, UUID]) -> UUID:
    await _refuse_duplicate(ctx, table, noun, fields, None)
    id = new_id()
    columns: dict[str, Any] = {**fields, **parents}  # Any: columns of several kinds
    times: dict[str, Any] = {"created_at": ctx.now, "updated_at": ctx.now}
    await table.create(id=id, organization_id=ctx.viewer.organization_id, version=1, **columns, **times)
    payload = {f"{noun}Id": id, **parents, "changes": changed({}, fields)}
    await record(ctx, f"{noun}.created", aggregate=noun, id=id, payload=payload)
    return id


async def _update(
    ctx: Ctx, table: Table, noun: str, before: Mapping[str, object], fields: Mapping[str, object]
) -> bool:
    """Whether it changed anything."""
    differences = changed(before, fields)
    if not differences:
        return False
    await _refuse_duplicate(ctx, table, noun, {**before, **fields}, before["id"])
    version = int(str(before["version"])) + 1
    await table.filter(id=before["id"]).update(**fields, version=version, updated_at=ctx.now)
    payload = {f"{noun}Id": before["id"], "version": version, "changes": differences}
    await record(ctx, f"{noun}.updated", aggregate=noun, id=UUID(str(before["id"])), payload=payload)
    return True


async def _locked(ctx: Ctx, table: Table, kind: str, id: UUID, expected: int | None) -> dict[str, object]:
    before = await locked(table, ctx.viewer.organization_id, id)
    if before is None:
        raise NotFound(kind, id)
    if expected is not None and expected != before["version"]:
        raise VersionConflict(kind=kind, id=id, expected=expected, actual=int(str(before["version"])))
    return before


async def _refuse_duplicate(ctx: Ctx, table: Table, noun: str, fields: Mapping[str, object], own: object) -> None:
    for columns in _UNIQUE[noun]:
        if any(fields.get(column) is None for column in columns):
            continue
        same = table.filter(
            organization_id=ctx.viewer.organization_id, **{column: fields[column] for column in columns}
        )
        found = await same.exclude(id=own).limit(1).values("id") if own else await same.limit(1).values("id")
        if found:
            words = " and ".join(columns).replace("_", " ")
            message = f"There is an {noun} with this {words} already. Use it, or give another {words}."
            raise Duplicate(message.replace("an contact", "a contact"), kind=noun.capitalize(), id=found[0]["id"])


def _account(given: Mapping[str, object], before: Mapping[str, object]) -> dict[str, object]:
    faults = Faults()
    fields = _texts(faults, given, before, ("name", "industry", "country", "external_system", "external_id"))
    if "domain" in given:
        domain = given["domain"]
        fields["domain"] = faults.domain(domain if isinstance(domain, str) else None, "domain")
    count = given.get("employee_count")
    if isinstance(count, int) and count < 0:
        faults.add("employeeCount", message="`employeeCount` is 0 or more.")
    if "employee_count" in given:
        fields["employee_count"] = count
    faults.raise_if_any()
    if "annual_revenue" in given:
        revenue = given["annual_revenue"]
        minor = minor_units(revenue, "annualRevenue") if isinstance(revenue, MoneyGiven) else None
        fields |= {
            "annual_revenue_minor": minor,
            "annual_revenue_currency": revenue.currency if isinstance(revenue, MoneyGiven) else None,
        }
    return fields


def _contact(given: Mapping[str, object], before: Mapping[str, object]) -> dict[str, object]:
    faults = Faults()
    fields = _texts(faults, given, before, ("name", "phone", "title", "external_system", "external_id"))
    if "email" in given:
        email = given["email"]
        fields["email"] = faults.email(email if isinstance(email, str) else None, "email")
    faults.raise_if_any()
    return fields


def _texts(
    faults: Faults, given: Mapping[str, object], before: Mapping[str, object], names: tuple[str, ...]
) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name in names:
        if name in given:
            value = given[name]
            fields[name] = faults.text(value if isinstance(value, str) else None, camel(name), required=name == "name")
    if fields.get("name"):
        fields["name_folded"] = str(fields["name"]).casefold()
    faults.external({**before, **fields})
    if "attributes" in given:
        kept = before.get("attributes")
        fields["attributes"] = merged(
            kept if isinstance(kept, Mapping) else {}, faults.attributes(given["attributes"], "attributes")
        )
    return fields
