"""Create and update accounts and contacts."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Account, Contact
from workflow.models.columns import new_id
from workflow.models.engine.database import transaction
from workflow.operations.alerts.sweep import lock_open_deals, reevaluate
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.duplicates import refuse_duplicate
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_and_read, lock_if_exists
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import MoneyAmount, Validator, merge_attributes, minor_units
from workflow.rules.codec import camel
from workflow.rules.errors import NotFoundError, Refusal, VersionConflictError, invalid_field
from workflow.rules.permissions import Action, require_permission
from workflow.rules.search_text import name_columns


class AccountChanges(TypedDict, total=False):
    """The fields of an account that a client gives; None clears a field."""

    name: str | None
    domain: str | None
    industry: str | None
    employee_count: int | None
    annual_revenue: MoneyAmount | None
    country: str | None
    external_system: str | None
    external_id: str | None
    attributes: object


class ContactChanges(TypedDict, total=False):
    """The fields of a contact that a client gives; None clears a field."""

    name: str | None
    email: str | None
    phone: str | None
    title: str | None
    external_system: str | None
    external_id: str | None
    attributes: object


async def create_account(ctx: Ctx, changes: AccountChanges) -> UUID:
    """Create an account; Duplicate if its external id or its domain is taken. Names may repeat."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.CHANGE_ACCOUNTS, to="create accounts")
        fields = _account_columns({**changes, "name": changes.get("name")}, {})
        return await _create(ctx, Account, "account", {"attributes": {}, **fields}, {})

    return await perform(ctx, work)


async def ensure_accounts(ctx: Ctx, accounts: Sequence[AccountChanges]) -> None:
    """Create the accounts whose names are unknown, all or none.

    InvalidInput names the account that cannot be created.
    """

    async def work() -> None:
        found = await Account.filter(organization_id=ctx.viewer.organization_id).values("name_folded")
        known = {record["name_folded"] for record in found}
        for account in accounts:
            if str(account["name"]).casefold() not in known:
                try:
                    await create_account(ctx, account)
                except Refusal as problem:
                    raise invalid_field(
                        "name", message=f"{str(account['name'])[:80]!r}: {problem}"
                    ) from problem

    await transaction(work)


async def update_account(
    ctx: Ctx, id: UUID, changes: AccountChanges, *, expected_version: int | None
) -> UUID:
    """Change the given fields and evaluate the account's open deals again."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.CHANGE_ACCOUNTS, to="change accounts")
        deals = await lock_open_deals(ctx, id)
        before = await _lock_version(ctx, Account, "Account", id, expected_version)
        if await _update(ctx, Account, "account", before, _account_columns(changes, before)):
            await reevaluate(ctx, deals)
        return id

    return await perform(ctx, work)


async def create_contact(ctx: Ctx, account_id: UUID, changes: ContactChanges) -> UUID:
    """Create a contact of an account."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.CHANGE_ACCOUNTS, to="create contacts")
        if not await lock_if_exists(Account, ctx.viewer.organization_id, account_id):
            raise NotFoundError("Account", account_id)
        fields = _contact_columns({**changes, "name": changes.get("name")}, {})
        return await _create(
            ctx, Contact, "contact", {"attributes": {}, **fields}, {"account_id": account_id}
        )

    return await perform(ctx, work)


async def update_contact(
    ctx: Ctx, id: UUID, changes: ContactChanges, *, expected_version: int | None
) -> UUID:
    """Change the given fields."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.CHANGE_ACCOUNTS, to="change contacts")
        before = await _lock_version(ctx, Contact, "Contact", id, expected_version)
        await _update(ctx, Contact, "contact", before, _contact_columns(changes, before))
        return id

    return await perform(ctx, work)


Table = type[Account] | type[Contact]
_UNIQUE_KEYS = {
    "account": (("external_system", "external_id"), ("domain",)),
    "contact": (("external_system", "external_id"),),
}


async def _create(
    ctx: Ctx, table: Table, noun: str, fields: Mapping[str, object], parents: Mapping[str, UUID]
) -> UUID:
    await _refuse_duplicate_key(ctx, table, noun, fields, None)
    id = new_id()
    columns: dict[str, Any] = {**fields, **parents}  # Any: columns of several kinds
    times: dict[str, Any] = {"created_at": ctx.now, "updated_at": ctx.now}
    await table.create(id=id, organization_id=ctx.viewer.organization_id, version=1, **columns, **times)
    payload = {f"{noun}Id": id, **parents, "changes": diff({}, fields)}
    await record_event(ctx, f"{noun}.created", aggregate=noun, id=id, payload=payload)
    return id


async def _update(
    ctx: Ctx, table: Table, noun: str, before: Mapping[str, object], fields: Mapping[str, object]
) -> bool:
    """Write the fields that differ and record an event. Return False if none differs."""
    differences = diff(before, fields)
    if not differences:
        return False
    await _refuse_duplicate_key(ctx, table, noun, {**before, **fields}, before["id"])
    version = int(str(before["version"])) + 1
    await table.filter(id=before["id"]).update(**fields, version=version, updated_at=ctx.now)
    payload = {f"{noun}Id": before["id"], "version": version, "changes": differences}
    await record_event(ctx, f"{noun}.updated", aggregate=noun, id=UUID(str(before["id"])), payload=payload)
    return True


async def _lock_version(
    ctx: Ctx, table: Table, kind: str, id: UUID, expected: int | None
) -> dict[str, object]:
    before = await lock_and_read(table, ctx.viewer.organization_id, id)
    if before is None:
        raise NotFoundError(kind, id)
    if expected is not None and expected != before["version"]:
        raise VersionConflictError(kind=kind, id=id, expected=expected, actual=int(str(before["version"])))
    return before


async def _refuse_duplicate_key(
    ctx: Ctx, table: Table, noun: str, fields: Mapping[str, object], own_id: object
) -> None:
    for columns in _UNIQUE_KEYS[noun]:
        if any(fields.get(column) is None for column in columns):
            continue
        key = {column: fields[column] for column in columns}
        same_key = table.filter(organization_id=ctx.viewer.organization_id, **key)
        words = " and ".join(columns).replace("_", " ")
        article = "A" if noun == "contact" else "An"
        message = f"{article} {noun} with this {words} exists already. Use it, or give another {words}."
        await refuse_duplicate(same_key, kind=noun.capitalize(), message=message, own_id=own_id)


def _account_columns(changes: Mapping[str, object], before: Mapping[str, object]) -> dict[str, object]:
    validator = Validator()
    fields = _text_columns(
        validator, changes, before, ("name", "industry", "country", "external_system", "external_id")
    )
    if "domain" in changes:
        domain = changes["domain"]
        fields["domain"] = validator.domain(domain if isinstance(domain, str) else None, "domain")
    count = changes.get("employee_count")
    if isinstance(count, int) and count < 0:
        validator.add("employeeCount", message=f"`employeeCount` is {count}. Give 0 or a larger number.")
    if "employee_count" in changes:
        fields["employee_count"] = count
    validator.raise_if_any()
    if "annual_revenue" in changes:
        fields |= _revenue_columns(changes["annual_revenue"])
    return fields


def _revenue_columns(revenue: object) -> dict[str, object]:
    if not isinstance(revenue, MoneyAmount):
        return {"annual_revenue_minor": None, "annual_revenue_currency": None}
    minor = minor_units(revenue, "annualRevenue")
    return {"annual_revenue_minor": minor, "annual_revenue_currency": revenue.currency}


def _contact_columns(changes: Mapping[str, object], before: Mapping[str, object]) -> dict[str, object]:
    validator = Validator()
    fields = _text_columns(
        validator, changes, before, ("name", "phone", "title", "external_system", "external_id")
    )
    if "email" in changes:
        email = changes["email"]
        fields["email"] = validator.email(email if isinstance(email, str) else None, "email")
    validator.raise_if_any()
    return fields


def _text_columns(
    validator: Validator, changes: Mapping[str, object], before: Mapping[str, object], names: tuple[str, ...]
) -> dict[str, object]:
    fields: dict[str, object] = {}
    for name in names:
        if name in changes:
            value = changes[name]
            text = value if isinstance(value, str) else None
            fields[name] = validator.text(text, camel(name), required=name == "name")
    if fields.get("name"):
        fields |= name_columns(str(fields["name"]))
    validator.external_id({**before, **fields})
    if "attributes" in changes:
        before_attributes = before.get("attributes")
        stored = before_attributes if isinstance(before_attributes, Mapping) else {}
        fields["attributes"] = merge_attributes(
            stored, validator.attributes(changes["attributes"], "attributes")
        )
    return fields
