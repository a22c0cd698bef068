"""What an attempt on a deal may have written, and the refusal of one that wrote nothing."""

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
    """The deal's row, what its buyer is known by, and how many facts were told."""
    rows = [await table.filter(opportunity_id=deal).order_by("id").values() for table in LISTS]
    relations = await StakeholderRelation.filter(stakeholder__opportunity_id=deal).order_by("id").values()
    return (
        await Opportunity.filter(id=deal).values(),
        rows,
        relations,
        await Event.filter(aggregateid=deal).count(),
    )


async def refusal(deal: UUID, attempt: Awaitable[object]) -> Refusal:
    """The refusal of an attempt, having written nothing."""
    before = await stored_rows(deal)
    with pytest.raises(Refusal) as refused:
        await attempt
    assert await stored_rows(deal) == before
    return refused.value


async def faults(deal: UUID, attempt: Awaitable[object]) -> dict[str, str]:
    """The sentences of an input's faults by their paths, having written nothing."""
    refused = await refusal(deal, attempt)
    assert isinstance(refused, InvalidInputError), refused
    return {".".join(fault.path): fault.message for fault in refused.fields}
