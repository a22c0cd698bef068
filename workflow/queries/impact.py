"""What publishing a document would do to the open deals, told before it is published; nothing is written."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.queries.facts import facts_of
from workflow.queries.paging import where
from workflow.queries.scope import visible
from workflow.rules.checking import check
from workflow.rules.errors import InvalidInput
from workflow.rules.facts import OpportunityFacts
from workflow.rules.machine import states_left_by
from workflow.rules.permissions import Action, Viewer, require
from workflow.rules.process import ProcessDocument
from workflow.rules.requirements import evaluate
from workflow.rules.states import OPEN_STATES, RequirementStatus, Trigger

BATCH = 200
"""Deals in memory at once; each batch takes one statement a table."""


@dataclass(frozen=True, slots=True)
class GateImpact:
    """One requirement of one gate, and how many open deals in the states it leaves would meet it or not."""

    trigger: Trigger
    requirement: str
    would_pass: int
    would_fail: int


@dataclass(frozen=True, slots=True)
class ProcessImpact:
    """Every requirement of the document in its order, and how many open deals there are."""

    gates: tuple[GateImpact, ...]
    open_opportunities: int


async def process_impact(viewer: Viewer, document: ProcessDocument, now: datetime) -> ProcessImpact:
    """Each gate judged on the visible open deals in the states it leaves; InvalidInput tells every fault of the document."""
    require(viewer, Action.ADMINISTER, to="publish sales processes or ask what one would do")
    faults = check(document, at=("document",))
    if faults:
        raise InvalidInput(faults)
    found: Counter[tuple[Trigger, str, bool]] = Counter()
    deals = 0
    async for batch in open_deals(viewer, now):
        deals += len(batch)
        for facts in batch:
            found.update(_judged(document, facts, now))
    return ProcessImpact(
        tuple(
            GateImpact(gate.trigger, one.key, found[gate.trigger, one.key, True], found[gate.trigger, one.key, False])
            for gate in document.gates
            for one in gate.requirements
        ),
        deals,
    )


async def open_deals(viewer: Viewer, now: datetime) -> AsyncIterator[list[OpportunityFacts]]:
    """The visible open deals with all that hangs on them, some at a time, in order of their ids."""
    last: UUID | None = None
    while True:
        deals = visible(viewer).filter(state__in=list(OPEN_STATES))
        after = deals if last is None else deals.filter(where("id__gt", last))
        ids: list[UUID] = [record["id"] for record in await after.order_by("id").limit(BATCH).values("id")]
        if not ids:
            return
        last = ids[-1]
        yield list((await facts_of(viewer.organization_id, ids, now)).values())


def _judged(document: ProcessDocument, facts: OpportunityFacts, now: datetime) -> list[tuple[Trigger, str, bool]]:
    return [
        (gate.trigger, one.key, evaluate(one, facts, document, now).status is RequirementStatus.MET)
        for gate in document.gates
        if facts.state in states_left_by(gate.trigger)
        for one in gate.requirements
    ]
