"""Writes of changed deals, and of the columns, snapshots, alerts and events that follow from them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from workflow.models import Account, Opportunity, Override
from workflow.operations.alerts.sync import AlertInput, AlertPlan, plan_alerts, write_alerts
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.change.overrides import settled_event, settled_overrides
from workflow.operations.change.part_writes import write_parts
from workflow.operations.change.snapshots import NewSnapshot, is_new_snapshot, write_snapshots
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import NewEvent, record_events
from workflow.operations.core.rows import update_rows
from workflow.queries.opportunity.accounts import AccountRow
from workflow.queries.opportunity.facts import account_facts, reload_parts
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.opportunity.stored_health import stored_value
from workflow.queries.records import rows_by_id
from workflow.rules.enums import TransitionSource
from workflow.rules.health.stored import evaluation_changes
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.opportunity.risks import highest_risk_level

DERIVED_COLUMNS = frozenset(
    {
        *("version", "updated_at", "risk_level", "latest_close_date", "health", "health_factors"),
        *("closed_insight", "recorded_at", "disqualify_proposed"),
    }
)
"""Columns computed from others, which events do not report as changes."""
MONEY_COLUMNS = frozenset({"value_minor", "value_currency"})
"""The columns of an amount, which an event reports together."""


async def write_changes(deals: Sequence[LockedOpportunity], *, bump_version: bool) -> None:
    """Write what verbs have recorded on these deals, update what follows from it, and record the events."""
    if not deals:
        return
    await write_parts(deal.parts for deal in deals)
    await _read_stale_parts(deals)
    await _read_new_accounts(deals)
    settled = {deal.id: _settle(deal, bump_version=bump_version) for deal in deals}
    plan = await _sync_alerts(deals)
    await _write_rows(deals)
    overrides = [
        {"id": override.id, "settled_at": deal.ctx.now} for deal in deals for override in settled[deal.id]
    ]
    await update_rows(Override, overrides)
    await write_snapshots([snapshot for deal in deals if (snapshot := _new_snapshot(deal)) is not None])
    await write_alerts(plan)
    events = [event for deal in deals for event in _events(deal, settled[deal.id])]
    await record_events(deals[0].ctx, [*events, *plan.events])


async def _read_stale_parts(deals: Iterable[LockedOpportunity]) -> None:
    """Read the parts again that the verbs have changed: one statement for all deals of one instant."""
    by_instant: defaultdict[datetime, list[LockedOpportunity]] = defaultdict(list)
    for deal in deals:
        if deal.parts.stale:
            by_instant[deal.ctx.now].append(deal)
    for now, stale_deals in by_instant.items():
        names = set().union(*(deal.parts.stale for deal in stale_deals))
        facts = await reload_parts({deal.id: deal.facts for deal in stale_deals}, names, now)
        for deal in stale_deals:
            deal.facts = facts[deal.id]


async def _read_new_accounts(deals: Iterable[LockedOpportunity]) -> None:
    """Read the accounts to which deals have moved: one statement for all."""
    moved = [
        deal for deal in deals if deal.columns.get("account_id", deal.row.account_id) != deal.row.account_id
    ]
    if not moved:
        return
    ids = {deal.columns["account_id"] for deal in moved}
    accounts = await rows_by_id(AccountRow, Account, moved[0].organization_id, ids)
    for deal in moved:
        deal.facts = replace(deal.facts, account=account_facts(accounts[deal.columns["account_id"]]))


def _settle(deal: LockedOpportunity, *, bump_version: bool) -> tuple[OverrideFacts, ...]:
    """Update the columns that follow from others. Return the overrides that are settled by this change."""
    if bump_version:
        deal.write(version=deal.row.version + 1, updated_at=deal.ctx.now)
    deal.see_changes()
    settled = settled_overrides(deal.ctx, deal.facts, deal.process)
    if settled:
        still_open = tuple(one for one in deal.facts.overrides if one not in settled)
        deal.facts = replace(deal.facts, overrides=still_open)
    health = evaluation_changes(deal.row.state, deal.process, deal.facts, deal.ctx.now)
    deal.write(risk_level=highest_risk_level(deal.facts), **health)
    return settled


async def _sync_alerts(deals: Sequence[LockedOpportunity]) -> AlertPlan:
    """Plan the changes of the deals' alerts. A deleted deal has no alerts."""
    # An import changes many deals; the next sweep syncs their alerts in batches.
    synced = [deal for deal in deals if deal.ctx.source is not TransitionSource.IMPORT]
    inputs = [
        AlertInput(
            deal.ctx,
            deal.facts,
            deal.process,
            deal.facts.version,
            deal.alerts,
            deleted=any(name == "opportunity.deleted" for name, _ in deal.events),
            changed=deal.changed_alerts,
        )
        for deal in synced
    ]
    plan = await plan_alerts(inputs)
    for deal, alerts in zip(synced, inputs, strict=True):
        deal.write(disqualify_proposed=alerts.disqualify_proposed)
    return plan


async def _write_rows(deals: Sequence[LockedOpportunity]) -> None:
    """Write the changed columns of the deals' own rows: one statement for deals that are changed alike."""
    groups: defaultdict[frozenset[str], list[tuple[LockedOpportunity, dict[str, Any]]]] = defaultdict(list)
    for deal in deals:
        changed = deal.changed_columns()
        if changed:
            # A column that the row does not have is written only where it was recorded.
            groups[frozenset(changed) - frozenset(OpportunityRow.columns)].append((deal, changed))
    for group in groups.values():
        names = sorted(set().union(*(changed for _, changed in group)))
        rows = [
            {"id": deal.id, **{name: _value(deal, changed, name) for name in names}}
            for deal, changed in group
        ]
        await update_rows(Opportunity, rows)


def _value(deal: LockedOpportunity, changed: Mapping[str, Any], name: str) -> Any:  # Any: a column's value
    """Return a changed column, or the stored value, which is current because the deal is locked."""
    return changed[name] if name in changed else stored_value(deal.row, name)


def _new_snapshot(deal: LockedOpportunity) -> NewSnapshot | None:
    after = deal.row_after()
    if not is_new_snapshot(deal.row, after):
        return None
    pushes = (payload.get("slipReason") for event, payload in deal.events if event == "closeDate.pushed")
    return NewSnapshot(after, deal.ctx.now, next(pushes, None))


def _events(deal: LockedOpportunity, settled: Iterable[OverrideFacts]) -> list[NewEvent]:
    """Return the events of a change; the first of the deal itself, or else the first, reports the columns."""
    if differences := _differences(deal):
        own = (payload for event, payload in deal.events if event.startswith("opportunity."))
        next(own, deal.events[0][1]).setdefault("changes", differences)
    common = {"opportunityId": deal.id, "version": deal.facts.version}
    return [
        NewEvent(name, "opportunity", deal.id, {**common, **payload}, deal.ctx.now)
        for name, payload in (*deal.events, *map(settled_event, settled))
    ]


def _differences(deal: LockedOpportunity) -> dict[str, object]:
    """Return the deal's own columns that this change has changed, old and new."""
    written = deal.columns.keys() - DERIVED_COLUMNS
    if written & MONEY_COLUMNS:
        written |= MONEY_COLUMNS
    names = [name for name in OpportunityRow.columns if name in written]
    return diff(
        {name: getattr(deal.row, name) for name in names},
        {name: deal.columns.get(name, getattr(deal.row, name)) for name in names},
    )
