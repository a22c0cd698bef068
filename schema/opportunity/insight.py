"""What is known of a deal, and how well it does: the view of the whole at a glance."""

from datetime import datetime

import strawberry

from schema.core.context import Info
from schema.core.dataloader import sure
from schema.core.nodes import Root, is_row, told
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.opportunity.stored_health import closed_insight, stored_health
from workflow.rules.enums import HealthBand, InsightTopicName, KnowledgeStatus
from workflow.rules.health import health as health_rules
from workflow.rules.health import insight as insight_rules
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import ProcessDocument


@strawberry.type(description="One thing there is to know of a deal.")
class InsightTopic:
    """A topic."""

    is_type_of = is_row(insight_rules.InsightTopic)
    topic: InsightTopicName = told("Which.")
    status: KnowledgeStatus = told("How much of it is known; an empty set is never knowledge.")
    summary: str = told("What is known, in a sentence.")
    missing: list[str] = told("Each fact that is missing still: its name, a colon, and what to find out.")


@strawberry.type(description="The wide-angle view: what is known, what is not, what went stale.")
class Insight:
    """The view."""

    is_type_of = is_row(insight_rules.Insight)
    completeness_percent: int = told("The mean over the topics: KNOWN 100, PARTIAL 50, STALE 25, UNKNOWN 0.")
    topics: list[InsightTopic] = told("All twelve, always in the same order.")


@strawberry.type(description="One part of the score.")
class HealthFactor:
    """A reason."""

    is_type_of = is_row(health_rules.HealthFactor)
    key: str = told("Stable.")
    label: str = told("As people read it.")
    points: int = told("What it gives; what open risks without a mitigation take is below 0.")
    max_points: int = told("The most that it may give; 0 for what only takes.")
    explanation: str = told("Why, and what would mend it.")


@strawberry.type(description="0 to 100, with every point accounted for: the factors' points add up to the score.")
class Health:
    """A score."""

    is_type_of = is_row(health_rules.Health)
    score: int = told("0 to 100.")
    band: HealthBand = told("GREEN from 80, AMBER from 60, RED below.")
    factors: list[HealthFactor] = told("What the score is made of.")


@strawberry.type
class DealInsight:
    """What an opportunity tells of itself as a whole."""

    @strawberry.field(
        graphql_type=Insight, description="What is known and what is not; once it is closed, as at its close."
    )
    async def insight(self, root: Root, info: Info) -> insight_rules.Insight:
        """The view."""
        kept = closed_insight(root)
        return kept if kept is not None else insight_rules.insight(*await _judged_by(root, info))

    @strawberry.field(
        graphql_type=Health, description="How well it does, as stored for lists; once it is closed, as at its close."
    )
    async def health(self, root: Root, info: Info) -> health_rules.Health:
        """The score; of a row that nothing has judged yet, as it is now."""
        kept = stored_health(root)
        return kept if kept is not None else health_rules.health(*await _judged_by(root, info))


async def _judged_by(row: OpportunityRow, info: Info) -> tuple[ProcessDocument, OpportunityFacts, datetime]:
    """What the rules ask for."""
    facts = await sure(info.context.loaders.facts, row.id)
    return (await sure(info.context.loaders.process, row.process_id)).document, facts, info.context.now
