"""Two accounts that are one company become one: all that hangs on the one that goes moves to the one that stays."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from workflow.models import Account, Contact, Opportunity
from workflow.models.engine.database import dialect, fetch
from workflow.operations.alerts.sweep import open_deals_of_account, reevaluate
from workflow.operations.change.change import LockedOpportunity, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_rates, lock_rows
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import merge_attributes
from workflow.rules.enums import Visibility
from workflow.rules.errors import NotFoundError, VersionConflictError, invalid_field
from workflow.rules.permissions import Action, require_permission

INHERITED_COLUMNS = (
    ("domain",), ("industry",), ("employee_count",), ("annual_revenue_minor", "annual_revenue_currency"), ("country",),
    ("external_system", "external_id"),
)  # fmt: skip
"""What the account that stays takes over where it has none, parts that go together as one."""


async def merge_accounts(ctx: Ctx, keep_id: UUID, merged_id: UUID, *, expected_version: int | None) -> UUID:
    """Move contacts, with them stakeholders and activities, and deals to the account that stays; the other is not found any more.

    Two contacts of one person stay two. Closed deals move as well, and stay as they were judged at their close.
    """

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.WRITE_ALL, to="merge accounts")
        if keep_id == merged_id:
            raise invalid_field(
                "mergedId", message="This is the account that stays. Name another one to be merged into it."
            )
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
        payload = {**accounts, "contacts": contacts, "opportunities": deals, "version": version, "changes": inherited}
        await record_event(ctx, "account.merged", aggregate="account", id=keep_id, payload=payload)
        return keep_id

    return await perform(ctx, work)


async def _lock_accounts(ctx: Ctx, *ids: UUID) -> list[dict[str, object]]:
    """Both accounts, after their deals, so that nothing comes to either meanwhile; NotFound where one is not there."""
    organization_id = ctx.viewer.organization_id
    await lock_rates(organization_id)
    deals = Opportunity.filter(organization_id=organization_id, account_id__in=ids)
    await lock_rows(Opportunity, [row["id"] for row in await deals.order_by("id").values("id")])
    if dialect() == "postgres":
        await fetch("SELECT 1 FROM account WHERE id = ANY($1) ORDER BY id FOR UPDATE", sorted(ids))
    found = {row["id"]: row for row in await Account.filter(organization_id=organization_id, id__in=ids).values()}
    for id in ids:
        if id not in found:
            raise NotFoundError("Account", id)
    return [found[id] for id in ids]


async def _fill_gaps(
    ctx: Ctx, target: Mapping[str, object], source: Mapping[str, object], version: int
) -> dict[str, object]:
    """What the account that stays lacks and the other knows; of attributes it keeps its own. What changed."""
    inherited: dict[str, object] = {}
    for names in INHERITED_COLUMNS:
        if target[names[0]] is None and source[names[0]] is not None:
            inherited |= {name: source[name] for name in names}
    ours, theirs = target["attributes"], source["attributes"]
    assert isinstance(ours, Mapping) and isinstance(theirs, Mapping)
    inherited["attributes"] = merge_attributes(theirs, ours)
    await Account.filter(id=source["id"]).update(domain=None, external_system=None, external_id=None)
    await Account.filter(id=target["id"]).update(**inherited, version=version, updated_at=ctx.now)
    return diff(target, inherited)


async def _move_contacts(ctx: Ctx, keep_id: UUID, merged_id: UUID) -> int:
    moving = await Contact.filter(account_id=merged_id).order_by("id").values("id", "version")
    for row in moving:
        version = row["version"] + 1
        await Contact.filter(id=row["id"]).update(account_id=keep_id, version=version, updated_at=ctx.now)
        changes = diff({"account_id": merged_id}, {"account_id": keep_id})
        payload = {"contactId": row["id"], "accountId": keep_id, "version": version, "changes": changes}
        await record_event(ctx, "contact.updated", aggregate="contact", id=row["id"], payload=payload)
    return len(moving)


async def _move_deals(ctx: Ctx, keep_id: UUID, merged_id: UUID) -> int:
    """Every deal, whoever sees it, goes the way of every write; what was deleted is only pointed elsewhere."""
    all_deals_ctx = replace(ctx, viewer=replace(ctx.viewer, visibility=Visibility.ALL), idempotency=None)

    async def verb(deal: LockedOpportunity) -> None:
        await deal.write(account_id=keep_id)
        deal.emit("opportunity.updated")

    moving = Opportunity.filter(account_id=merged_id, deleted_at=None).order_by("id")
    ids = [row["id"] for row in await moving.values("id")]
    for id in ids:
        await change(all_deals_ctx, id, None, verb, authorize=lambda deal: None)
    await Opportunity.filter(account_id=merged_id).update(account_id=keep_id)
    return len(ids)
