"""What hangs on a deal, as plain frozen values: people, competitors, risks, milestones, steps taken, debts."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from workflow.rules.enums import (
    OPEN_RISK_STATUSES,
    ActorKind,
    Attitude,
    BuyingRole,
    BuyingStyle,
    CompetitorKind,
    CompetitorStanding,
    Grade,
    Influence,
    MilestoneSide,
    MilestoneStatus,
    MitigationKind,
    OpportunityState,
    RelationKind,
    RiskCategory,
    RiskStatus,
    Trigger,
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a member, an API key, or the system."""

    kind: ActorKind
    name: str
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """An answer to a criterion; the one that counts carries the earlier ones in its `trail`, newest first."""

    id: UUID
    criterion: str
    grade: Grade
    evidence: str | None
    evidence_url: str | None
    said_by_id: UUID | None
    assessed_at: datetime
    actor: Actor
    trail: "tuple[AssessmentFacts, ...]" = ()


@dataclass(frozen=True, slots=True)
class RelationFacts:
    """How a stakeholder stands to another of the same deal."""

    kind: RelationKind
    to_id: UUID


@dataclass(frozen=True, slots=True)
class StakeholderFacts:
    """One person of the buyer's who takes part in the purchase."""

    id: UUID
    opportunity_id: UUID
    contact_id: UUID
    contact_name: str
    roles: tuple[BuyingRole, ...] = ()
    influence: Influence = Influence.UNKNOWN
    attitude: Attitude = Attitude.UNKNOWN
    buying_style: BuyingStyle = BuyingStyle.UNKNOWN
    motivation: str | None = None
    is_primary: bool = False
    left: bool = False
    relations: tuple[RelationFacts, ...] = ()


@dataclass(frozen=True, slots=True)
class CompetitorFacts:
    """Whom or what the buyer compares us with."""

    id: UUID
    opportunity_id: UUID
    kind: CompetitorKind
    name: str
    standing: CompetitorStanding
    strengths: str | None = None
    weaknesses: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionStepFacts:
    """A step of the buyer's way to a decision."""

    name: str
    owner_id: UUID | None = None
    due: date | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class ObjectiveFacts:
    """What the buyer wants to reach, and how it is measured."""

    text: str
    metric: str | None = None
    baseline: str | None = None
    target: str | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class MitigationFacts:
    """What is done to make a risk smaller."""

    id: UUID
    kind: MitigationKind
    action: str
    due: date | None = None
    done_at: datetime | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """Something that the buyer fears; likelihood and impact are 1 to 5."""

    id: UUID
    opportunity_id: UUID
    category: RiskCategory
    statement: str
    likelihood: int
    impact: int
    status: RiskStatus
    raised_at: datetime
    perceived_by_id: UUID | None = None
    owner_id: UUID | None = None
    review_due: date | None = None
    closed_at: datetime | None = None
    mitigations: tuple[MitigationFacts, ...] = ()

    @property
    def is_open(self) -> bool:
        """It still stands between the buyer and a purchase."""
        return self.status in OPEN_RISK_STATUSES


@dataclass(frozen=True, slots=True)
class RiskReviewFacts:
    """When, and by whom, the buyer's perceived risks were last gone through."""

    at: datetime
    by: Actor
    none_found: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MilestoneFacts:
    """A step towards the purchase; `key` is None for one added by hand."""

    id: UUID
    opportunity_id: UUID
    key: str | None
    name: str
    side: MilestoneSide
    weight: int
    status: MilestoneStatus = MilestoneStatus.PLANNED
    due: date | None = None
    completed_at: datetime | None = None
    evidence: str | None = None
    waive_reason: str | None = None
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class ContactConversations:
    """Two-way activities with one contact on one deal: how many, and the last."""

    contact_id: UUID
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """Activities as counts: the last two-way one, those of the last 30 days but INTERNAL ones, and the talks with each contact."""

    last_two_way_at: datetime | None = None
    recent_count: int = 0
    conversations: tuple[ContactConversations, ...] = ()


@dataclass(frozen=True, slots=True)
class TransitionFacts:
    """One arrow that was taken, in order; `seconds` is how long the state that was left had lasted."""

    trigger: Trigger
    source: OpportunityState
    target: OpportunityState
    at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class OverrideFacts:
    """Requirements that were passed by an override and are owed still; `trigger` names the gate they stand in."""

    id: UUID
    transition_id: UUID
    trigger: Trigger
    requirement_keys: tuple[str, ...]
    reason: str
    by: Actor
    at: datetime
    target: OpportunityState
    expires_at: datetime | None = None
    settled_at: datetime | None = None
