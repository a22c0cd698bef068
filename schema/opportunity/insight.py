"""The insight into an opportunity, and its health."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

import strawberry

from schema.core.context import Info
from schema.core.nodes import Roots, backed_by, batch, described
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


Result = TypeVar("Result")


@batch
async def deal_insight(roots: Roots, info: Info) -> list[insight_rules.Insight]:
    """Return the insight into each deal, for a closed one as stored at its close."""
    return await _stored_or_evaluated(roots, info, closed_insight, insight_rules.evaluate_insight)


@batch
async def deal_health(roots: Roots, info: Info) -> list[health_rules.Health]:
    """Return the stored health of each deal; compute it where none is stored."""
    return await _stored_or_evaluated(roots, info, stored_health, health_rules.evaluate_health)


async def _stored_or_evaluated(
    rows: Sequence[OpportunityRow],
    info: Info,
    read_stored: Callable[[OpportunityRow], Result | None],
    evaluate: Callable[[ProcessDocument, OpportunityFacts, datetime], Result],
) -> list[Result]:
    results = [read_stored(row) for row in rows]
    missing = [row for row, result in zip(rows, results, strict=True) if result is None]
    facts = await info.context.loaders.facts_and_process(missing)
    evaluated = iter([evaluate(process, deal_facts, info.context.now) for deal_facts, process in facts])
    return [next(evaluated) if result is None else result for result in results]
