"""Overrides: recorded with a reason, and open until every overridden requirement is met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.models import Override
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Validator
from workflow.queries.actors import actor_of
from workflow.rules.enums import RequirementStatus
from workflow.rules.gates.machine import is_override_open
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import OverrideFacts, TransitionFacts
from workflow.rules.process.document import ProcessDocument

MIN_REASON_LENGTH = 20


@dataclass(frozen=True, slots=True)
class NewOverride:
    """The unmet requirements to override, the reason, and the time by which they are to be met."""

    requirement_keys: tuple[str, ...]
    reason: str
    expires_at: datetime | None = None


def check_override(override: NewOverride | None, now: datetime, validator: Validator) -> None:
    """Report an override with a short reason or with a time in the past."""
    if override is None:
        return
    reason = validator.text(override.reason, "override", "reason", max_length=20_000) or ""
    if len(reason) < MIN_REASON_LENGTH:
        message = (
            f"The `reason` of an override has {len(reason)} characters; it needs at least "
            f"{MIN_REASON_LENGTH}, because managers read it in reports."
        )
        validator.add("override", "reason", message=message)
    if override.expires_at is not None and override.expires_at <= now:
        message = "`expiresAt` is in the past. Enter a time in the future, or leave it out."
        validator.add("override", "expiresAt", message=message)


def create_override(
    deal: LockedOpportunity,
    transition_id: UUID,
    step: TransitionFacts,
    override: NewOverride,
    verdicts: Sequence[Verdict],
) -> None:
    """Record an override and its event. Do nothing if it overrides no requirement of the gate."""
    keys = [verdict.key for verdict in verdicts if verdict.status is RequirementStatus.OVERRIDDEN]
    if not keys:
        return
    reason = override.reason.strip()
    id = deal.insert(
        Override,
        transition_id=transition_id,
        requirement_keys=keys,
        reason=reason,
        at=deal.ctx.now,
        expires_at=override.expires_at,
        **deal.ctx.actor(),
    )
    made = OverrideFacts(
        id=id,
        transition_id=transition_id,
        trigger=step.trigger,
        target=step.target,
        requirement_keys=tuple(keys),
        reason=reason,
        by=actor_of(deal.ctx.actor()),
        at=deal.ctx.now,
        expires_at=override.expires_at,
    )
    deal.set_part("overrides", (*deal.facts.overrides, made))
    payload = {"overrideId": id, "transitionId": transition_id, "requirementKeys": keys, "reason": reason}
    deal.emit("override.made", **payload, expiresAt=override.expires_at)


def settled_overrides(
    ctx: Ctx, facts: OpportunityFacts, process: ProcessDocument
) -> tuple[OverrideFacts, ...]:
    """Return the open overrides whose requirements are all met now."""
    return tuple(
        override for override in facts.overrides if not is_override_open(override, facts, process, ctx.now)
    )


def settled_event(override: OverrideFacts) -> tuple[str, dict[str, object]]:
    """Return the event of a settled override."""
    payload = {
        "overrideId": override.id,
        "transitionId": override.transition_id,
        "requirementKeys": list(override.requirement_keys),
    }
    return "override.settled", payload
