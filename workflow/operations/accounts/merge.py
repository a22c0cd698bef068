"""Merge two accounts of one company: contacts and deals move to the account that is kept."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from workflow.models import Account, Contact, Opportunity
from workflow.models.engine.database import dialect, fetch
from workflow.operations.alerts.sweep import BATCH_SIZE, open_deals_of_account, reevaluate
from workflow.operations.change.change import DealRef, change_many
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import NewEvent, record_event, record_events
from workflow.operations.core.locking import lock_deals, lock_rates
from workflow.operations.core.perform import perform
from workflow.operations.core.rows import update_rows
from workflow.operations.core.validation import merge_attributes
from workflow.rules.enums import Visibility
from workflow.rules.errors import NotFoundError, VersionConflictError, invalid_field
from workflow.rules.permissions import Action, require_permission

INHERITED_COLUMNS = (
    ("domain",), ("industry",), ("employee_count",), ("annual_revenue_minor", "annual_revenue_currency"),
    ("country",), ("external_system", "external_id"),
)  # fmt: skip
"""The columns that the target takes from the source if it has none.

Columns that belong together are one group.
"""


async def merge_accounts(ctx: Ctx, keep_id: UUID, merged_id: UUID, *, expected_version: int | None) -> UUID:
    """Move the contacts and deals of the merged account to the kept one, and delete the merged one.

    Stakeholders and activities move with their contacts. Two contacts of one person stay two contacts. Closed
    deals move as well and keep the health of their close.
    """

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.WRITE_ALL, to="merge accounts")
        if keep_id == merged_id:
            message = (
                "`mergedId` is the account that is kept. Name the other account, which is merged into it."
            )
            raise invalid_field("mergedId", message=message)
        target, source = await _lock_accounts(ctx, keep_id, merged_id)
        target_deals = await open_deals_of_account(ctx, keep_id)
        if expected_version is not None and expected_version != target["version"]:
            actual = int(str(target["version"]))
            raise VersionConflictError(kind="Account", id=keep_id, expected=expected_version, actual=actual)
        version = int(str(target["version"])) + 1
        inherited = await _fill_gaps(ctx, target, source, version)
        contacts = await _move_contacts(ctx, keep_id, merged_id)
        deals = await _move_deals(ctx, keep_id, merged_id)
        await reevaluate(ctx, target_deals)
        await Account.filter(id=merged_id).delete()
        accounts = {"accountId": keep_id, "mergedAccountId": merged_id, "mergedName": source["name"]}
        payload = {
            **accounts,
            "contacts": contacts,
            "opportunities": deals,
            "version": version,
            "changes": inherited,
        }
        await record_event(ctx, "account.merged", aggregate="account", id=keep_id, payload=payload)
        return keep_id

    return await perform(ctx, work)


async def _lock_accounts(ctx: Ctx, *ids: UUID) -> list[dict[str, object]]:
    """Lock the deals of both accounts, then the accounts, and return the accounts.

    NotFound if one does not exist.
    """
    organization_id = ctx.viewer.organization_id
    # Rates, then deals, then accounts: the order in which every operation locks, so that none waits for
    # the other.
    await lock_rates(organization_id)
    deals = Opportunity.filter(organization_id=organization_id, account_id__in=ids)
    await lock_deals(organization_id, [row["id"] for row in await deals.order_by("id").values("id")])
    if dialect() == "postgres":
        await fetch("SELECT 1 FROM account WHERE id = ANY($1) ORDER BY id FOR UPDATE", sorted(ids))
    found = {
        row["id"]: row for row in await Account.filter(organization_id=organization_id, id__in=ids).values()
    }
    for id in ids:
        if id not in found:
            raise NotFoundError("Account", id)
    return [found[id] for id in ids]


async def _fill_gaps(
    ctx: Ctx, target: Mapping[str, object], source: Mapping[str, object], version: int
) -> dict[str, object]:
    """Write the target's missing values from the source and return the changes.

    Of equal attributes the target's stay.
    """
    inherited: dict[str, object] = {}
    for names in INHERITED_COLUMNS:
        if target[names[0]] is None and source[names[0]] is not None:
            inherited |= {name: source[name] for name in names}
    target_attributes = target["attributes"]
    source_attributes = source["attributes"]
    assert isinstance(target_attributes, Mapping) and isinstance(source_attributes, Mapping)
    inherited["attributes"] = merge_attributes(source_attributes, target_attributes)
    # Domain and external id are unique, so the source gives them up before the target takes them.
    await Account.filter(id=source["id"]).update(domain=None, external_system=None, external_id=None)
    await Account.filter(id=target["id"]).update(**inherited, version=version, updated_at=ctx.now)
    return diff(target, inherited)


async def _move_contacts(ctx: Ctx, keep_id: UUID, merged_id: UUID) -> int:
    moving = await Contact.filter(account_id=merged_id).order_by("id").values("id", "version")
    changes = diff({"account_id": merged_id}, {"account_id": keep_id})
    moved = [
        {"id": row["id"], "account_id": keep_id, "version": row["version"] + 1, "updated_at": ctx.now}
        for row in moving
    ]
    await update_rows(Contact, moved)
    await record_events(ctx, [_moved_event(row, changes) for row in moved])
    return len(moved)


def _moved_event(contact: Mapping[str, object], changes: Mapping[str, object]) -> NewEvent:
    id = contact["id"]
    assert isinstance(id, UUID)
    payload = {
        "contactId": id,
        "accountId": contact["account_id"],
        "version": contact["version"],
        "changes": changes,
    }
    return NewEvent("contact.updated", "contact", id, payload)


async def _move_deals(ctx: Ctx, keep_id: UUID, merged_id: UUID) -> int:
    """Move every deal, visible to the viewer or not. Return the number of deals that are not deleted."""
    all_deals_ctx = replace(ctx, viewer=replace(ctx.viewer, visibility=Visibility.ALL))

    async def verb(deal: LockedOpportunity) -> None:
        deal.write(account_id=keep_id)
        deal.emit("opportunity.updated")

    moving = Opportunity.filter(account_id=merged_id, deleted_at=None).order_by("id")
    ids = [row["id"] for row in await moving.values("id")]
    for start in range(0, len(ids), BATCH_SIZE):
        refs = [DealRef(id) for id in ids[start : start + BATCH_SIZE]]
        for moved in await change_many(all_deals_ctx, refs, verb, authorize=lambda deal: None):
            if moved.problem is not None:
                raise moved.problem
    # Deleted deals are left: their history refers to the account, but no rule evaluates them.
    await Opportunity.filter(account_id=merged_id).update(account_id=keep_id)
    return len(ids)
