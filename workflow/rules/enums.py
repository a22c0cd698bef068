"""Enums of the domain. Each value equals its name, so that a member can be stored and sent as it is."""

from enum import StrEnum


class LabelledEnum(StrEnum):
    """Enum whose members appear in messages to people."""

    @property
    def label(self) -> str:
        """Return the member as people write it: `decision maker`."""
        return _LABELS.get(self, self.replace("_", " ").lower())


_LABELS = {"PROGRESSING": "in progress"}
"""Labels that differ from the name in lower case."""


class OpportunityState(LabelledEnum):
    """State of an opportunity."""

    LEAD = "LEAD"
    QUALIFIED = "QUALIFIED"
    PROGRESSING = "PROGRESSING"
    WON = "WON"
    LOST = "LOST"
    DISQUALIFIED = "DISQUALIFIED"


class Trigger(StrEnum):
    """Request for a change of state.

    QUALIFY: LEAD to QUALIFIED. PROGRESS: QUALIFIED to PROGRESSING. WIN: PROGRESSING to WON. LOSE: QUALIFIED
    or PROGRESSING to LOST. DISQUALIFY: an open state to DISQUALIFIED. REGRESS: PROGRESSING to QUALIFIED,
    QUALIFIED to LEAD. REOPEN: LOST to LEAD, QUALIFIED or PROGRESSING; DISQUALIFIED to LEAD; WON to
    PROGRESSING.
    """

    QUALIFY = "QUALIFY"
    PROGRESS = "PROGRESS"
    WIN = "WIN"
    LOSE = "LOSE"
    DISQUALIFY = "DISQUALIFY"
    REGRESS = "REGRESS"
    REOPEN = "REOPEN"


class OpportunityType(StrEnum):
    """Kind of business."""

    NEW_BUSINESS = "NEW_BUSINESS"
    EXISTING_BUSINESS = "EXISTING_BUSINESS"
    RENEWAL = "RENEWAL"
    UPSELL = "UPSELL"
    CROSS_SELL = "CROSS_SELL"


class ForecastCategory(StrEnum):
    """Place of an opportunity in the forecast; OMITTED counts with a weight of 0."""

    OMITTED = "OMITTED"
    PIPELINE = "PIPELINE"
    BEST_CASE = "BEST_CASE"
    MOST_LIKELY = "MOST_LIKELY"
    COMMIT = "COMMIT"
    CLOSED = "CLOSED"


class WinReason(StrEnum):
    """Reason why the buyer chose us."""

    CAPABILITY = "CAPABILITY"
    PRICE_VALUE = "PRICE_VALUE"
    RELATIONSHIP = "RELATIONSHIP"
    RISK_REDUCTION = "RISK_REDUCTION"
    SPEED = "SPEED"
    INCUMBENCY = "INCUMBENCY"
    OTHER = "OTHER"


class LossReason(StrEnum):
    """Reason why the buyer did not choose us."""

    NO_DECISION = "NO_DECISION"
    LOST_TO_COMPETITOR = "LOST_TO_COMPETITOR"
    PRICE = "PRICE"
    NO_BUDGET = "NO_BUDGET"
    TIMING = "TIMING"
    MISSING_CAPABILITY = "MISSING_CAPABILITY"
    NO_ACCESS_TO_DECISION_MAKER = "NO_ACCESS_TO_DECISION_MAKER"
    CHAMPION_LEFT = "CHAMPION_LEFT"
    UNRESPONSIVE = "UNRESPONSIVE"
    PERCEIVED_RISK = "PERCEIVED_RISK"
    PROJECT_CANCELLED = "PROJECT_CANCELLED"
    OTHER = "OTHER"


class DisqualifyReason(StrEnum):
    """Reason why we stopped working on the deal."""

    NO_PAIN = "NO_PAIN"
    NO_INTEREST = "NO_INTEREST"
    NO_FIT = "NO_FIT"
    NO_BUDGET = "NO_BUDGET"
    NO_AUTHORITY = "NO_AUTHORITY"
    NO_TIMELINE = "NO_TIMELINE"
    INFORMATION_SEEKER = "INFORMATION_SEEKER"
    DUPLICATE = "DUPLICATE"
    STALLED = "STALLED"
    UNREACHABLE = "UNREACHABLE"
    OTHER = "OTHER"


class SlipReason(StrEnum):
    """Reason why an expected close date moved to a later month."""

    WRONG_DATE = "WRONG_DATE"
    BUYER_PROCESS = "BUYER_PROCESS"
    BUDGET = "BUDGET"
    STAKEHOLDER_CHANGE = "STAKEHOLDER_CHANGE"
    COMPETITION = "COMPETITION"
    LEGAL_PROCUREMENT = "LEGAL_PROCUREMENT"
    SELLER_CAPACITY = "SELLER_CAPACITY"
    OTHER = "OTHER"


class Role(StrEnum):
    """Role of a member; `permissions.py` has the actions of each."""

    REP = "REP"
    MANAGER = "MANAGER"
    ADMIN = "ADMIN"
    INTEGRATOR = "INTEGRATOR"
    OBSERVER = "OBSERVER"


class Visibility(StrEnum):
    """Opportunities that a member sees: their own, those of their team and its sub-teams, or all."""

    OWN = "OWN"
    TEAM = "TEAM"
    ALL = "ALL"


class CriterionKind(StrEnum):
    """Subject of a criterion."""

    PAIN = "PAIN"
    INTEREST = "INTEREST"
    FIT = "FIT"
    BUDGET = "BUDGET"
    AUTHORITY = "AUTHORITY"
    NEED = "NEED"
    TIMELINE = "TIMELINE"
    METRICS = "METRICS"
    ECONOMIC_BUYER = "ECONOMIC_BUYER"
    DECISION_CRITERIA = "DECISION_CRITERIA"
    DECISION_PROCESS = "DECISION_PROCESS"
    PAPER_PROCESS = "PAPER_PROCESS"
    CHAMPION = "CHAMPION"
    COMPETITION = "COMPETITION"
    CUSTOM = "CUSTOM"


class Grade(StrEnum):
    """Certainty of an assessment.

    IDENTIFIED: the seller thinks so. VALIDATED: the buyer said so. CONFIRMED: it is documented. DISPROVED: it
    is not true.
    """

    UNKNOWN = "UNKNOWN"
    IDENTIFIED = "IDENTIFIED"
    VALIDATED = "VALIDATED"
    CONFIRMED = "CONFIRMED"
    DISPROVED = "DISPROVED"


class FitOperator(StrEnum):
    """Comparison of the account's data with the value of a fit rule."""

    EQ = "EQ"
    NE = "NE"
    LT = "LT"
    LTE = "LTE"
    GT = "GT"
    GTE = "GTE"
    IN = "IN"


class FitStatus(StrEnum):
    """Result of a fit rule; UNKNOWN if the account's data is missing."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


class BuyingRole(LabelledEnum):
    """Role of a person in the purchase."""

    ECONOMIC_BUYER = "ECONOMIC_BUYER"
    DECISION_MAKER = "DECISION_MAKER"
    APPROVER = "APPROVER"
    CHAMPION = "CHAMPION"
    COACH = "COACH"
    EXECUTIVE_SPONSOR = "EXECUTIVE_SPONSOR"
    TECHNICAL_BUYER = "TECHNICAL_BUYER"
    EVALUATOR = "EVALUATOR"
    USER_BUYER = "USER_BUYER"
    PROBLEM_OWNER = "PROBLEM_OWNER"
    INFLUENCER = "INFLUENCER"
    GATEKEEPER = "GATEKEEPER"
    PROCUREMENT = "PROCUREMENT"
    LEGAL = "LEGAL"
    SECURITY = "SECURITY"
    BLOCKER = "BLOCKER"
    OTHER = "OTHER"


class Influence(StrEnum):
    """Weight of a person's opinion in the decision."""

    UNKNOWN = "UNKNOWN"
    MINOR = "MINOR"
    SIGNIFICANT = "SIGNIFICANT"
    DECISIVE = "DECISIVE"


class Attitude(StrEnum):
    """Attitude of a person towards us."""

    UNKNOWN = "UNKNOWN"
    HOSTILE = "HOSTILE"
    SCEPTICAL = "SCEPTICAL"
    NEUTRAL = "NEUTRAL"
    SUPPORTIVE = "SUPPORTIVE"
    CONVINCED = "CONVINCED"


class Coverage(StrEnum):
    """Amount of two-way contact with a person: 0, 1, 2 to 4, or at least 5 activities."""

    NONE = "NONE"
    BRIEF = "BRIEF"
    MULTIPLE = "MULTIPLE"
    IN_DEPTH = "IN_DEPTH"


class BuyingStyle(StrEnum):
    """Criteria by which a person judges an offer."""

    UNKNOWN = "UNKNOWN"
    FINANCIAL = "FINANCIAL"
    TECHNICAL = "TECHNICAL"
    RELATIONSHIP = "RELATIONSHIP"
    BUSINESS = "BUSINESS"


class PurchaseProcess(StrEnum):
    """The buyer's way to decide."""

    UNKNOWN = "UNKNOWN"
    INDIVIDUAL = "INDIVIDUAL"
    COMMITTEE = "COMMITTEE"
    TENDER = "TENDER"


class RelationKind(StrEnum):
    """Relation between two people on the buyer's side."""

    REPORTS_TO = "REPORTS_TO"
    INFLUENCES = "INFLUENCES"
    CONFLICTS_WITH = "CONFLICTS_WITH"


class CompetitorKind(StrEnum):
    """Kind of alternative that the buyer compares us with."""

    VENDOR = "VENDOR"
    INCUMBENT = "INCUMBENT"
    IN_HOUSE = "IN_HOUSE"
    STATUS_QUO = "STATUS_QUO"


class CompetitorStanding(StrEnum):
    """Position of a competitor in the deal."""

    SUSPECTED = "SUSPECTED"
    ACTIVE = "ACTIVE"
    SHORTLISTED = "SHORTLISTED"
    PREFERRED = "PREFERRED"
    ELIMINATED = "ELIMINATED"


class RiskCategory(StrEnum):
    """Subject of a perceived risk."""

    FINANCIAL = "FINANCIAL"
    PERFORMANCE = "PERFORMANCE"
    IMPLEMENTATION = "IMPLEMENTATION"
    TIME = "TIME"
    SOCIAL_CAREER = "SOCIAL_CAREER"
    PSYCHOLOGICAL = "PSYCHOLOGICAL"
    SECURITY_COMPLIANCE = "SECURITY_COMPLIANCE"
    VENDOR_VIABILITY = "VENDOR_VIABILITY"
    ADOPTION_CHANGE = "ADOPTION_CHANGE"
    LINKED_DECISION = "LINKED_DECISION"


class RiskStatus(StrEnum):
    """Status of a risk."""

    SUSPECTED = "SUSPECTED"
    CONFIRMED = "CONFIRMED"
    MITIGATING = "MITIGATING"
    MITIGATED = "MITIGATED"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"


class RiskLevel(LabelledEnum):
    """Level of likelihood × impact: LOW up to 4, MEDIUM 5 to 9, HIGH 10 to 14, CRITICAL from 15."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class MitigationKind(StrEnum):
    """Kind of plan against a risk."""

    REFERENCE = "REFERENCE"
    PILOT = "PILOT"
    GUARANTEE = "GUARANTEE"
    PHASED_ROLLOUT = "PHASED_ROLLOUT"
    CONTRACT_TERM = "CONTRACT_TERM"
    BUSINESS_CASE = "BUSINESS_CASE"
    TRAINING = "TRAINING"
    OTHER = "OTHER"


class MilestoneStatus(StrEnum):
    """Status of a milestone."""

    PLANNED = "PLANNED"
    DONE = "DONE"
    MISSED = "MISSED"
    WAIVED = "WAIVED"


class MilestoneSide(StrEnum):
    """Side that completes a milestone."""

    BUYER = "BUYER"
    SELLER = "SELLER"
    JOINT = "JOINT"


class Momentum(StrEnum):
    """Progress by milestones, compared with the number of activities."""

    MOVING = "MOVING"
    BUSY_NOT_MOVING = "BUSY_NOT_MOVING"
    QUIET_BUT_MOVING = "QUIET_BUT_MOVING"
    IDLE = "IDLE"


class InsightTopicName(StrEnum):
    """Topic of insight: something to know about every deal."""

    PAIN = "PAIN"
    INTEREST = "INTEREST"
    FIT = "FIT"
    DECISION_TEAM = "DECISION_TEAM"
    BUYING_STYLE = "BUYING_STYLE"
    BUYING_PROCESS = "BUYING_PROCESS"
    MOTIVATION = "MOTIVATION"
    OBJECTIVES = "OBJECTIVES"
    TIME_SCHEDULE = "TIME_SCHEDULE"
    COMPETITION = "COMPETITION"
    PERCEIVED_RISK = "PERCEIVED_RISK"
    PROGRESS = "PROGRESS"


class KnowledgeStatus(StrEnum):
    """Knowledge of a topic; STALE: known once, but too long ago."""

    KNOWN = "KNOWN"
    PARTIAL = "PARTIAL"
    UNKNOWN = "UNKNOWN"
    STALE = "STALE"


class HealthBand(StrEnum):
    """Health as a traffic light: GREEN from 80 points, AMBER from 60, RED below."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


class ActivityKind(StrEnum):
    """Kind of activity."""

    CALL = "CALL"
    MEETING = "MEETING"
    EMAIL = "EMAIL"
    DEMO = "DEMO"
    NOTE = "NOTE"
    OTHER = "OTHER"


class ActivityDirection(StrEnum):
    """Side that started an activity; INTERNAL ones did not involve the buyer."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"
    INTERNAL = "INTERNAL"


class RequirementKind(StrEnum):
    """Kind of requirement; each has its own evaluator."""

    CRITERION = "CRITERION"
    FIT = "FIT"
    FIELD = "FIELD"
    ROLE = "ROLE"
    MILESTONE = "MILESTONE"
    RISK = "RISK"
    RISK_REVIEW = "RISK_REVIEW"
    ACTIVITY = "ACTIVITY"
    EXPRESSION = "EXPRESSION"


class Strength(StrEnum):
    """Strength of a requirement: an ADMIN can override HARD ones, a MANAGER also SOFT ones, with a reason."""

    HARD = "HARD"
    SOFT = "SOFT"


class RequirementStatus(StrEnum):
    """Result of a requirement in a gate."""

    MET = "MET"
    UNMET = "UNMET"
    OVERRIDDEN = "OVERRIDDEN"


class TransitionReadiness(StrEnum):
    """Readiness of a transition for a viewer."""

    READY = "READY"
    OVERRIDABLE = "OVERRIDABLE"
    BLOCKED = "BLOCKED"
    FORBIDDEN = "FORBIDDEN"


class TransitionSource(StrEnum):
    """Origin of a transition."""

    API = "API"
    BULK = "BULK"
    IMPORT = "IMPORT"
    SYSTEM = "SYSTEM"


class ActorKind(StrEnum):
    """Kind of actor."""

    MEMBER = "MEMBER"
    API_KEY = "API_KEY"
    SYSTEM = "SYSTEM"


class OpportunityField(StrEnum):
    """Field that a requirement can ask for."""

    VALUE = "VALUE"
    EXPECTED_CLOSE_DATE = "EXPECTED_CLOSE_DATE"
    NEXT_STEP = "NEXT_STEP"
    DESCRIPTION = "DESCRIPTION"
    PURCHASE_PROCESS = "PURCHASE_PROCESS"
    DECISION_DATE = "DECISION_DATE"
    COMPELLING_EVENT = "COMPELLING_EVENT"
    COMPETITORS = "COMPETITORS"
    OBJECTIVES = "OBJECTIVES"


class AlertCode(StrEnum):
    """Code of an alert: what it warns about."""

    STATE_AGE = "STATE_AGE"
    NO_BUYER_ACTIVITY = "NO_BUYER_ACTIVITY"
    STAGNATION = "STAGNATION"
    NO_NEXT_STEP = "NO_NEXT_STEP"
    CLOSE_DATE_OVERDUE = "CLOSE_DATE_OVERDUE"
    CLOSE_DATE_PUSHED = "CLOSE_DATE_PUSHED"
    SINGLE_THREADED = "SINGLE_THREADED"
    ROLE_MISSING = "ROLE_MISSING"
    CHAMPION_LEFT = "CHAMPION_LEFT"
    MILESTONE_DUE = "MILESTONE_DUE"
    RISK_UNADDRESSED = "RISK_UNADDRESSED"
    RISK_NOT_REVIEWED = "RISK_NOT_REVIEWED"
    EVIDENCE_STALE = "EVIDENCE_STALE"
    INTEREST_DOUBT = "INTEREST_DOUBT"
    FIT_LOST = "FIT_LOST"
    OVERRIDE_DUE = "OVERRIDE_DUE"
    DISQUALIFY_PROPOSED = "DISQUALIFY_PROPOSED"


class AlertSeverity(StrEnum):
    """Urgency of an alert."""

    ADVICE = "ADVICE"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class RiskSettlement(StrEnum):
    """Way to settle a risk: the buyer accepts it, or it is gone."""

    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"


class ImportOutcome(StrEnum):
    """Outcome of an imported row."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REJECTED = "REJECTED"


class ProblemCode(StrEnum):
    """Reason why a mutation was refused."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    DUPLICATE = "DUPLICATE"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    TRANSITION_BLOCKED = "TRANSITION_BLOCKED"
    RECORD_CLOSED = "RECORD_CLOSED"


class OrderDirection(StrEnum):
    """Direction of an order."""

    ASC = "ASC"
    DESC = "DESC"


class OpportunityOrderField(StrEnum):
    """Field by which opportunities are ordered. Nulls come last, on both databases and in both directions."""

    NUMBER = "NUMBER"
    NAME = "NAME"
    VALUE = "VALUE"
    PROBABILITY = "PROBABILITY"
    EXPECTED_CLOSE_DATE = "EXPECTED_CLOSE_DATE"
    CLOSED_ON = "CLOSED_ON"
    STATE_SINCE = "STATE_SINCE"
    HEALTH = "HEALTH"
    CREATED_AT = "CREATED_AT"
    UPDATED_AT = "UPDATED_AT"


class PipelineGrouping(StrEnum):
    """Grouping of the pipeline; TEAM is the team of the owner."""

    STATE = "STATE"
    OWNER = "OWNER"
    TEAM = "TEAM"
    ACCOUNT = "ACCOUNT"
    SOURCE = "SOURCE"
    FORECAST_CATEGORY = "FORECAST_CATEGORY"
    CLOSE_MONTH = "CLOSE_MONTH"


class OutcomeGrouping(StrEnum):
    """Grouping of closed deals; OVERRIDDEN groups by whether a gate was passed by an override."""

    REASON = "REASON"
    OWNER = "OWNER"
    TEAM = "TEAM"
    SOURCE = "SOURCE"
    ACCOUNT = "ACCOUNT"
    COMPETITOR = "COMPETITOR"
    MONTH = "MONTH"
    STATE_AT_CLOSE = "STATE_AT_CLOSE"
    OVERRIDDEN = "OVERRIDDEN"


class OverrideGrouping(StrEnum):
    """Grouping of overrides: by the process of the gate, or by the member who made them."""

    PROCESS = "PROCESS"
    MEMBER = "MEMBER"


class AlertStatus(StrEnum):
    """Status of an alert."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SNOOZED = "SNOOZED"
    RESOLVED = "RESOLVED"


class AlertOrderField(StrEnum):
    """Field by which alerts are ordered."""

    SEVERITY = "SEVERITY"
    FIRST_SEEN = "FIRST_SEEN"
    LAST_SEEN = "LAST_SEEN"


class DeliveryStatus(StrEnum):
    """Status of the delivery of an event to an endpoint."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    EXHAUSTED = "EXHAUSTED"


OPEN_STATES = frozenset({OpportunityState.LEAD, OpportunityState.QUALIFIED, OpportunityState.PROGRESSING})
CLOSED_STATES = frozenset(OpportunityState) - OPEN_STATES
OPEN_RISK_STATUSES = frozenset({RiskStatus.SUSPECTED, RiskStatus.CONFIRMED, RiskStatus.MITIGATING})
