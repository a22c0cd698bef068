"""Parts of an opportunity as frozen values: people, competitors, risks, milestones, transitions and more."""

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
    """The actor of a change: a member, an API key, or the system."""

    kind: ActorKind
    name: str
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AssessmentFacts:
    """An assessment of a criterion; the latest has the earlier ones in its `trail`, newest first."""

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
    """Relation of a stakeholder to another one of the same deal."""

    kind: RelationKind
    to_id: UUID


@dataclass(frozen=True, slots=True)
class StakeholderFacts:
    """A person on the buyer's side who takes part in the purchase."""

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
    """An alternative with which the buyer compares us."""

    id: UUID
    opportunity_id: UUID
    kind: CompetitorKind
    name: str
    standing: CompetitorStanding
    strengths: str | None = None
    weaknesses: str | None = None


@dataclass(frozen=True, slots=True)
class DecisionStepFacts:
    """A step in the buyer's decision process."""

    name: str
    owner_id: UUID | None = None
    due: date | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class ObjectiveFacts:
    """A goal of the buyer, and how it is measured."""

    text: str
    metric: str | None = None
    baseline: str | None = None
    target: str | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class MitigationFacts:
    """A plan against a risk."""

    id: UUID
    kind: MitigationKind
    action: str
    due: date | None = None
    done_at: datetime | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """Something that the buyer fears; likelihood and impact are from 1 to 5."""

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
        """Return True if the risk is suspected, confirmed or being mitigated."""
        return self.status in OPEN_RISK_STATUSES


@dataclass(frozen=True, slots=True)
class RiskReviewFacts:
    """The last review of the buyer's perceived risks."""

    at: datetime
    by: Actor
    none_found: bool
    note: str | None = None


@dataclass(frozen=True, slots=True)
class MilestoneFacts:
    """A buyer-verified result on the way to the purchase; `key` is None if it was added by hand."""

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
    """Number and time of the two-way activities with one contact on one deal."""

    contact_id: UUID
    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class ActivityFacts:
    """Summary of the activities; `recent_count` covers the last 30 days, without INTERNAL ones."""

    last_two_way_at: datetime | None = None
    recent_count: int = 0
    conversations: tuple[ContactConversations, ...] = ()


@dataclass(frozen=True, slots=True)
class TransitionFacts:
    """A recorded transition; `seconds` is the time that the deal had spent in the source state."""

    trigger: Trigger
    source: OpportunityState
    target: OpportunityState
    at: datetime
    seconds: int


@dataclass(frozen=True, slots=True)
class OverrideFacts:
    """An override of requirements; `trigger` and `target` give the gate that they belong to."""

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
