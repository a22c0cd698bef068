"""The passing of time: what is stored of open deals and follows from the day is brought up to it, some deals at a time."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import Milestone, Opportunity, Organization
from workflow.models.engine.database import standing_for, standing_for_everybody, transaction
from workflow.operations.alerts.digest import tell_digests
from workflow.operations.alerts.sync import Looked, look_and_tell
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.journal import Fact, record_all
from workflow.operations.core.locking import hold_all
from workflow.operations.pricing.exchange_rates import hold_rates, rates_on
from workflow.queries.opportunity.facts import facts_of
from workflow.queries.paging import where
from workflow.queries.process.processes import processes_by_id
from workflow.rules.enums import OPEN_STATES, MilestoneStatus
from workflow.rules.health.stored import judged
from workflow.rules.money import MOST_MINOR, base_minor
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.milestones import missed
from workflow.rules.opportunity.parts import MilestoneFacts

BATCH = 200
"""Deals in one transaction: nobody waits for a sweep longer than for these."""
DUE = Q(state__in=list(OPEN_STATES)) | Q(health__isnull=True)
"""Open deals, and those of a database from before health was stored."""


Progress = Callable[["Swept"], Awaitable[None]]
Clock = Callable[[], datetime]
"""Read under the locks of each batch: a process that was frozen for an hour goes on as of the hour after."""


async def _untold(swept: "Swept") -> None:
    """Nobody asks."""


@dataclass(slots=True)
class Swept:
    """What a sweep has looked at, and what the passing of time had changed; `alerts` are those that changed."""

    deals: int = 0
    healths: int = 0
    values: int = 0
    milestones: int = 0
    alerts: int = 0
    digests: int = 0
    progress: Progress = field(default=_untold, repr=False)


@dataclass(frozen=True, slots=True)
class Home:
    """An organization's base currency and what others are worth in it today."""

    currency: str
    rates: Mapping[str, Decimal]


async def sweep(clock: Clock, *, progress: Progress = _untold) -> Swept:
    """Bring every organization up to now; again at once it changes nothing, and no deal's version or updatedAt moves."""
    swept = Swept(progress=progress)
    with standing_for_everybody():
        organizations = await Organization.all().order_by("id").values("id")
    for organization in organizations:
        with standing_for(organization["id"]):
            await sweep_organization(Ctx(viewer=system_viewer(organization["id"]), now=clock()), swept, clock)
    return swept


async def sweep_organization(ctx: Ctx, swept: Swept, clock: Clock | None = None) -> None:
    """Bring one organization's deals up to now, by a clock or as of the context's, and count them in."""
    clock = clock or (lambda: ctx.now)
    about = await _about(ctx)
    last: UUID | None = None
    while ids := await _next(ctx, last):
        last = ids[-1]

        async def work(ids: Sequence[UUID] = ids) -> Swept:
            return await _batch(ctx, about, ids, clock)

        done = await transaction(work)
        for name in ("deals", "healths", "values", "milestones", "alerts"):
            setattr(swept, name, getattr(swept, name) + getattr(done, name))
        await swept.progress(swept)
    swept.digests += await tell_digests(replace(ctx, now=clock()), about["time_zone"])


async def open_deals_of(ctx: Ctx, account_id: UUID) -> list[UUID]:
    """The open deals of an account, whoever sees them."""
    mine = Opportunity.filter(organization_id=ctx.viewer.organization_id, account_id=account_id, deleted_at=None)
    return [row["id"] for row in await mine.filter(state__in=list(OPEN_STATES)).order_by("id").values("id")]


async def hold_deals_of(ctx: Ctx, account_id: UUID) -> list[UUID]:
    """Hold the open deals of an account that is about to change, before the account itself, as every write of them does."""
    await hold_rates(ctx.viewer.organization_id)
    ids = await open_deals_of(ctx, account_id)
    await hold_all(Opportunity, ids)
    return ids


async def judge_again(ctx: Ctx, ids: Sequence[UUID]) -> None:
    """Bring the alerts and the health of deals up to what is known now of what they point at, in the caller's transaction."""
    about = await _about(ctx)
    for start in range(0, len(ids), BATCH):
        await _batch(ctx, about, ids[start : start + BATCH], lambda: ctx.now)


async def _about(ctx: Ctx) -> Mapping[str, Any]:
    found = await Organization.filter(id=ctx.viewer.organization_id).values("base_currency", "time_zone")
    return found[0]


async def _next(ctx: Ctx, last: UUID | None) -> list[UUID]:
    due = Opportunity.filter(DUE, organization_id=ctx.viewer.organization_id, deleted_at=None)
    after = due if last is None else due.filter(where("id__gt", last))
    return [record["id"] for record in await after.order_by("id").limit(BATCH).values("id")]


async def _batch(ctx: Ctx, about: Mapping[str, Any], ids: Sequence[UUID], clock: Clock) -> Swept:
    """Judge the deals as they stand under their locks, now and at the rates of today."""
    done, organization_id = Swept(), ctx.viewer.organization_id
    await hold_rates(organization_id)
    await hold_all(Opportunity, ids)
    ctx = replace(ctx, now=clock())
    rows = await Opportunity.filter(DUE, id__in=list(ids), deleted_at=None).values()
    facts = await facts_of(organization_id, [row["id"] for row in rows], ctx.now)
    processes = await processes_by_id(ctx.viewer, {row["process_id"] for row in rows})
    done.milestones = await _miss(ctx, facts.values())
    home = Home(about["base_currency"], await rates_on(organization_id, ctx.today(about["time_zone"])))
    looked = []
    for row in rows:
        deal = facts[row["id"]]
        found = judged(processes[row["process_id"]].document, deal, ctx.now)
        worth, kept = (
            {"base_minor": _worth(row, home)},
            row | {name: _read(row[name]) for name in ("health_factors", "closed_insight")},
        )
        news = {name: value for name, value in {**found, **worth}.items() if kept[name] != value}
        if news:
            await Opportunity.filter(id=deal.id).update(**news)
        done.deals += 1
        done.values += "base_minor" in news
        done.healths += bool(news.keys() & found.keys())
        process = processes[row["process_id"]].document
        looked.append(Looked(deal, process, proposed=row["disqualify_proposed"], version=row["version"]))
    done.alerts = await look_and_tell(ctx, looked)
    return done


def _read(text: str | None) -> object:
    """What is carried as the text of its JSON."""
    return None if text is None else json.loads(text)


def _worth(row: Mapping[str, Any], home: Home) -> int | None:
    """An open deal's value at today's rate; what has no rate, or would be more than can be kept, stays what it was worth."""
    minor, currency, kept = row["value_minor"], row["value_currency"], row["base_minor"]
    rate = home.rates.get(currency)
    if row["state"] not in OPEN_STATES or currency == home.currency or rate is None or minor is None:
        return None if kept is None else int(kept)
    worth = base_minor(minor, currency, home.currency, rate)
    return worth if worth < MOST_MINOR else int(kept)


async def _miss(ctx: Ctx, deals: Iterable[OpportunityFacts]) -> int:
    """Milestones that are a week late are missed, and told; they can be completed still."""
    late = [(deal, step) for deal in deals for step in deal.milestones if missed(step, deal, ctx.now)]
    if late:
        await Milestone.filter(id__in=[step.id for _, step in late]).update(status=MilestoneStatus.MISSED)
        await record_all(ctx, [_missed(deal, step) for deal, step in late])
    return len(late)


def _missed(deal: OpportunityFacts, step: MilestoneFacts) -> Fact:
    changes = {"status": {"old": step.status, "new": MilestoneStatus.MISSED}}
    payload = {"opportunityId": deal.id, "version": deal.version, "milestoneId": step.id, "changes": changes}
    return Fact("milestone.missed", "opportunity", deal.id, payload)
