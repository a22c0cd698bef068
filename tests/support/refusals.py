"""Refused operations: the problem, and a check that nothing was written."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import pytest

from workflow.models import (
    Competitor,
    DecisionStep,
    Event,
    Objective,
    Opportunity,
    Stakeholder,
    StakeholderRelation,
)
from workflow.rules.errors import InvalidInputError, Refusal

LISTS = (Stakeholder, Competitor, DecisionStep, Objective)


async def stored_rows(deal: UUID) -> tuple[Any, ...]:
    """Return the deal's row, the buyer's profile, and the number of events."""
    rows = [await table.filter(opportunity_id=deal).order_by("id").values() for table in LISTS]
    relations = await StakeholderRelation.filter(stakeholder__opportunity_id=deal).order_by("id").values()
    return (
        await Opportunity.filter(id=deal).values(),
        rows,
        relations,
        await Event.filter(aggregateid=deal).count(),
    )


async def refusal(deal: UUID, attempt: Awaitable[object]) -> Refusal:
    """Return the problem of an operation that must be refused and write nothing."""
    before = await stored_rows(deal)
    with pytest.raises(Refusal) as refused:
        await attempt
    assert await stored_rows(deal) == before
    return refused.value


async def faults(deal: UUID, attempt: Awaitable[object]) -> dict[str, str]:
    """Return the messages of an invalid input by path; nothing must be written."""
    refused = await refusal(deal, attempt)
    assert isinstance(refused, InvalidInputError), refused
    return {".".join(fault.path): fault.message for fault in refused.fields}
