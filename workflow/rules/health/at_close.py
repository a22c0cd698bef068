"""Facts on which a deal is evaluated: the current ones while it is open, those of its close afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta

from workflow.rules.enums import CLOSED_STATES, MilestoneStatus
from workflow.rules.gates.requirements import RuleContext
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import MilestoneFacts
from workflow.rules.process.document import ProcessDocument


def evaluation_context(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> RuleContext:
    """Return the input of health and insight."""
    if facts.state not in CLOSED_STATES:
        return RuleContext(facts, process, now)
    closing_facts, closed_at = facts_at_close(facts)
    return RuleContext(closing_facts, process, closed_at)


def facts_at_close(facts: OpportunityFacts) -> tuple[OpportunityFacts, datetime]:
    """Return a closed deal in the state from which it was closed, and the time of the close."""
    if not facts.transitions:
        return facts, facts.state_since
    *earlier, last = facts.transitions
    # The first transition has none before it; its seconds lead back to the creation.
    entered = earlier[-1].at if earlier else last.at - timedelta(seconds=last.seconds)
    return replace(facts, state=last.source, state_since=entered, transitions=tuple(earlier)), last.at


def facts_known_at(facts: OpportunityFacts, at: datetime) -> OpportunityFacts:
    """Return the deal without the assessments, risks, reviews, overrides and completions that came later."""
    assessments = (
        next((one for one in (latest, *latest.trail) if one.assessed_at <= at), None)
        for latest in facts.assessments
    )
    review = facts.risk_review
    return replace(
        facts,
        assessments=tuple(one for one in assessments if one is not None),
        risks=tuple(risk for risk in facts.risks if risk.raised_at <= at),
        risk_review=review if review is not None and review.at <= at else None,
        overrides=tuple(override for override in facts.overrides if override.at <= at),
        milestones=tuple(_milestone_at(milestone, at) for milestone in facts.milestones),
    )


def _milestone_at(milestone: MilestoneFacts, at: datetime) -> MilestoneFacts:
    later = milestone.completed_at is not None and milestone.completed_at > at
    return replace(milestone, status=MilestoneStatus.PLANNED, completed_at=None) if later else milestone
