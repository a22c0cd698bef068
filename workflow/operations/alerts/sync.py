"""Alerts are brought to what the rules find on some deals: after each write, and by the sweep as time passes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from workflow.models import Alert, Member, Opportunity, Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import Fact, changed, record_all
from workflow.rules.alerts.alerts import Found, alerts
from workflow.rules.alerts.lifecycle import FRESH, Turn, is_to_be_escalated, kept, manager_above, opened, turned
from workflow.rules.enums import AlertCode, AlertStatus
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import ProcessDocument

Row = dict[str, Any]
TOLD = ("status", "severity", "snoozed_until", "escalated_to_id")
"""What a fact tells of an alert's change, old and new."""


@dataclass(slots=True)
class Looked:
    """One deal as it is looked at: what is kept of it, and what was found."""

    facts: OpportunityFacts
    process: ProcessDocument
    proposed: bool
    version: int
    gone: bool = False
    rows: list[Row] = field(default_factory=list)
    found: tuple[Found, ...] = ()


@dataclass(slots=True)
class Plan:
    """What is written for some deals, and what is told of it."""

    new: list[Row] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    seen: list[UUID] = field(default_factory=list)
    told: list[Fact] = field(default_factory=list)


async def look(ctx: Ctx, deals: Sequence[Looked]) -> list[Fact]:
    """Write what became of the alerts of locked deals, and what there is to tell of it."""
    ids = [deal.facts.id for deal in deals]
    unresolved = Alert.filter(opportunity_id__in=ids).exclude(status=AlertStatus.RESOLVED)
    rows, plan = defaultdict(list), Plan()
    for row in await unresolved.order_by("id").values():
        rows[row["opportunity_id"]].append(row)
    for deal in deals:
        deal.rows = rows[deal.facts.id]
        if not deal.gone:
            deal.found = alerts(deal.process, deal.facts, ctx.now, [kept(row) for row in deal.rows])
        _compare(ctx, deal, plan)
    await _escalate(ctx, deals, plan)
    await _write(ctx, plan)
    await _weigh(deals)
    return plan.told


async def look_and_tell(ctx: Ctx, deals: Sequence[Looked]) -> int:
    """The same, told at once; how many facts that was."""
    told = await look(ctx, deals)
    await record_all(ctx, told)
    return len(told)


def _compare(ctx: Ctx, deal: Looked, plan: Plan) -> None:
    """Plan what changes, and bring the deal's rows to it, so that what is looked at next sees it."""
    found = {one.key: one for one in deal.found}
    proposals_last = sorted(deal.rows, key=lambda row: row["code"] == AlertCode.DISQUALIFY_PROPOSED)
    for row in proposals_last:
        one = found.pop((AlertCode(row["code"]), row["subject"]), None)
        turn = turned(row, one, deal.rows, ctx.now)
        if turn is not None:
            _tell(deal, row, turn, plan)
            plan.turns.append(turn)
            row.update(turn.columns)
        if one is not None:
            plan.seen.append(row["id"])
    for one in found.values():
        row = {"id": new_id(), **FRESH, **opened(one, ctx.now), "resolved_at": None}
        row |= {"organization_id": deal.facts.organization_id, "opportunity_id": deal.facts.id}
        plan.new.append(row)
        deal.rows.append(row)
        _tell(deal, {**row, "status": None, "severity": None}, Turn(row["id"], row, "alert.opened"), plan)


async def _escalate(ctx: Ctx, deals: Sequence[Looked], plan: Plan) -> None:
    due = [
        (deal, row)
        for deal in deals
        for row in deal.rows
        if row["status"] != AlertStatus.RESOLVED and is_to_be_escalated(row, deal.facts.time_zone, ctx.now)
    ]
    if not due:
        return
    mine = {"organization_id": ctx.viewer.organization_id}
    teams = {team["id"]: team for team in await Team.filter(**mine).values("id", "parent_id", "manager_id")}
    people = {one["id"]: one for one in await Member.filter(**mine).values("id", "active", "team_id")}
    active = [id for id, person in people.items() if person["active"]]
    for deal, row in due:
        owner = deal.facts.owner_id
        manager = manager_above(people[owner]["team_id"], owner, teams, active)
        if manager is not None:
            turn = Turn(row["id"], {"escalated_to_id": manager, "escalated_at": ctx.now}, "alert.escalated")
            _tell(deal, row, turn, plan)
            plan.turns.append(turn)
            row.update(turn.columns)


def _tell(deal: Looked, before: Mapping[str, Any], turn: Turn, plan: Plan) -> None:
    if turn.event is None:
        return
    after = {name: turn.columns[name] for name in TOLD if name in turn.columns}
    differences = changed({name: before[name] for name in after}, after)
    about = {"alertId": turn.id, "code": before["code"], "changes": differences}
    payload = {"opportunityId": deal.facts.id, "version": deal.version, **about}
    plan.told.append(Fact(turn.event, "opportunity", deal.facts.id, payload))


async def _write(ctx: Ctx, plan: Plan) -> None:
    new = {row["id"] for row in plan.new}
    if plan.seen:
        await Alert.filter(id__in=plan.seen).update(last_seen_at=ctx.now)
    for turn in plan.turns:
        if turn.id not in new:
            await Alert.filter(id=turn.id).update(**turn.columns)
    if plan.new:
        await Alert.bulk_create([Alert(**row) for row in plan.new])


async def _weigh(deals: Sequence[Looked]) -> None:
    """While it is proposed to stop a deal, and nobody has decided, it weighs nothing."""
    for deal in deals:
        proposals = (row for row in deal.rows if row["code"] == AlertCode.DISQUALIFY_PROPOSED)
        proposed = any(row["status"] == AlertStatus.OPEN for row in proposals)
        if proposed is not deal.proposed:
            await Opportunity.filter(id=deal.facts.id).update(disqualify_proposed=proposed)
