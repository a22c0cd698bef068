"""Milestones in every status, and the results of the operations on them."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.team import SalesTeam
from workflow.models import Event, Milestone, Opportunity
from workflow.operations.buyer.milestones import (
    NewMilestone,
    add_milestone,
    complete_milestone,
    reopen_milestone,
    update_milestone,
    waive_milestone,
)
from workflow.operations.core.context import Ctx
from workflow.rules.enums import MilestoneStatus, OpportunityState
from workflow.rules.errors import InvalidInputError, Refusal

LATER = NOW + timedelta(days=1)
TODAY = LATER.date()
YESTERDAY = NOW.date()
EVIDENCE = "The COO wrote on Monday that they have chosen us."
REASON = "They have done this with us before."

Verb = Callable[[Ctx, UUID, int | None], Awaitable[UUID]]
VERBS: dict[str, Verb] = {
    "complete": lambda ctx, id, version: complete_milestone(
        ctx, id, evidence=EVIDENCE, expected_version=version
    ),
    "update": lambda ctx, id, version: update_milestone(ctx, id, {"name": "Seen"}, expected_version=version),
    "waive": lambda ctx, id, version: waive_milestone(ctx, id, reason=REASON, expected_version=version),
    "reopen": lambda ctx, id, version: reopen_milestone(ctx, id, reason=REASON, expected_version=version),
}
"""Every operation on an existing milestone."""


async def new_milestone(
    team: SalesTeam, status: MilestoneStatus = MilestoneStatus.PLANNED, **fields: Any
) -> UUID:
    """Add a milestone to a new deal, and bring it into the status; MISSED by a sweep."""
    deal = await team.add_deal(OpportunityState.PROGRESSING)
    id = await add_milestone(
        team.at("owner", NOW), deal, NewMilestone("They saw it work", due=YESTERDAY, **fields)
    )
    if status is MilestoneStatus.DONE:
        await VERBS["complete"](team.at("owner", NOW), id, None)
    elif status is MilestoneStatus.WAIVED:
        await VERBS["waive"](team.at("manager", NOW), id, None)
    elif status is MilestoneStatus.MISSED:
        await Milestone.filter(id=id).update(status=MilestoneStatus.MISSED)
    return id


async def milestone_row(id: UUID) -> dict[str, Any]:
    """Return the stored milestone."""
    return dict((await Milestone.filter(id=id).values())[0])


async def deal_of(id: UUID) -> UUID:
    """Return the id of the milestone's deal."""
    deal: UUID = (await milestone_row(id))["opportunity_id"]
    return deal


async def deal_version(deal: UUID) -> int:
    """Return the deal's version."""
    return int((await Opportunity.filter(id=deal).values("version"))[0]["version"])


async def last_event(id: UUID) -> tuple[str, dict[str, Any]]:
    """Return the newest event of the milestone."""
    events = await Event.filter(aggregateid=await deal_of(id)).order_by("-pos").values()
    return next((e["type"], e["payload"]) for e in events if e["payload"].get("milestoneId") == str(id))


async def stored_rows(deal: UUID) -> tuple[Any, ...]:
    """Return all rows that an operation could have written on the deal."""
    milestones = await Milestone.filter(opportunity_id=deal).order_by("position").values()
    return (
        await Opportunity.filter(id=deal).values(),
        milestones,
        await Event.filter(aggregateid=deal).count(),
    )


async def refusal_of(deal: UUID, attempt: Awaitable[UUID]) -> Refusal:
    """Return the problem of an operation that must write nothing."""
    before = await stored_rows(deal)
    with pytest.raises(Refusal) as caught:
        await attempt
    assert await stored_rows(deal) == before
    return caught.value


async def faulty_fields(id: UUID, attempt: Awaitable[UUID]) -> list[str]:
    """Return the invalid fields of an operation that must write nothing."""
    refusal = await refusal_of(await deal_of(id), attempt)
    assert isinstance(refusal, InvalidInputError), refusal
    return [".".join(problem.path) for problem in refusal.fields]
