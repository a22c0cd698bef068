"""The parts of an opportunity document, without ids: one dataclass per part of a JSON line.

A field has the name that the GraphQL API gives it. A field that refers to a member holds the e-mail, one that
refers to an account its name, one that refers to a criterion its key. A field that refers to another part of
the same document holds the position in that part's list, counted from 1.
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
    """The author of a change; `member` is the member's e-mail if a member made it."""

    kind: ActorKind
    name: str
    member: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedContact:
    """A contact, found by e-mail or else by name among the contacts of the account."""

    account: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedMoney:
    """An amount as decimal text, with its currency."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class ExportedNextStep:
    """The agreed next action."""

    text: str
    due_date: date | None = None
    agreed_with_buyer: bool = False


@dataclass(frozen=True, slots=True)
class ExportedStakeholder:
    """The part that a contact plays in the deal."""

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
    """A relation from one stakeholder to another, both given by position."""

    stakeholder: int
    kind: RelationKind
    to: int


@dataclass(frozen=True, slots=True)
class ExportedAssessment:
    """A dated statement about a criterion; `said_by` is the position of a stakeholder."""

    criterion: str
    grade: Grade
    assessed_by: ExportedActor
    assessed_at: datetime
    evidence: str | None = None
    evidence_url: str | None = None
    said_by: int | None = None


@dataclass(frozen=True, slots=True)
class ExportedCompetitor:
    """An alternative that the buyer considers."""

    kind: CompetitorKind
    name: str
    standing: CompetitorStanding
    created_at: datetime
    strengths: str | None = None
    weaknesses: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedDecisionStep:
    """A step of the buyer's decision process; `owner` is the position of a stakeholder."""

    name: str
    owner: int | None = None
    due: date | None = None
    done: bool = False


@dataclass(frozen=True, slots=True)
class ExportedObjective:
    """A result that the buyer wants to achieve."""

    text: str
    metric: str | None = None
    baseline: str | None = None
    target: str | None = None
    due: date | None = None


@dataclass(frozen=True, slots=True)
class ExportedRisk:
    """A risk that the buyer perceives.

    `perceived_by` is the position of a stakeholder, `owner` a member's e-mail.
    """

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
    """An action planned against a risk, which is given by position."""

    risk: int
    kind: MitigationKind
    action: str
    created_at: datetime
    due: date | None = None
    done_at: datetime | None = None
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedRiskReview:
    """A recorded check of the buyer's risks."""

    at: datetime
    none_found: bool
    by: ExportedActor
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ExportedMilestone:
    """A result that the buyer verifies; `key` is None if it was added by hand."""

    name: str
    side: MilestoneSide
    weight: int
    status: MilestoneStatus
    created_at: datetime
    key: str | None = None
    due: date | None = None
    completed_at: datetime | None = None
    evidence: str | None = None
    waive_reason: str | None = None
    completed_by: ExportedActor | None = None


@dataclass(frozen=True, slots=True)
class ExportedActivity:
    """A call, meeting, message or note, with the contacts who took part."""

    kind: ActivityKind
    direction: ActivityDirection
    two_way: bool
    at: datetime
    summary: str
    actor: ExportedActor
    created_at: datetime
    external_system: str | None = None
    external_id: str | None = None
    voided_at: datetime | None = None
    with_: tuple[ExportedContact, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportedCloseDetails:
    """The part of the close that is not a field of the row; `competitor` is the position of a competitor."""

    note: str | None = None
    competitor: int | None = None
