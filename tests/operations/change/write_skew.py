"""Write skew: a transition and a write that breaks its gate, concurrently. The break must not come first."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from tests.support.organizations import TestOrganization, new_organization
from tests.support.rules.deal_facts import default_document
from workflow.models import Event, Opportunity
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import WinDetails
from workflow.operations.process.processes import publish
from workflow.operations.transfer.import_rows import MAX_ROWS, import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import OpportunityState, Trigger, WinReason
from workflow.rules.errors import Refusal
from workflow.rules.process.document import parse_process

AT_ONCE = 8
ACCOUNT_FITS = {
    "key": "size",
    "label": "Big enough",
    "attribute": "employeeCount",
    "operator": "GTE",
    "value": 100,
}


@dataclass(frozen=True)
class SkewDeal:
    """A deal whose gate is met by one requirement only."""

    ctx: Ctx
    id: UUID
    account_id: UUID


@dataclass(frozen=True)
class WriteSkew:
    """A requirement, the write that meets it, and the write that breaks it with the result of the first."""

    test: Mapping[str, Any]
    meet: Callable[[SkewDeal], Awaitable[Any]]
    break_: Callable[[SkewDeal, Any], Awaitable[object]]
    trigger: Trigger = Trigger.PROGRESS


@dataclass
class SkewResults:
    """The outcomes of the trials."""

    transitioned: int = 0
    refused: int = 0
    anomalies: int = 0


async def run_trials(write_skew: WriteSkew, count: int) -> SkewResults:
    """Try the pair of writes once on each of several deals."""
    organization = await _organization(write_skew)
    tally = SkewResults()
    deals = await _deals(organization, write_skew, count)
    for start in range(0, count, AT_ONCE):
        await asyncio.gather(*(_trial(write_skew, deal, tally) for deal in deals[start : start + AT_ONCE]))
    return tally


async def _trial(write_skew: WriteSkew, deal: SkewDeal, tally: SkewResults) -> None:
    met = await write_skew.meet(deal)
    last = await _last_position(deal)
    progressed, broken = await asyncio.gather(
        _after_delay(lambda: _transition(write_skew, deal)),
        _after_delay(lambda: write_skew.break_(deal, met)),
        return_exceptions=True,
    )
    if any(isinstance(answer, IntegrityError) for answer in (progressed, broken)):
        tally.anomalies += 1  # both wrote at once, and only the database's own constraints noticed
        return
    for answer in (progressed, broken):
        if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
            raise answer
    if isinstance(progressed, Refusal):
        tally.refused += 1
        return
    tally.transitioned += 1
    about = Event.filter(aggregateid__in=[deal.id, deal.account_id], pos__gt=last).order_by("pos")
    types = [event["type"] for event in await about.values("type")]
    tally.anomalies += "opportunity.transitioned" in types and types[0] != "opportunity.transitioned"


async def _transition(write_skew: WriteSkew, deal: SkewDeal) -> object:
    if write_skew.trigger is Trigger.WIN:
        return await triggers.win(deal.ctx, deal.id, WinDetails(WinReason.SPEED), TransitionOptions())
    return await triggers.progress(deal.ctx, deal.id, OpportunityChanges(), TransitionOptions())


async def _after_delay(work: Callable[[], Awaitable[object]]) -> object:
    """Run work after a random delay, so that each of two writes comes first about as often."""
    await asyncio.sleep(random.random() * 0.03)
    return await work()


async def _last_position(deal: SkewDeal) -> int:
    found = (
        await Event.filter(organization_id=deal.ctx.viewer.organization_id)
        .order_by("-pos")
        .limit(1)
        .values("pos")
    )
    pos: int = found[0]["pos"]
    return pos


async def _organization(write_skew: WriteSkew) -> TestOrganization:
    """Create an organization whose gate has one requirement only."""
    organization = await new_organization()
    document = default_document()
    document["fitRules"] = [ACCOUNT_FITS]
    asked = {"key": "asked", "label": "Asked", "strength": "HARD", "test": dict(write_skew.test)}
    document["gates"] = [gate for gate in document["gates"] if gate["trigger"] != write_skew.trigger]
    document["gates"].append({"trigger": str(write_skew.trigger), "requirements": [asked]})
    await publish(organization.ctx, parse_process(document))
    return organization


async def _deals(organization: TestOrganization, write_skew: WriteSkew, count: int) -> list[SkewDeal]:
    state = OpportunityState.PROGRESSING if write_skew.trigger is Trigger.WIN else OpportunityState.QUALIFIED
    rows = [ImportRow(str(place), f"Deal {place}", f"Account {place}", state=state) for place in range(count)]
    for start in range(0, count, MAX_ROWS):
        await import_rows(organization.ctx, "skew", rows[start : start + MAX_ROWS])
    found = (
        await Opportunity.filter(organization_id=organization.id)
        .order_by("number")
        .values("id", "account_id")
    )
    return [SkewDeal(organization.ctx, deal["id"], deal["account_id"]) for deal in found]
