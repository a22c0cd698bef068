"""The insight into an opportunity, and its health."""

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


@strawberry.type(name="InsightTopic", description="One topic of the insight into an opportunity.")
class InsightTopicType:
    is_type_of = backed_by(insight_rules.InsightTopic)
    topic: InsightTopicName = described("The topic.")
    status: KnowledgeStatus = described("How much is known about it. An empty list never counts as known.")
    summary: str = described("The known facts, in one sentence.")
    missing: list[str] = described("Each missing fact: its name, a colon, and what to find out.")


@strawberry.type(
    name="Insight", description="The known, the unknown and the outdated facts about an opportunity."
)
class InsightType:
    is_type_of = backed_by(insight_rules.Insight)
    completeness_percent: int = described(
        "The mean of the topics, in percent: KNOWN counts 100, PARTIAL 50, STALE 25, UNKNOWN 0."
    )
    topics: list[InsightTopicType] = described("The twelve topics, always in the same order.")


@strawberry.type(name="HealthFactor", description="One factor of the health score.")
class HealthFactorType:
    is_type_of = backed_by(health_rules.HealthFactor)
    key: str = described("The stable key of the factor.")
    label: str = described("The name of the factor that people see.")
    points: int = described(
        "The points that it adds to the score. Negative for open risks without a mitigation."
    )
    max_points: int = described(
        "The most points that it can add. 0 for a factor that only takes points away."
    )
    explanation: str = described("The reason for the points, and what would improve them.")


@strawberry.type(
    name="Health",
    description="The health of an opportunity, 0 to 100. The points of the factors add up to the score.",
)
class HealthType:
    is_type_of = backed_by(health_rules.Health)
    score: int = described("The score, 0 to 100.")
    band: HealthBand = described(
        "The band that the score falls into: GREEN from 80, AMBER from 60, RED below."
    )
    factors: list[HealthFactorType] = described("The factors that make up the score.")


async def deal_insight(root: Root, info: Info) -> insight_rules.Insight:
    """Return the insight into a deal, for a closed one as stored at its close."""
    stored = closed_insight(root)
    return (
        stored
        if stored is not None
        else insight_rules.evaluate_insight(*await _process_and_facts(root, info))
    )


async def deal_health(root: Root, info: Info) -> health_rules.Health:
    """Return the stored health of a deal; compute it if none is stored."""
    stored = stored_health(root)
    return (
        stored if stored is not None else health_rules.evaluate_health(*await _process_and_facts(root, info))
    )


async def _process_and_facts(
    row: OpportunityRow, info: Info
) -> tuple[ProcessDocument, OpportunityFacts, datetime]:
    facts = await load_required(info.context.loaders.facts, row.id)
    process = await load_required(info.context.loaders.process, row.process_id)
    return process.document, facts, info.context.now
