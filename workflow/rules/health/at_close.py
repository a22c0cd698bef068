"""How a deal stands when it is judged: as it is while it is open, as at its close ever after."""

from dataclasses import replace
from datetime import datetime, timedelta

from workflow.rules.enums import CLOSED_STATES, MilestoneStatus
from workflow.rules.gates.requirements import Case
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import MilestoneFacts
from workflow.rules.process.document import ProcessDocument


def standing(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> Case:
    """What health and insight judge by."""
    if facts.state not in CLOSED_STATES:
        return Case(facts, process, now)
    then, at = as_at_close(facts)
    return Case(then, process, at)


def as_at_close(facts: OpportunityFacts) -> tuple[OpportunityFacts, datetime]:
    """A closed deal in the state that it was closed from, and the moment at which it left that."""
    if not facts.steps:
        return facts, facts.state_since
    *earlier, last = facts.steps
    entered = earlier[-1].at if earlier else last.at - timedelta(seconds=last.seconds)
    return replace(facts, state=last.source, state_since=entered, steps=tuple(earlier)), last.at


def known_until(facts: OpportunityFacts, at: datetime) -> OpportunityFacts:
    """The deal without what came later: assessments, risks, reviews, overrides, and what was done of milestones."""
    said = (next((one for one in (found, *found.trail) if one.assessed_at <= at), None) for found in facts.assessments)
    review = facts.risk_review
    return replace(
        facts,
        assessments=tuple(one for one in said if one is not None),
        risks=tuple(risk for risk in facts.risks if risk.raised_at <= at),
        risk_review=review if review is not None and review.at <= at else None,
        overrides=tuple(debt for debt in facts.overrides if debt.at <= at),
        milestones=tuple(_not_done_yet(step, at) for step in facts.milestones),
    )


def _not_done_yet(step: MilestoneFacts, at: datetime) -> MilestoneFacts:
    later = step.completed_at is not None and step.completed_at > at
    return replace(step, status=MilestoneStatus.PLANNED, completed_at=None) if later else step
