"""Row locks that a write holds until its transaction ends, and the order in which they are acquired.

An operation acquires the locks that it needs in the order of this table, so that two writers wait for one
another instead of deadlocking. Locks of one kind are acquired in the order of their ids.

=  ========================  ==============================  ==============================================
#  Lock                      Acquired with                   Protects
=  ========================  ==============================  ==============================================
1  imports (advisory lock)   `load_lookup()`                 external ids: imports run one after the other
2  organization (key share)  `lock_settings()`               the base currency
3  exchange rates            `lock_rates()`                  values in the base currency
4  deals                     `lock_deals()`                  a deal with all of its parts
5  account or contact        `lock_row()`, `lock_if_exists`  an account's own columns, references to it
5  accounts (shared)         `lock_accounts_of()`            requirements on an account
6  any other record          `lock_and_read()`               an API key, member, team, target or endpoint
7  organization              `lock_organization()`           the audit trail, and what is counted in it
8  counter                   `next_number()`                 the numbers of opportunities
=  ========================  ==============================  ==============================================

There are three exceptions:

- A new deal, and a change of deals, acquire 2 and 3 after 4 and 5, because they need them for
  some inputs only.
- Members, teams, targets and webhook endpoints acquire 7 before 6, because they are counted or form a tree.
- `lock_organization(base_currency=True)` conflicts with 2.

The database resolves a deadlock by aborting one of the transactions, and `transaction()` runs that one again.

SQLite has one writer at a time, so these functions lock nothing there.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from tortoise.models import Model

from workflow.models.engine.database import dialect, fetch


async def lock_and_read(table: type[Model], organization_id: UUID, id: UUID) -> dict[str, Any] | None:
    """Lock a row and return its columns as they are then; None if there is no such row."""
    await lock_row(table, organization_id, id)
    found = await table.filter(id=id, organization_id=organization_id).values()
    return found[0] if found else None


async def lock_row(table: type[Model], organization_id: UUID, id: UUID) -> None:
    """Lock a row. What is read of it afterwards is current."""
    if dialect() == "postgres":
        name = table._meta.db_table
        # NO KEY: others may still insert rows that refer to this one, for which PostgreSQL takes a key share.
        await fetch(
            f'SELECT 1 FROM "{name}" WHERE id = $1 AND organization_id = $2 FOR NO KEY UPDATE',
            id,
            organization_id,
        )


async def lock_deals(organization_id: UUID, ids: Collection[UUID]) -> None:
    """Lock deals of an organization in the order of their ids. What is read of them afterwards is current."""
    if dialect() == "postgres":
        await fetch(
            "SELECT 1 FROM opportunity WHERE id = ANY($1) AND organization_id = $2 "
            "ORDER BY id FOR NO KEY UPDATE",
            list(ids),
            organization_id,
        )


async def lock_accounts_of(organization_id: UUID, deals: Collection[UUID]) -> None:
    """Keep the accounts of locked deals, and the base currency, from changing until the commit.

    The locks are shared: transitions of an account's deals do not wait for each other.
    """
    if dialect() == "postgres":
        await fetch(
            "SELECT 1 FROM account JOIN organization ON organization.id = account.organization_id "
            "WHERE organization.id = $1 AND account.id IN "
            "(SELECT account_id FROM opportunity WHERE id = ANY($2) AND organization_id = $1) "
            "ORDER BY account.id FOR SHARE OF account FOR KEY SHARE OF organization",
            organization_id,
            list(deals),
        )


async def lock_if_exists(table: type[Model], organization_id: UUID, id: UUID) -> bool:
    """Return True if the row exists, and keep it from being deleted before another row refers to it."""
    lock_clause = " FOR KEY SHARE" if dialect() == "postgres" else ""
    name = table._meta.db_table
    found = await fetch(
        f'SELECT 1 FROM "{name}" WHERE id = $1 AND organization_id = $2{lock_clause}', id, organization_id
    )
    return bool(found)


async def lock_organization(organization_id: UUID, *, base_currency: bool = False) -> None:
    """Lock the organization's own row, for what one writer at a time may count or choose in it.

    With `base_currency`, also wait for those who value something in the base currency, and make them wait.
    """
    if dialect() == "postgres":
        # Only UPDATE conflicts with the key share that `lock_settings` takes.
        strength = "UPDATE" if base_currency else "NO KEY UPDATE"
        await fetch(f"SELECT 1 FROM organization WHERE id = $1 FOR {strength}", organization_id)


async def lock_settings(organization_id: UUID) -> dict[str, Any]:  # Any: columns of several kinds
    """Return the organization's time zone and base currency, and keep the currency from changing."""
    lock_clause = " FOR KEY SHARE" if dialect() == "postgres" else ""
    found = await fetch(
        f"SELECT base_currency, time_zone FROM organization WHERE id = $1{lock_clause}", organization_id
    )
    return found[0]


async def lock_rates(organization_id: UUID, *, exclusive: bool = False) -> None:
    """Lock the organization's exchange rates: shared to value a deal, exclusive to change a rate."""
    if dialect() == "postgres":
        strength = "UPDATE" if exclusive else "SHARE"
        await fetch(
            f"SELECT 1 FROM exchange_rate WHERE organization_id = $1 ORDER BY id FOR {strength}",
            organization_id,
        )
