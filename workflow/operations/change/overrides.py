"""Overrides are debts: made with a reason, owed until each requirement that was passed holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.models import Override
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Faults
from workflow.rules.enums import RequirementStatus
from workflow.rules.gates.machine import owed
from workflow.rules.gates.requirements import Verdict
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import ProcessDocument

SHORTEST_REASON = 20


@dataclass(frozen=True, slots=True)
class OverrideGiven:
    """Which unmet requirements are to be passed, why, and until when they are to be made good."""

    requirement_keys: tuple[str, ...]
    reason: str
    expires_at: datetime | None = None


def check_override(given: OverrideGiven | None, now: datetime, faults: Faults) -> None:
    """An override says why, in words, and is due in the future."""
    if given is None:
        return
    if len(faults.text(given.reason, "override", "reason", most=20_000) or "") < SHORTEST_REASON:
        message = f"An override needs a `reason` of at least {SHORTEST_REASON} characters; it is kept and reported."
        faults.add("override", "reason", message=message)
    if given.expires_at is not None and given.expires_at <= now:
        faults.add("override", "expiresAt", message="`expiresAt` is past. Give a moment to come, or leave it out.")


async def make_debt(
    ctx: Ctx, facts: OpportunityFacts, transition_id: UUID, given: OverrideGiven, found: Sequence[Verdict]
) -> list[tuple[str, dict[str, object]]]:
    """Keep what an override has passed, and tell it; nothing where it passed nothing."""
    keys = [verdict.key for verdict in found if verdict.status is RequirementStatus.OVERRIDDEN]
    if not keys:
        return []
    id, reason = new_id(), given.reason.strip()
    await Override.create(
        id=id,
        organization_id=facts.organization_id,
        opportunity_id=facts.id,
        transition_id=transition_id,
        requirement_keys=keys,
        reason=reason,
        at=ctx.now,
        expires_at=given.expires_at,
        **ctx.actor(),
    )
    told = {"overrideId": id, "transitionId": transition_id, "requirementKeys": keys, "reason": reason}
    return [("override.made", {**told, "expiresAt": given.expires_at})]


async def settle_debts(
    ctx: Ctx, facts: OpportunityFacts, process: ProcessDocument
) -> list[tuple[str, dict[str, object]]]:
    """Mark the overrides whose requirements all hold now as settled, and tell each."""
    paid = [debt for debt in facts.overrides if not owed(debt, facts, process, ctx.now)]
    if paid:
        await Override.filter(id__in=[debt.id for debt in paid]).update(settled_at=ctx.now)
    return [
        (
            "override.settled",
            {
                "overrideId": debt.id,
                "transitionId": debt.transition_id,
                "requirementKeys": list(debt.requirement_keys),
            },
        )
        for debt in paid
    ]
