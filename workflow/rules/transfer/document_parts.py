"""The parts of a whole deal, as an export tells them and an import takes them: no ids.

People are named by their e-mail, contacts by their account and name; what points at another part gives its place in that
part's list, counted from 1.
"""

from dataclasses import dataclass
from datetime import date, datetime

from workflow.rules.enums import (
    ActivityDirection,
    ActivityKind,
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
    RelationKind,
    RiskCategory,
    RiskStatus,
)


@dataclass(frozen=True, slots=True)
class ExportedActor:
    """Who did it; `member` is the e-mail of the member, where one did."""

    kind: ActorKind
    name: str
    member: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedContact:
    """A contact: found by the e-mail, else by the name, among those of the account."""

    account: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedMoney:
    """An amount, as decimal text, of a currency."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class ExportedNextStep:
    """What happens next."""

    text: str
    due_date: date | None = None
    agreed_with_buyer: bool = False


@dataclass(frozen=True, slots=True)
class ExportedStakeholder:
    """A contact who takes part in the purchase."""

    contact: ExportedContact
    created_at: datetime
    roles: tuple[BuyingRole, ...] = ()
    influence: Influence = Influence.UNKNOWN
    attitude: Attitude = Attitude.UNKNOWN
    buying_style: BuyingStyle = BuyingStyle.UNKNOWN
    motivation: str | None = None
    is_primary: bool = False
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExportedRelation:
    """How one stakeholder stands to another."""

    stakeholder: int
    kind: RelationKind
    to: int


@dataclass(frozen=True, slots=True)
class ExportedAssessment:
    """One answer to one criterion; `said_by` is a stakeholder."""

    criterion: str
    grade: Grade
    by: ExportedActor
    assessed_at: datetime
    evidence: str | None = None
    evidence_url: str | None = None
    said_by: int | None = None


@dataclass(frozen=True, slots=True)
class ExportedCompetitor:
    """Whom or what the buyer compares us with."""

    kind: CompetitorKind
    name: str
    standing: CompetitorStanding
    created_at: datetime
    strengths: str | None = None
    weaknesses: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedDecisionStep:
    """A step of the buyer's way to a decision; its owner is a stakeholder."""

    name: str
    owner: int | None = None
    due: date | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class ExportedObjective:
    """What the buyer wants to reach."""

    text: str
    metric: str | None = None
    baseline: str | None = None
    goal: str | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class ExportedRisk:
    """Something the buyer fears; `perceived_by` is a stakeholder, `owner` the e-mail of a member."""

    category: RiskCategory
    statement: str
    likelihood: int
    impact: int
    status: RiskStatus
    raised_at: datetime
    perceived_by: int | None = None
    owner: str | None = None
    review_due: date | None = None
    closed_at: datetime | None = None
    settle_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedMitigation:
    """What is done to make a risk smaller."""

    risk: int
    kind: MitigationKind
    action: str
    created_at: datetime
    due: date | None = None
    done_at: datetime | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedRiskReview:
    """Somebody went through the buyer's risks."""

    reviewed_at: datetime
    none_found: bool
    by: ExportedActor
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedMilestone:
    """A step towards the purchase; without a key where it was added by hand."""

    name: str
    side: MilestoneSide
    weight: int
    status: MilestoneStatus
    created_at: datetime
    template_key: str | None = None
    due: date | None = None
    completed_at: datetime | None = None
    evidence: str | None = None
    waive_reason: str | None = None
    by: ExportedActor | None = None


@dataclass(frozen=True, slots=True)
class ExportedActivity:
    """Something that was done, and the contacts who took part."""

    kind: ActivityKind
    direction: ActivityDirection
    two_way: bool
    at: datetime
    summary: str
    by: ExportedActor
    created_at: datetime
    external_system: str | None = None
    external_id: str | None = None
    voided_at: datetime | None = None
    contacts: tuple[ExportedContact, ...] = ()
