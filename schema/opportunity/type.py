"""The GraphQL type Opportunity: each of its fields, and the function that resolves it."""

from datetime import date, datetime

import strawberry

from schema.accounts.types import Account
from schema.buyer.activities import ActivityConnection, deal_activities
from schema.buyer.milestones import Milestone, ProgressType, deal_milestones, deal_progress
from schema.buyer.profile import Buyer, deal_buyer
from schema.buyer.qualification import Qualification, deal_qualification
from schema.buyer.risks import Risk, RiskReview, deal_risk_review, deal_risks
from schema.core.money import Money
from schema.core.nodes import Node, backed_by, described, node_id, referenced, resolved
from schema.core.scalars import Json
from schema.opportunity import resolvers
from schema.opportunity.alerts import Alert, deal_alerts
from schema.opportunity.close import Close, deal_close
from schema.opportunity.duplicates import deal_duplicates
from schema.opportunity.insight import HealthType, InsightType, deal_health, deal_insight
from schema.opportunity.next_step import NextStepType, deal_next_step
from schema.opportunity.overrides import Override, deal_open_overrides
from schema.opportunity.transitions import (
    TimeInState,
    TransitionConnection,
    TransitionOption,
    deal_history,
    deal_transitions,
)
from schema.people.types import Member
from schema.process.type import SalesProcess
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.rules.enums import ForecastCategory, OpportunityState, OpportunityType, RiskLevel


@strawberry.type(
    description="A possible deal with one account, from lead to close. Its state changes only by "
    "transitions, each guarded by a gate of the sales process."
)
class Opportunity(Node):
    is_type_of = backed_by(OpportunityRow)
    id: strawberry.ID = node_id("Opportunity")
    number: int = described(
        "The number that people use, counting up from 1 in the organization. Never used twice."
    )
    name: str = described("The name, such as the project or the product.")
    type: OpportunityType = described("The kind of business.")
    description: str | None = described("A description, in a few words.")
    source: str | None = described("The origin, such as a campaign.")
    external_system: str | None = described("The system that it was imported from.")
    external_id: str | None = described("Its id in `externalSystem`.")
    attributes: Json = described("Your own custom fields.")
    version: int = described(
        "The number of changes so far. Pass it as `expectedVersion` to detect concurrent edits."
    )
    created_at: datetime = described(
        "The time when it was created, here or in the system that it was imported from."
    )
    updated_at: datetime = described("The time of the last change.")
    possible_duplicates: list["Opportunity"] = resolved(
        deal_duplicates,
        "Other open opportunities of the same account with the same name, ignoring case, spaces and "
        "punctuation. At most 20, the oldest first.",
    )

    # People
    account: Account = referenced("account", "account_id", "The account: the company that may buy.")
    owner: Member = referenced("member", "owner_id", "The member who is responsible.")
    collaborators: list[Member] = resolved(
        resolvers.collaborators, "The members who work on it with the owner."
    )
    viewer_can_update: bool = resolved(resolvers.viewer_can_update, "True if you may change it now.")
    viewer_can_assign: bool = resolved(
        resolvers.viewer_can_assign, "True if you may give it to another owner now."
    )
    viewer_can_delete: bool = resolved(resolvers.viewer_can_delete, "True if you may delete it.")

    # State
    state: OpportunityState = described("The current state. Only a transition changes it.")
    state_since: datetime = described("The time when it entered the state.")
    time_in_states: list[TimeInState] = resolved(
        resolvers.time_in_states,
        "The time spent in each state: in the current visit, and in all visits together.",
    )
    process: SalesProcess = referenced("process", "process_id", "The process version that it follows.")
    transitions: list[TransitionOption] = resolved(
        deal_transitions,
        "Every transition that leaves the current state, with every requirement of its gate. Reading it is a "
        "dry run of the gates.",
    )
    history: TransitionConnection = resolved(deal_history, "The transitions so far, newest first.")
    open_overrides: list[Override] = resolved(
        deal_open_overrides, "The overrides whose requirements are still not met, oldest first."
    )
    close: Close | None = resolved(
        deal_close, "The close: the outcome, the reason and the day. Null while it is open."
    )

    # Value and forecast
    value: Money | None = resolved(
        resolvers.value, "The amount that the deal would bring, in its own currency."
    )
    base_value: Money | None = resolved(
        resolvers.base_value,
        "The value in the organization's base currency: at today's exchange rate while it is open, at the "
        "rate of its last day once it is closed.",
    )
    weighted_value: Money | None = resolved(
        resolvers.weighted_value,
        "`baseValue` multiplied by `probability`. 0 if the forecast category is OMITTED, or while a proposal "
        "to disqualify it is undecided.",
    )
    probability: float = described(
        "The probability of winning, 0 to 1: the process's value for the state, or set by hand."
    )
    probability_is_manual: bool = described("True if the probability was set by hand.")
    forecast_category: ForecastCategory = described("The forecast category.")
    expected_close_date: date | None = described("The day on which the buyer is expected to decide.")
    push_count: int = described("The number of times the expected close date moved to a later month.")

    # The buyer
    qualification: Qualification = resolved(
        deal_qualification, "The qualification: the assessments, the fit and the score."
    )
    buyer: Buyer = resolved(deal_buyer, "The buyer: the people, the decision process and the objectives.")
    risks: list[Risk] = resolved(
        deal_risks,
        "The buyer's risks, in the order in which they were raised. All of them unless you pass `status`.",
    )
    risk_level: RiskLevel | None = described("The highest level among the open risks. Null if none is open.")
    risk_review: RiskReview | None = resolved(
        deal_risk_review, "The last review of the buyer's risks. Null if there was none."
    )
    milestones: list[Milestone] = resolved(
        deal_milestones, "The milestones of the process in its order, then those added by hand."
    )
    progress: ProgressType = resolved(deal_progress, "The progress of the purchase, measured by milestones.")
    activities: ActivityConnection = resolved(
        deal_activities, "The calls, meetings, e-mails and notes, newest first."
    )
    next_step: NextStepType | None = resolved(
        deal_next_step, "The next action that was agreed on. Null if there is none."
    )

    # Health
    insight: InsightType = resolved(
        deal_insight, "The known and the unknown facts, by topic. For a closed opportunity, as at its close."
    )
    health: HealthType = resolved(
        deal_health, "The health, as stored for lists and filters. For a closed opportunity, as at its close."
    )
    alerts: list[Alert] = resolved(
        deal_alerts, "Its alerts, the most severe first. Unresolved alerts unless you pass `status`."
    )
