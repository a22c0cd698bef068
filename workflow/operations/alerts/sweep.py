"""The sweep: it updates what changes on open deals as time passes, in batches."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import Milestone, Opportunity, Organization
from workflow.models.engine.database import act_as_organization, bypass_row_security, transaction
from workflow.operations.alerts.digest import record_digests
from workflow.operations.alerts.sync import AlertInput, plan_alerts, write_alerts
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.journal import NewEvent, record_events
from workflow.operations.core.locking import lock_deals, lock_rates
from workflow.operations.core.rows import update_rows
from workflow.operations.pricing.exchange_rates import rates_on
from workflow.queries.conditions import where
from workflow.queries.opportunity.alerts import UNRESOLVED_ALERTS
from workflow.queries.opportunity.facts import LoadedDeal, load_deals
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.opportunity.stored_health import stored_value
from workflow.queries.process.processes import documents_by_id
from workflow.rules.enums import OPEN_STATES, MilestoneStatus
from workflow.rules.health.stored import evaluation_columns
from workflow.rules.money import MAX_MINOR, convert_minor
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.milestones import is_missed
from workflow.rules.opportunity.parts import MilestoneFacts

BATCH_SIZE = 200
"""Deals in one transaction. No other write waits for a sweep longer than one batch takes."""
DUE = Q(state__in=list(OPEN_STATES)) | Q(health__isnull=True)
"""Open deals, and those stored before the database had a column for health."""

ProgressCallback = Callable[["SweepResult"], Awaitable[None]]
Clock = Callable[[], datetime]
"""Read under the locks of each batch, so that a process that was suspended continues at the current time."""


async def _no_progress(swept: "SweepResult") -> None:
    """Report no progress."""


@dataclass(slots=True)
class SweepResult:
    """The number of deals that a sweep has checked, and of the records that it has changed."""

    deals: int = 0
    healths: int = 0
    values: int = 0
    milestones: int = 0
    alerts: int = 0
    digests: int = 0
    on_progress: ProgressCallback = field(default=_no_progress, repr=False)


@dataclass(frozen=True, slots=True)
class CurrencyRates:
    """An organization's base currency, and the rates of other currencies in it today."""

    currency: str
    rates: Mapping[str, Decimal]


async def sweep(clock: Clock, *, on_progress: ProgressCallback = _no_progress) -> SweepResult:
    """Sweep every organization. A second sweep at the same time changes nothing.

    The version and updatedAt of a deal stay as they are.
    """
    result = SweepResult(on_progress=on_progress)
    with bypass_row_security():
        organizations = await Organization.all().order_by("id").values("id")
    for organization in organizations:
        with act_as_organization(organization["id"]):
            await sweep_organization(
                Ctx(viewer=system_viewer(organization["id"]), now=clock()), result, clock
            )
    return result


async def sweep_organization(ctx: Ctx, result: SweepResult, clock: Clock | None = None) -> None:
    """Sweep one organization, as of the clock or of the context's time, and add its figures to `result`."""
    clock = clock or (lambda: ctx.now)
    settings = await _settings(ctx)
    last: UUID | None = None
    while ids := await _next_ids(ctx, last):
        last = ids[-1]

        async def work(ids: Sequence[UUID] = ids) -> SweepResult:
            return await _sweep_batch(ctx, settings, ids, clock)

        batch_result = await transaction(work)
        for name in ("deals", "healths", "values", "milestones", "alerts"):
            setattr(result, name, getattr(result, name) + getattr(batch_result, name))
        await result.on_progress(result)
    result.digests += await record_digests(replace(ctx, now=clock()), settings["time_zone"])


async def open_deals_of_account(ctx: Ctx, account_id: UUID) -> list[UUID]:
    """Return the open deals of an account, including those that the viewer cannot see."""
    deals = Opportunity.filter(
        organization_id=ctx.viewer.organization_id, account_id=account_id, deleted_at=None
    )
    return [row["id"] for row in await deals.filter(state__in=list(OPEN_STATES)).order_by("id").values("id")]


async def lock_open_deals(ctx: Ctx, account_id: UUID) -> list[UUID]:
    """Lock the open deals of an account that is about to change. The account itself is locked afterwards."""
    await lock_rates(ctx.viewer.organization_id)
    ids = await open_deals_of_account(ctx, account_id)
    await lock_deals(ctx.viewer.organization_id, ids)
    return ids


async def reevaluate(ctx: Ctx, ids: Sequence[UUID]) -> None:
    """Update the health and the alerts of deals whose account has changed, in the caller's transaction."""
    settings = await _settings(ctx)
    for start in range(0, len(ids), BATCH_SIZE):
        await _sweep_batch(ctx, settings, ids[start : start + BATCH_SIZE], lambda: ctx.now)


async def _settings(ctx: Ctx) -> Mapping[str, Any]:
    found = await Organization.filter(id=ctx.viewer.organization_id).values("base_currency", "time_zone")
    return found[0]


async def _next_ids(ctx: Ctx, last: UUID | None) -> list[UUID]:
    due = Opportunity.filter(DUE, organization_id=ctx.viewer.organization_id, deleted_at=None)
    # From the last id on, not by offset: a deal that is closed meanwhile would shift the batches.
    after = due if last is None else due.filter(where("id__gt", last))
    return [record["id"] for record in await after.order_by("id").limit(BATCH_SIZE).values("id")]


async def _sweep_batch(
    ctx: Ctx, settings: Mapping[str, Any], ids: Sequence[UUID], clock: Clock
) -> SweepResult:
    """Lock deals, and update their milestones, values, health and alerts."""
    result = SweepResult()
    organization_id = ctx.viewer.organization_id
    await lock_rates(organization_id)
    await lock_deals(organization_id, ids)
    ctx = replace(ctx, now=clock())
    deals = await _due_deals(ctx, ids)
    documents = await documents_by_id(organization_id, {deal.row.process_id for deal in deals})
    result.milestones = await _mark_missed(ctx, [deal.facts for deal in deals])
    rates = CurrencyRates(
        settings["base_currency"], await rates_on(organization_id, ctx.today(settings["time_zone"]))
    )
    current: dict[UUID, dict[str, Any]] = {}
    alert_inputs = []
    for deal in deals:
        document = documents[deal.row.process_id]
        evaluated = evaluation_columns(document, deal.facts, ctx.now)
        current[deal.row.id] = {**evaluated, "base_minor": _base_value(deal.row, rates)}
        changed = _changed(deal.row, current[deal.row.id])
        result.deals += 1
        result.values += "base_minor" in changed
        result.healths += bool(changed & evaluated.keys())
        alert_rows = [alert.columns() for alert in deal.also["alerts"]]
        alert_inputs.append(AlertInput(ctx, deal.facts, document, deal.row.version, alert_rows))
    plan = await plan_alerts(alert_inputs)
    for deal_input in alert_inputs:
        current[deal_input.facts.id]["disqualify_proposed"] = deal_input.disqualify_proposed
    # One statement for all deals of which any column differs.
    differing = [deal.row.id for deal in deals if _changed(deal.row, current[deal.row.id])]
    await update_rows(Opportunity, [{"id": id, **current[id]} for id in differing])
    await write_alerts(plan)
    await record_events(ctx, plan.events)
    result.alerts = len(plan.events)
    return result


async def _due_deals(ctx: Ctx, ids: Sequence[UUID]) -> list[LoadedDeal]:
    """Load the locked deals that are still due, also those that the viewer cannot see.

    A deal may have been closed or deleted since its id was read.
    """
    viewer = system_viewer(ctx.viewer.organization_id)
    loaded = await load_deals(viewer, ids, ctx.now, {"alerts": UNRESOLVED_ALERTS})
    return [one for one in loaded.values() if one.row.state in OPEN_STATES or one.row.health is None]


def _changed(row: OpportunityRow, current: Mapping[str, object]) -> set[str]:
    """Return the names of the columns whose stored value is another one."""
    return {name for name, value in current.items() if stored_value(row, name) != value}


def _base_value(row: OpportunityRow, rates: CurrencyRates) -> int | None:
    """Return an open deal's value in the base currency at today's rate.

    The stored value stays if the deal is closed, if there is no rate, or if the new value would be too large.
    """
    minor = row.value_minor
    currency = row.value_currency
    stored = row.base_minor
    if row.state not in OPEN_STATES or currency == rates.currency or minor is None or currency is None:
        return stored
    rate = rates.rates.get(currency)
    if rate is None:
        return stored
    converted = convert_minor(minor, currency, rates.currency, rate)
    return converted if converted < MAX_MINOR else stored


async def _mark_missed(ctx: Ctx, deals: Iterable[OpportunityFacts]) -> int:
    """Mark milestones as missed a week after their due date, and record it. They can still be completed."""
    missed = [
        (deal, milestone)
        for deal in deals
        for milestone in deal.milestones
        if is_missed(milestone, deal, ctx.now)
    ]
    if missed:
        ids = [milestone.id for _, milestone in missed]
        await Milestone.filter(id__in=ids).update(status=MilestoneStatus.MISSED)
        await record_events(ctx, [_missed_event(deal, milestone) for deal, milestone in missed])
    return len(missed)


def _missed_event(deal: OpportunityFacts, milestone: MilestoneFacts) -> NewEvent:
    changes = {"status": {"old": milestone.status, "new": MilestoneStatus.MISSED}}
    payload = {
        "opportunityId": deal.id,
        "version": deal.version,
        "milestoneId": milestone.id,
        "changes": changes,
    }
    return NewEvent("milestone.missed", "opportunity", deal.id, payload)
