"""Assessments: what is known of each criterion, said with evidence; append-only, the latest counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from workflow.models import Assessment
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal, change
from workflow.operations.change.columns import past_day
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Faults
from workflow.rules.enums import Grade
from workflow.rules.errors import invalid
from workflow.rules.opportunity.qualification import evidence_says_nothing


@dataclass(frozen=True, slots=True)
class AssessmentGiven:
    """One answer to one criterion."""

    criterion: str
    grade: Grade
    evidence: str | None = None
    evidence_url: str | None = None
    said_by_id: UUID | None = None


async def assess_criteria(
    ctx: Ctx, id: UUID, answers: Sequence[AssessmentGiven], *, pain_since: date | None, expected_version: int | None
) -> UUID:
    """Record the answers; none of them where one cannot be taken."""

    async def verb(deal: Deal) -> UUID:
        if not answers and pain_since is None:
            raise invalid(
                "assessments", message="There is nothing to record: give at least one assessment, or `painSince`."
            )
        deal.tell("criterion.assessed", **await assess(deal, answers, pain_since))
        return id

    return await change(ctx, id, expected_version, verb)


async def assess(deal: Deal, answers: Sequence[AssessmentGiven], pain_since: date | None) -> dict[str, object]:
    """Write the answers on the locked deal, and say for the event what they were and are."""
    faults = Faults()
    for place, answer in enumerate(answers):
        _check(deal, faults, answer, ("assessments", str(place)))
    seen = [answer.criterion for answer in answers]
    if len(set(seen)) != len(seen):
        faults.add("assessments", message="A criterion is named twice. Give each once.")
    past_day(faults, pain_since, deal.facts.today(deal.ctx.now))
    faults.raise_if_any()
    for answer in answers:
        await _insert(deal, answer)
    if pain_since is not None:
        await deal.write(pain_since=pain_since)
    return _told(deal, answers)


def _check(deal: Deal, faults: Faults, answer: AssessmentGiven, path: tuple[str, ...]) -> None:
    known = [criterion.key for criterion in deal.process.criteria]
    if answer.criterion not in known:
        faults.add(
            *path,
            "criterion",
            message=f"The process has no criterion {answer.criterion[:64]}; it has {', '.join(known)}.",
        )
    if answer.grade in (Grade.VALIDATED, Grade.CONFIRMED):
        empty = evidence_says_nothing(answer.evidence)
        if empty is not None:
            faults.add(*path, "evidence", message=empty)
    faults.text(answer.evidence, *path, "evidence", most=20_000)
    url = faults.text(answer.evidence_url, *path, "evidenceUrl", most=2_000)
    if url is not None and not url.startswith(("https://", "http://")):
        faults.add(*path, "evidenceUrl", message="`evidenceUrl` is a link that begins with https:// or http://.")
    if answer.said_by_id is not None and answer.said_by_id not in {person.id for person in deal.facts.stakeholders}:
        faults.add(
            *path,
            "saidById",
            message="`saidById` names a stakeholder of this opportunity. Add the person with addStakeholder first.",
        )


async def _insert(deal: Deal, answer: AssessmentGiven) -> None:
    await Assessment.create(
        id=new_id(),
        organization_id=deal.organization_id,
        opportunity_id=deal.id,
        criterion=answer.criterion,
        grade=answer.grade,
        evidence=(answer.evidence or "").strip() or None,
        evidence_url=(answer.evidence_url or "").strip() or None,
        said_by_id=answer.said_by_id,
        assessed_at=deal.ctx.now,
        **deal.ctx.actor(),
    )


def _told(deal: Deal, answers: Sequence[AssessmentGiven]) -> dict[str, object]:
    before = {old.criterion: old.grade for old in deal.facts.assessments}
    return {
        "grades": {answer.criterion: {"old": before.get(answer.criterion), "new": answer.grade} for answer in answers}
    }
