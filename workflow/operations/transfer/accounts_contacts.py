"""Create or update the accounts and contacts of a file."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import Account, Contact
from workflow.operations.accounts.accounts import (
    AccountChanges,
    ContactChanges,
    create_account,
    create_contact,
    update_account,
    update_contact,
)
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import is_storable
from workflow.rules.enums import ImportOutcome
from workflow.rules.errors import invalid_field

ExistingRow = dict[str, Any]  # Any: an id and a version


async def upsert_account(ctx: Ctx, changes: AccountChanges) -> ImportOutcome:
    """Update the account with the external id, or else the domain, or else the name.

    Create one if there is none.
    """
    scope = Q(organization_id=ctx.viewer.organization_id)
    existing = await _find(Account, scope, changes, "domain", "name")
    if existing is None:
        await create_account(ctx, changes)
        return ImportOutcome.CREATED
    await update_account(ctx, existing["id"], changes, expected_version=None)
    return await _outcome(Account, existing)


async def upsert_contact(ctx: Ctx, account_name: str, changes: ContactChanges) -> ImportOutcome:
    """Update the contact with the external id, or else the e-mail or the name; create one if there is none.

    InvalidInput if there is no account with this name.
    """
    organization_id = ctx.viewer.organization_id
    accounts = Account.filter(organization_id=organization_id, name_folded=account_name.strip().casefold())
    found = is_storable(account_name) and await accounts.order_by("created_at", "id").limit(1).values("id")
    if not found:
        message = f"There is no account with the name {account_name[:80]!r}. Import the accounts first."
        raise invalid_field("accountName", message=message)
    account_id: UUID = found[0]["id"]
    existing = await _find(
        Contact, Q(organization_id=organization_id, account_id=account_id), changes, "email", "name"
    )
    if existing is None:
        await create_contact(ctx, account_id, changes)
        return ImportOutcome.CREATED
    await update_contact(ctx, existing["id"], changes, expected_version=None)
    return await _outcome(Contact, existing)


async def _find(
    table: type[Account] | type[Contact], scope: Q, changes: Mapping[str, Any], *others: str
) -> ExistingRow | None:
    """Return the row with the external id, or else the oldest one with another of the values."""
    system = str(changes.get("external_system") or "").strip()
    key = str(changes.get("external_id") or "").strip()
    if system and key and is_storable(system) and is_storable(key):
        same = await table.filter(scope, external_system=system, external_id=key).values("id", "version")
        if same:
            return dict(same[0])
    # A row that has an external id of its own is another one, even if it has the same name.
    not_external = Q(external_id=None) if key else Q()
    for name in others:
        value = str(changes.get(name) or "").strip().casefold()
        if not value or not is_storable(value):
            continue
        matches = table.filter(scope, not_external, **{_COLUMN.get(name, name): value})
        oldest = await matches.order_by("created_at", "id").limit(1).values("id", "version")
        if oldest:
            return dict(oldest[0])
    return None


async def _outcome(table: type[Account] | type[Contact], before: ExistingRow) -> ImportOutcome:
    [after] = await table.filter(id=before["id"]).values("version")
    return ImportOutcome.UNCHANGED if after["version"] == before["version"] else ImportOutcome.UPDATED


_COLUMN = {"name": "name_folded"}
