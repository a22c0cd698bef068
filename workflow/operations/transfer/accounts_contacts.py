"""Accounts and contacts as a file has them: made where they are missing, else brought to what it tells of them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import Account, Contact
from workflow.models.engine.database import transaction
from workflow.operations.accounts.accounts import (
    AccountChanges,
    ContactChanges,
    create_account,
    create_contact,
    update_account,
    update_contact,
)
from workflow.operations.change.change import RolledBack
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import askable
from workflow.rules.enums import ImportOutcome
from workflow.rules.errors import invalid

Known = dict[str, Any]  # Any: an id and a version


async def by_itself(work: Callable[[], Awaitable[ImportOutcome]], *, dry_run: bool) -> ImportOutcome:
    """One line in a transaction of its own; what is only tried is taken back."""

    async def tried() -> ImportOutcome:
        outcome = await work()
        if dry_run:
            raise RolledBack(outcome)
        return outcome

    try:
        return await transaction(tried)
    except RolledBack as done:
        return ImportOutcome(str(done.answer))


async def keep_account(ctx: Ctx, given: AccountChanges) -> ImportOutcome:
    """The account with this key, else of this domain, else by this name, as it is told; a new one where there is none."""
    mine = Q(organization_id=ctx.viewer.organization_id)
    known = await _found(Account, mine, given, "domain", "name")
    if known is None:
        await create_account(ctx, given)
        return ImportOutcome.CREATED
    await update_account(ctx, known["id"], given, expected_version=None)
    return await _outcome(Account, known)


async def keep_contact(ctx: Ctx, account_name: str, given: ContactChanges) -> ImportOutcome:
    """The contact with this key, else of the account by this e-mail, else by this name; InvalidInput where there is no such account."""
    organization_id = ctx.viewer.organization_id
    homes = Account.filter(organization_id=organization_id, name_folded=account_name.strip().casefold())
    found = askable(account_name) and await homes.order_by("created_at", "id").limit(1).values("id")
    if not found:
        message = f"There is no account called {account_name[:80]!r}. Import the accounts first."
        raise invalid("accountName", message=message)
    account_id: UUID = found[0]["id"]
    known = await _found(Contact, Q(organization_id=organization_id, account_id=account_id), given, "email", "name")
    if known is None:
        await create_contact(ctx, account_id, given)
        return ImportOutcome.CREATED
    await update_contact(ctx, known["id"], given, expected_version=None)
    return await _outcome(Contact, known)


async def _found(table: type[Account] | type[Contact], mine: Q, given: Mapping[str, Any], *others: str) -> Known | None:
    """By the key of the other system; else by what tells them apart, among those that no other key names."""
    system, key = (str(given.get(name) or "").strip() for name in ("external_system", "external_id"))
    if system and key and askable(system) and askable(key):
        same = await table.filter(mine, external_system=system, external_id=key).values("id", "version")
        if same:
            return dict(same[0])
    for name in others:
        told = str(given.get(name) or "").strip().casefold()
        if not told or not askable(told):
            continue
        free = Q() if not key else Q(external_id=None)
        same = (
            await table.filter(mine, free, **{_COLUMN.get(name, name): told})
            .order_by("created_at", "id")
            .limit(1)
            .values("id", "version")
        )
        if same:
            return dict(same[0])
    return None


async def _outcome(table: type[Account] | type[Contact], before: Known) -> ImportOutcome:
    [after] = await table.filter(id=before["id"]).values("version")
    return ImportOutcome.UNCHANGED if after["version"] == before["version"] else ImportOutcome.UPDATED


_COLUMN = {"name": "name_folded"}
