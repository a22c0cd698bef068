"""What the rules read: one opportunity and all that hangs on it, as plain frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from workflow.rules.states import (
    ActorKind,
    Attitude,
    BuyingRole,
    BuyingStyle,
    DisqualifyReason,
    ForecastCategory,
    Grade,
    Influence,
    LossReason,
    OpportunityState,
    OpportunityType,
    PurchaseProcess,
    WinReason,
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a member, an API key, or the system."""

    kind: ActorKind
    name: str
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """The buyer's company as it stands today; fit rules run on this."""

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
class AssessmentFacts:
    """The latest assessment of one criterion."""

    id: UUID
    criterion: str
    grade: Grade
    evidence: str | None
    evidence_url: str | None
    said_by_id: UUID | None
    assessed_at: datetime
    actor: Actor


@dataclass(frozen=True, slots=True)
class StakeholderFacts:
    """One person of the buyer's, and how often we spoke with them on this opportunity, both ways."""

    id: UUID
    contact_id: UUID
    contact_name: str
    roles: frozenset[BuyingRole] = frozenset()
    influence: Influence = Influence.UNKNOWN
    attitude: Attitude = Attitude.UNKNOWN
    buying_style: BuyingStyle = BuyingStyle.UNKNOWN
    motivation: str | None = None
    is_primary: bool = False
    left: bool = False
    two_way_count: int = 0
    last_two_way_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What happens next, and by when."""

    text: str
    due_date: date | None = None
    agreed_with_buyer: bool = False


@dataclass(frozen=True, slots=True)
class CloseFacts:
    """How the opportunity ended: outcome, day, reason."""

    outcome: OpportunityState
    closed_on: date
    from_state: OpportunityState
    win_reason: WinReason | None = None
    loss_reason: LossReason | None = None
    disqualify_reason: DisqualifyReason | None = None
    competitor_id: UUID | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityFacts:
    """One opportunity with all that its gates read; what later rules need is added below with a default."""

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
    collaborator_ids: frozenset[UUID]
    attributes: Mapping[str, Any]  # Any: customer-defined JSON
    version: int
    created_at: datetime
    updated_at: datetime
    time_zone: str
    account: AccountFacts
    assessments: tuple[AssessmentFacts, ...] = ()
    stakeholders: tuple[StakeholderFacts, ...] = ()
    purchase_process: PurchaseProcess = PurchaseProcess.UNKNOWN
    decision_date: date | None = None
    compelling_event: str | None = None
    motivation_to_change: str | None = None
    first_time_buyer: bool | None = None
    prior_attempt_failed: bool | None = None
    competitor_count: int = 0
    objective_count: int = 0
    close: CloseFacts | None = None

    def today(self, now: datetime) -> date:
        """The day it is in the organization's time zone."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def present_stakeholders(self) -> tuple[StakeholderFacts, ...]:
        """The stakeholders who have not left."""
        return tuple(person for person in self.stakeholders if not person.left)
