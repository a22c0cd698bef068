"""A deal with changes of everything that its health depends on, and its stored evaluation."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from tests.support.organizations import NOW
from tests.support.team import SalesTeam
from workflow.models import Opportunity
from workflow.operations.accounts.accounts import create_contact
from workflow.operations.buyer.activities import NewActivity, log_activity
from workflow.operations.buyer.milestones import NewMilestone, add_milestone
from workflow.operations.buyer.risks import NewRisk, raise_risk
from workflow.operations.buyer.stakeholders import NewStakeholder, add_stakeholder
from workflow.operations.core.context import Ctx
from workflow.operations.process.processes import preset
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import ActivityDirection, ActivityKind, BuyingRole, OpportunityState, RiskCategory
from workflow.rules.health.health import evaluate_health
from workflow.rules.health.insight import InsightTopic, evaluate_insight

DEFAULT = preset("default")
LATER = NOW + timedelta(days=1, hours=3)
"""The time of the owner's changes: a day after the deal was created."""
EVIDENCE = "The COO said on the phone that they lose two shifts a week."
HealthColumns = dict[str, Any]  # Any: a number and plain data


@dataclass(frozen=True)
class HealthScenario:
    """A deal of the owner, and a context of the owner at OWNER_TIME."""

    team: SalesTeam
    deal: UUID
    key: str
    now: datetime = LATER

    @property
    def ctx(self) -> Ctx:
        """The owner."""
        return self.team.at("owner", self.now)

    async def add_contact(self) -> UUID:
        """Create a contact."""
        account = (await Opportunity.filter(id=self.deal).values("account_id"))[0]["account_id"]
        return await create_contact(self.ctx, account, {"name": "Grace"})

    async def add_stakeholder(self, role: BuyingRole = BuyingRole.DECISION_MAKER) -> UUID:
        """Add a stakeholder."""
        return await add_stakeholder(self.ctx, self.deal, NewStakeholder(await self.add_contact(), [role]))

    async def log_call(self) -> UUID:
        """Log a two-way call."""
        fields = (
            ActivityKind.CALL,
            ActivityDirection.OUTBOUND,
            "They called back",
            True,
            None,
            [await self.add_contact()],
        )
        return await log_activity(self.ctx, self.deal, NewActivity(*fields))

    async def raise_critical_risk(self) -> UUID:
        """Raise a CRITICAL risk."""
        return await raise_risk(self.ctx, self.deal, NewRisk(RiskCategory.TIME, "It takes a year", 5, 5))

    async def add_overdue_milestone(self) -> UUID:
        """Add a milestone that was due yesterday."""
        return await add_milestone(self.ctx, self.deal, NewMilestone("They saw it", due=NOW.date()))


async def new_health_scenario(
    team: SalesTeam, state: OpportunityState = OpportunityState.PROGRESSING
) -> HealthScenario:
    """Create a deal of the owner, a month old."""
    key = uuid4().hex
    return HealthScenario(team, await team.add_deal(state, key), key)


async def stored_health(id: UUID) -> HealthColumns:
    """Return the stored evaluation of the deal."""
    row = (await Opportunity.filter(id=id).values("health", "health_factors", "closed_insight"))[0]
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in row.items()}


async def expected_health(
    organization_id: UUID, id: UUID, now: datetime, *, closing: bool = False
) -> HealthColumns:
    """Evaluate the current facts by the rules; with insight for a deal that is about to be closed."""
    facts = (await load_facts(organization_id, [id], now))[id]
    found = evaluate_health(DEFAULT, facts, now)
    return {
        "health": found.score,
        "health_factors": [asdict(factor) for factor in found.factors],
        "closed_insight": [_topic_columns(topic) for topic in evaluate_insight(DEFAULT, facts, now).topics]
        if closing
        else None,
    }


def points_by_factor(judgement: HealthColumns) -> dict[str, int]:
    """Return the points of each factor."""
    return {factor["key"]: factor["points"] for factor in judgement["health_factors"]}


def _topic_columns(found: InsightTopic) -> list[object]:
    return [found.topic, found.status, found.summary, list(found.missing)]
