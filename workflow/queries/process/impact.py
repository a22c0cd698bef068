"""The impact that publishing a process would have on deals; nothing is written."""

from collections import Counter
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from workflow.queries.conditions import where
from workflow.queries.opportunity.activities import activity_facts_at
from workflow.queries.opportunity.facts import load_facts
from workflow.queries.scope import visible
from workflow.rules.alerts.alerts import matching_rules
from workflow.rules.authoring.checks import check_process
from workflow.rules.enums import (
    OPEN_STATES,
    AlertCode,
    AlertSeverity,
    OpportunityState,
    RequirementStatus,
    Trigger,
)
from workflow.rules.errors import InvalidInputError
from workflow.rules.gates.machine import source_states
from workflow.rules.gates.requirements import evaluate_requirement
from workflow.rules.health.at_close import facts_at_close, facts_known_at
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.permissions import Action, Viewer, require_permission
from workflow.rules.process.document import AlertRule, ProcessDocument

DECIDED_STATES = (OpportunityState.WON, OpportunityState.LOST)
BATCH_SIZE = 200
"""Deals in memory at once; each batch takes two statements."""


@dataclass(frozen=True, slots=True)
class GateImpact:
    """A requirement of a gate, and the open deals in its source states that would meet it or not."""

    trigger: Trigger
    requirement: str
    would_pass: int
    would_fail: int


@dataclass(frozen=True, slots=True)
class AlertImpact:
    """An alert rule, and the deals that it flags: open ones now, won and lost ones as of their close."""

    code: AlertCode
    severity: AlertSeverity
    open_flagged: int
    won_flagged: int
    lost_flagged: int
    won_total: int
    lost_total: int


@dataclass(frozen=True, slots=True)
class ProcessImpact:
    """The impact on each requirement in the order of the document, and the number of open deals."""

    gates: tuple[GateImpact, ...]
    open_opportunities: int
    document: ProcessDocument


async def process_impact(viewer: Viewer, document: ProcessDocument, now: datetime) -> ProcessImpact:
    """Evaluate each gate on the visible open deals in its source states.

    Raise InvalidInputError with all faults of the document.
    """
    require_permission(viewer, Action.ADMINISTER, to="publish sales processes or ask what one would do")
    faults = check_process(document, at=("document",))
    if faults:
        raise InvalidInputError(faults)
    results: Counter[tuple[Trigger, str, bool]] = Counter()
    count = 0
    async for batch in facts_in_batches(viewer, now, OPEN_STATES):
        count += len(batch)
        for facts in batch:
            results.update(_evaluate_gates(document, facts, now))
    return ProcessImpact(
        tuple(
            GateImpact(
                trigger=gate.trigger,
                requirement=requirement.key,
                would_pass=results[gate.trigger, requirement.key, True],
                would_fail=results[gate.trigger, requirement.key, False],
            )
            for gate in document.gates
            for requirement in gate.requirements
        ),
        count,
        document,
    )


async def alert_impact(viewer: Viewer, document: ProcessDocument, now: datetime) -> tuple[AlertImpact, ...]:
    """Evaluate each alert rule on the visible open deals now, and on won and lost ones as of their close."""
    flagged: Counter[tuple[AlertRule, OpportunityState | None]] = Counter()
    totals: Counter[OpportunityState] = Counter()
    async for batch in facts_in_batches(viewer, now, OPEN_STATES):
        for facts in batch:
            flagged.update((rule, None) for rule in matching_rules(document, facts, now))
    async for batch in facts_in_batches(viewer, now, DECIDED_STATES):
        closes = {facts.id: facts_at_close(facts) for facts in batch}
        activity = await activity_facts_at(viewer.organization_id, {id: at for id, (_, at) in closes.items()})
        for facts in batch:
            totals[facts.state] += 1
            closing_facts, at = closes[facts.id]
            known = replace(facts_known_at(closing_facts, at), activity=activity[facts.id])
            flagged.update((rule, facts.state) for rule in matching_rules(document, known, at))
    won, lost = DECIDED_STATES
    return tuple(
        AlertImpact(
            rule.code,
            rule.severity,
            flagged[rule, None],
            flagged[rule, won],
            flagged[rule, lost],
            totals[won],
            totals[lost],
        )
        for rule in document.alert_rules
    )


async def facts_in_batches(
    viewer: Viewer, now: datetime, states: Collection[OpportunityState]
) -> AsyncIterator[list[OpportunityFacts]]:
    """Yield the facts of the visible deals in some states in batches, ordered by id."""
    last: UUID | None = None
    while True:
        found = visible(viewer).filter(state__in=list(states))
        after = found if last is None else found.filter(where("id__gt", last))
        ids: list[UUID] = [
            record["id"] for record in await after.order_by("id").limit(BATCH_SIZE).values("id")
        ]
        if not ids:
            return
        last = ids[-1]
        yield list((await load_facts(viewer.organization_id, ids, now)).values())


def _evaluate_gates(
    document: ProcessDocument, facts: OpportunityFacts, now: datetime
) -> list[tuple[Trigger, str, bool]]:
    return [
        (
            gate.trigger,
            requirement.key,
            evaluate_requirement(requirement, facts, document, now).status is RequirementStatus.MET,
        )
        for gate in document.gates
        if facts.state in source_states(gate.trigger)
        for requirement in gate.requirements
    ]
