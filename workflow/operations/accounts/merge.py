"""Two accounts that are one company become one: all that hangs on the one that goes moves to the one that stays."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from workflow.models import Account, Contact, Opportunity
from workflow.models.engine.database import dialect, fetch
from workflow.operations.alerts.sweep import judge_again, open_deals_of
from workflow.operations.change.change import Deal, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import hold_all
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import merged
from workflow.operations.pricing.exchange_rates import hold_rates
from workflow.rules.enums import Visibility
from workflow.rules.errors import NotFound, VersionConflict, invalid
from workflow.rules.permissions import Action, require

TOGETHER = (
    ("domain",), ("industry",), ("employee_count",), ("annual_revenue_minor", "annual_revenue_currency"), ("country",),
    ("external_system", "external_id"),
)  # fmt: skip
"""What the account that stays takes over where it has none, parts that go together as one."""


async def merge_accounts(ctx: Ctx, keep_id: UUID, merged_id: UUID, *, expected_version: int | None) -> UUID:
    """Move contacts, with them stakeholders and activities, and deals to the account that stays; the other is not found any more.

    Two contacts of one person stay two. Closed deals move as well, and stay as they were judged at their close.
    """

    async def work() -> UUID:
        require(ctx.viewer, Action.WRITE_ALL, to="merge accounts")
        if keep_id == merged_id:
            raise invalid("mergedId", message="This is the account that stays. Name another one to be merged into it.")
        kept, going = await _held(ctx, keep_id, merged_id)
        kept_deals = await open_deals_of(ctx, keep_id)
        if expected_version is not None and expected_version != kept["version"]:
            actual = int(str(kept["version"]))
            raise VersionConflict(kind="Account", id=keep_id, expected=expected_version, actual=actual)
        version = int(str(kept["version"])) + 1
        taken = await _take_over(ctx, kept, going, version)
        contacts = await _move_contacts(ctx, keep_id, merged_id)
        deals = await _move_deals(ctx, keep_id, merged_id)
        await judge_again(ctx, kept_deals)
        await Account.filter(id=merged_id).delete()
        about = {"accountId": keep_id, "mergedAccountId": merged_id, "mergedName": going["name"]}
        told = {**about, "contacts": contacts, "opportunities": deals, "version": version, "changes": taken}
        await record(ctx, "account.merged", aggregate="account", id=keep_id, payload=told)
        return keep_id

    return await perform(ctx, work)


async def _held(ctx: Ctx, *ids: UUID) -> list[dict[str, object]]:
    """Both accounts, after their deals, so that nothing comes to either meanwhile; NotFound where one is not there."""
    organization_id = ctx.viewer.organization_id
    await hold_rates(organization_id)
    deals = Opportunity.filter(organization_id=organization_id, account_id__in=ids)
    await hold_all(Opportunity, [row["id"] for row in await deals.order_by("id").values("id")])
    if dialect() == "postgres":
        await fetch("SELECT 1 FROM account WHERE id = ANY($1) ORDER BY id FOR UPDATE", sorted(ids))
    found = {row["id"]: row for row in await Account.filter(organization_id=organization_id, id__in=ids).values()}
    for id in ids:
        if id not in found:
            raise NotFound("Account", id)
    return [found[id] for id in ids]


async def _take_over(
    ctx: Ctx, kept: Mapping[str, object], going: Mapping[str, object], version: int
) -> dict[str, object]:
    """What the account that stays lacks and the other knows; of attributes it keeps its own. What changed."""
    news: dict[str, object] = {}
    for names in TOGETHER:
        if kept[names[0]] is None and going[names[0]] is not None:
            news |= {name: going[name] for name in names}
    ours, theirs = kept["attributes"], going["attributes"]
    assert isinstance(ours, Mapping) and isinstance(theirs, Mapping)
    news["attributes"] = merged(theirs, ours)
    await Account.filter(id=going["id"]).update(domain=None, external_system=None, external_id=None)
    await Account.filter(id=kept["id"]).update(**news, version=version, updated_at=ctx.now)
    return changed(kept, news)


async def _move_contacts(ctx: Ctx, keep_id: UUID, merged_id: UUID) -> int:
    moving = await Contact.filter(account_id=merged_id).order_by("id").values("id", "version")
    for row in moving:
        version = row["version"] + 1
        await Contact.filter(id=row["id"]).update(account_id=keep_id, version=version, updated_at=ctx.now)
        changes = changed({"account_id": merged_id}, {"account_id": keep_id})
        payload = {"contactId": row["id"], "accountId": keep_id, "version": version, "changes": changes}
        await record(ctx, "contact.updated", aggregate="contact", id=row["id"], payload=payload)
    return len(moving)


async def _move_deals(ctx: Ctx, keep_id: UUID, merged_id: UUID) -> int:
    """Every deal, whoever sees it, goes the way of every write; what was deleted is only pointed elsewhere."""
    everywhere = replace(ctx, viewer=replace(ctx.viewer, visibility=Visibility.ALL), receipt=None)

    async def verb(deal: Deal) -> None:
        await deal.write(account_id=keep_id)
        deal.tell("opportunity.updated")

    moving = Opportunity.filter(account_id=merged_id, deleted_at=None).order_by("id")
    ids = [row["id"] for row in await moving.values("id")]
    for id in ids:
        await change(everywhere, id, None, verb, judge=lambda deal: None)
    await Opportunity.filter(account_id=merged_id).update(account_id=keep_id)
    return len(ids)
