"""What is known of a deal, and how well it does: the view of the whole at a glance."""

from datetime import datetime

import strawberry

from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.nodes import Root, backed_by, described
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.opportunity.stored_health import closed_insight, stored_health
from workflow.rules.enums import HealthBand, InsightTopicName, KnowledgeStatus
from workflow.rules.health import health as health_rules
from workflow.rules.health import insight as insight_rules
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import ProcessDocument


@strawberry.type(name="InsightTopic", description="One thing there is to know of a deal.")
class InsightTopicType:
    is_type_of = backed_by(insight_rules.InsightTopic)
    topic: InsightTopicName = described("Which.")
    status: KnowledgeStatus = described("How much of it is known; an empty set is never knowledge.")
    summary: str = described("What is known, in a sentence.")
    missing: list[str] = described("Each fact that is missing still: its name, a colon, and what to find out.")


@strawberry.type(name="Insight", description="The wide-angle view: what is known, what is not, what went stale.")
class InsightType:
    is_type_of = backed_by(insight_rules.Insight)
    completeness_percent: int = described("The mean over the topics: KNOWN 100, PARTIAL 50, STALE 25, UNKNOWN 0.")
    topics: list[InsightTopicType] = described("All twelve, always in the same order.")


@strawberry.type(name="HealthFactor", description="One part of the score.")
class HealthFactorType:
    is_type_of = backed_by(health_rules.HealthFactor)
    key: str = described("Stable.")
    label: str = described("As people read it.")
    points: int = described("What it gives; what open risks without a mitigation take is below 0.")
    max_points: int = described("The most that it may give; 0 for what only takes.")
    explanation: str = described("Why, and what would mend it.")


@strawberry.type(
    name="Health", description="0 to 100, with every point accounted for: the factors' points add up to the score."
)
class HealthType:
    is_type_of = backed_by(health_rules.Health)
    score: int = described("0 to 100.")
    band: HealthBand = described("GREEN from 80, AMBER from 60, RED below.")
    factors: list[HealthFactorType] = described("What the score is made of.")


@strawberry.type
class DealInsight:
    @strawberry.field(
        graphql_type=InsightType, description="What is known and what is not; once it is closed, as at its close."
    )
    async def insight(self, root: Root, info: Info) -> insight_rules.Insight:
        stored = closed_insight(root)
        return (
            stored if stored is not None else insight_rules.evaluate_insight(*await _evaluation_arguments(root, info))
        )

    @strawberry.field(
        graphql_type=HealthType,
        description="How well it does, as stored for lists; once it is closed, as at its close.",
    )
    async def health(self, root: Root, info: Info) -> health_rules.Health:
        stored = stored_health(root)
        return stored if stored is not None else health_rules.evaluate_health(*await _evaluation_arguments(root, info))


async def _evaluation_arguments(row: OpportunityRow, info: Info) -> tuple[ProcessDocument, OpportunityFacts, datetime]:
    """What the rules ask for."""
    facts = await load_required(info.context.loaders.facts, row.id)
    return (await load_required(info.context.loaders.process, row.process_id)).document, facts, info.context.now
