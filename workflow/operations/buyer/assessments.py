"""Assessments of the criteria, with evidence. They are append-only; the latest of a criterion counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from workflow.models import Assessment
from workflow.operations.change.change import change
from workflow.operations.change.columns import validate_pain_since
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import Validator
from workflow.queries.actors import actor_of
from workflow.queries.opportunity.qualification import latest_assessments
from workflow.rules.enums import Grade
from workflow.rules.errors import invalid_field
from workflow.rules.opportunity.evidence import evidence_fault
from workflow.rules.opportunity.parts import AssessmentFacts


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """An assessment of one criterion."""

    criterion: str
    grade: Grade
    evidence: str | None = None
    evidence_url: str | None = None
    said_by_id: UUID | None = None


async def assess_criteria(
    ctx: Ctx,
    id: UUID,
    assessments: Sequence[NewAssessment],
    *,
    pain_since: date | None,
    expected_version: int | None,
) -> UUID:
    """Record several assessments: all, or none if one is invalid."""

    async def verb(deal: LockedOpportunity) -> UUID:
        if not assessments and pain_since is None:
            message = "There is nothing to record. Add at least one assessment, or set `painSince`."
            raise invalid_field("assessments", message=message)
        deal.emit("criterion.assessed", **record_assessments(deal, assessments, pain_since))
        return id

    return await change(ctx, id, expected_version, verb)


def record_assessments(
    deal: LockedOpportunity, assessments: Sequence[NewAssessment], pain_since: date | None
) -> dict[str, object]:
    """Record assessments on a locked deal. Return the old and new grades for the event."""
    validator = Validator()
    for index, assessment in enumerate(assessments):
        _check(deal, validator, assessment, ("assessments", str(index)))
    criteria = [assessment.criterion for assessment in assessments]
    if len(set(criteria)) != len(criteria):
        validator.add("assessments", message="A criterion occurs twice. Assess each criterion once.")
    validate_pain_since(validator, pain_since, deal.facts.today(deal.ctx.now))
    validator.raise_if_any()
    payload = _event_payload(deal, assessments)
    if assessments:
        deal.set_part("assessments", _with_new(deal, [_insert(deal, one) for one in assessments]))
    if pain_since is not None:
        deal.write(pain_since=pain_since)
    return payload


def _check(
    deal: LockedOpportunity, validator: Validator, assessment: NewAssessment, path: tuple[str, ...]
) -> None:
    known = [criterion.key for criterion in deal.process.criteria]
    if assessment.criterion not in known:
        named = assessment.criterion[:64]
        message = f"`{named}` is not a criterion of the process. Choose one of {', '.join(known)}."
        validator.add(*path, "criterion", message=message)
    if assessment.grade in (Grade.VALIDATED, Grade.CONFIRMED):
        problem = evidence_fault(assessment.evidence)
        if problem is not None:
            validator.add(*path, "evidence", message=problem)
    validator.text(assessment.evidence, *path, "evidence", max_length=20_000)
    url = validator.text(assessment.evidence_url, *path, "evidenceUrl", max_length=2_000)
    if url is not None and not url.startswith(("https://", "http://")):
        validator.add(*path, "evidenceUrl", message="`evidenceUrl` must begin with https:// or http://.")
    stakeholder_ids = {person.id for person in deal.facts.stakeholders}
    if assessment.said_by_id is not None and assessment.said_by_id not in stakeholder_ids:
        message = (
            "`saidById` is not a stakeholder of this opportunity. Add the person as a stakeholder first."
        )
        validator.add(*path, "saidById", message=message)


def _insert(deal: LockedOpportunity, assessment: NewAssessment) -> AssessmentFacts:
    """Record an assessment. Return it as the rules read it."""
    columns: dict[str, Any] = {  # Any: columns of several kinds
        "criterion": assessment.criterion,
        "grade": assessment.grade,
        "evidence": (assessment.evidence or "").strip() or None,
        "evidence_url": (assessment.evidence_url or "").strip() or None,
        "said_by_id": assessment.said_by_id,
        "assessed_at": deal.ctx.now,
    }
    actor = deal.ctx.actor()
    id = deal.insert(Assessment, **columns, **actor)
    return AssessmentFacts(id=id, **columns, actor=actor_of(actor))


def _with_new(deal: LockedOpportunity, new: Sequence[AssessmentFacts]) -> tuple[AssessmentFacts, ...]:
    """Return the deal's assessments, the new ones as the latest of their criteria."""
    known = [replace(one, trail=()) for latest in deal.facts.assessments for one in (latest, *latest.trail)]
    newest_first = sorted((*known, *new), key=lambda one: (one.assessed_at, one.id), reverse=True)
    return latest_assessments(newest_first)


def _event_payload(deal: LockedOpportunity, assessments: Sequence[NewAssessment]) -> dict[str, object]:
    before = {old.criterion: old.grade for old in deal.facts.assessments}
    return {
        "grades": {
            assessment.criterion: {"old": before.get(assessment.criterion), "new": assessment.grade}
            for assessment in assessments
        }
    }
