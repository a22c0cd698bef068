"""Overrides are debts: made with a reason, owed until each requirement that was passed holds."""

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
    """Which unmet requirements are to be passed, why, and until when they are to be made good."""

    requirement_keys: tuple[str, ...]
    reason: str
    expires_at: datetime | None = None


def check_override(override: NewOverride | None, now: datetime, validator: Validator) -> None:
    """An override says why, in words, and is due in the future."""
    if override is None:
        return
    if len(validator.text(override.reason, "override", "reason", max_length=20_000) or "") < MIN_REASON_LENGTH:
        message = f"An override needs a `reason` of at least {MIN_REASON_LENGTH} characters; it is kept and reported."
        validator.add("override", "reason", message=message)
    if override.expires_at is not None and override.expires_at <= now:
        validator.add("override", "expiresAt", message="`expiresAt` is past. Give a moment to come, or leave it out.")


async def create_override(
    ctx: Ctx, facts: OpportunityFacts, transition_id: UUID, override: NewOverride, verdicts: Sequence[Verdict]
) -> list[tuple[str, dict[str, object]]]:
    """Keep what an override has passed, and tell it; nothing where it passed nothing."""
    keys = [verdict.key for verdict in verdicts if verdict.status is RequirementStatus.OVERRIDDEN]
    if not keys:
        return []
    id, reason = new_id(), override.reason.strip()
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
    """Mark the overrides whose requirements all hold now as settled, and tell each."""
    settled = [override for override in facts.overrides if not is_override_open(override, facts, process, ctx.now)]
    if settled:
        await Override.filter(id__in=[debt.id for debt in settled]).update(settled_at=ctx.now)
    return [
        (
            "override.settled",
            {
                "overrideId": debt.id,
                "transitionId": debt.transition_id,
                "requirementKeys": list(debt.requirement_keys),
            },
        )
        for debt in settled
    ]
