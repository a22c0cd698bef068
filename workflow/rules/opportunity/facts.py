"""Input of the rules: one opportunity with its parts, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.rules.enums import (
    ForecastCategory,
    OpportunityState,
    OpportunityType,
    PurchaseProcess,
    Trigger,
)
from workflow.rules.opportunity.parts import (
    ActivityFacts,
    AssessmentFacts,
    CompetitorFacts,
    DecisionStepFacts,
    MilestoneFacts,
    ObjectiveFacts,
    OverrideFacts,
    RiskFacts,
    RiskReviewFacts,
    StakeholderFacts,
    TransitionFacts,
)

NO_ACTIVITY = ActivityFacts()


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Current data of the buyer's company, to which fit rules apply."""

    id: UUID
    name: str
    domain: str | None = None
    industry: str | None = None
    employee_count: int | None = None
    annual_revenue_minor: int | None = None
    annual_revenue_currency: str | None = None
    country: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)  # Any: customer-defined JSON


@dataclass(frozen=True, slots=True)
class NextStep:
    """The agreed next action, and its date."""

    text: str
    due_date: date | None = None
    agreed_with_buyer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityFacts:
    """One opportunity with its parts, each with a default, so that tests name only what they need."""

    id: UUID
    organization_id: UUID
    number: int
    name: str
    type: OpportunityType
    description: str | None
    source: str | None
    state: OpportunityState
    state_since: datetime
    value_minor: int | None
    value_currency: str | None
    base_minor: int | None
    probability: Decimal
    probability_is_manual: bool
    forecast_category: ForecastCategory
    expected_close_date: date | None
    push_count: int
    next_step: NextStep | None
    pain_since: date | None
    owner_id: UUID
    attributes: Mapping[str, Any]  # Any: customer-defined JSON
    version: int
    created_at: datetime
    updated_at: datetime
    recorded_at: datetime | None = None
    time_zone: str
    base_currency: str
    account: AccountFacts
    collaborator_ids: tuple[UUID, ...] = ()
    assessments: tuple[AssessmentFacts, ...] = ()
    stakeholders: tuple[StakeholderFacts, ...] = ()
    purchase_process: PurchaseProcess = PurchaseProcess.UNKNOWN
    decision_date: date | None = None
    compelling_event: str | None = None
    motivation_to_change: str | None = None
    first_time_buyer: bool | None = None
    prior_attempt_failed: bool | None = None
    prior_attempt_note: str | None = None
    decision_steps: tuple[DecisionStepFacts, ...] = ()
    objectives: tuple[ObjectiveFacts, ...] = ()
    competitors: tuple[CompetitorFacts, ...] = ()
    risks: tuple[RiskFacts, ...] = ()
    risk_review: RiskReviewFacts | None = None
    milestones: tuple[MilestoneFacts, ...] = ()
    activity: ActivityFacts = NO_ACTIVITY
    transitions: tuple[TransitionFacts, ...] = ()
    overrides: tuple[OverrideFacts, ...] = ()

    def today(self, now: datetime) -> date:
        """Return the date of an instant in the organization's time zone."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def present_stakeholders(self) -> tuple[StakeholderFacts, ...]:
        """Return the stakeholders who have not left."""
        return tuple(person for person in self.stakeholders if not person.left)

    def conversation_count(self, person: StakeholderFacts) -> int:
        """Return the number of two-way activities with a stakeholder on this deal."""
        counts = (one.count for one in self.activity.conversations if one.contact_id == person.contact_id)
        return next(counts, 0)

    def last_transition_at(self, trigger: Trigger) -> datetime | None:
        """Return the time of the last transition by a trigger, None if there was none."""
        return next((one.at for one in reversed(self.transitions) if one.trigger is trigger), None)
