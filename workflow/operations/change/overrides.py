"""Overrides: recorded with a reason, and open until every overridden requirement is met."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.models import Override
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Validator
from workflow.rules.enums import RequirementStatus
from workflow.rules.gates.machine import is_override_open
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.facts import OpportunityFacts
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


async def create_override(
    ctx: Ctx, facts: OpportunityFacts, transition_id: UUID, override: NewOverride, verdicts: Sequence[Verdict]
) -> list[tuple[str, dict[str, object]]]:
    """Store an override, and return its event. Do nothing if it overrides no requirement of the gate."""
    keys = [verdict.key for verdict in verdicts if verdict.status is RequirementStatus.OVERRIDDEN]
    if not keys:
        return []
    id = new_id()
    reason = override.reason.strip()
    await Override.create(
        id=id,
        organization_id=facts.organization_id,
        opportunity_id=facts.id,
        transition_id=transition_id,
        requirement_keys=keys,
        reason=reason,
        at=ctx.now,
        expires_at=override.expires_at,
        **ctx.actor(),
    )
    payload = {"overrideId": id, "transitionId": transition_id, "requirementKeys": keys, "reason": reason}
    return [("override.made", {**payload, "expiresAt": override.expires_at})]


async def settle_overrides(
    ctx: Ctx, facts: OpportunityFacts, process: ProcessDocument
) -> list[tuple[str, dict[str, object]]]:
    """Settle the overrides whose requirements are all met now, and return an event for each."""
    settled = [
        override for override in facts.overrides if not is_override_open(override, facts, process, ctx.now)
    ]
    if settled:
        await Override.filter(id__in=[override.id for override in settled]).update(settled_at=ctx.now)
    return [
        (
            "override.settled",
            {
                "overrideId": override.id,
                "transitionId": override.transition_id,
                "requirementKeys": list(override.requirement_keys),
            },
        )
        for override in settled
    ]
