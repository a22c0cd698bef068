"""The words a deal is described with: every enum of the domain, its value equal to its name."""

from enum import StrEnum


class OpportunityState(StrEnum):
    """Where a deal stands."""

    LEAD = "LEAD"
    QUALIFIED = "QUALIFIED"
    PROGRESSING = "PROGRESSING"
    WON = "WON"
    LOST = "LOST"
    DISQUALIFIED = "DISQUALIFIED"


class Trigger(StrEnum):
    """What moves a deal. QUALIFY: LEAD→QUALIFIED. PROGRESS: QUALIFIED→PROGRESSING. WIN: PROGRESSING→WON.
    LOSE: QUALIFIED|PROGRESSING→LOST. DISQUALIFY: LEAD|QUALIFIED|PROGRESSING→DISQUALIFIED.
    REGRESS: PROGRESSING→QUALIFIED, QUALIFIED→LEAD. REOPEN: LOST→LEAD|QUALIFIED|PROGRESSING,
    DISQUALIFIED→LEAD, WON→PROGRESSING; the target's own entry gate is evaluated again.
    """

    QUALIFY = "QUALIFY"
    PROGRESS = "PROGRESS"
    WIN = "WIN"
    LOSE = "LOSE"
    DISQUALIFY = "DISQUALIFY"
    REGRESS = "REGRESS"
    REOPEN = "REOPEN"


class OpportunityType(StrEnum):
    """What kind of business the deal is."""

    NEW_BUSINESS = "NEW_BUSINESS"
    EXISTING_BUSINESS = "EXISTING_BUSINESS"
    RENEWAL = "RENEWAL"
    UPSELL = "UPSELL"
    CROSS_SELL = "CROSS_SELL"


class ForecastCategory(StrEnum):
    """How a forecast counts the deal; OMITTED weighs nothing."""

    OMITTED = "OMITTED"
    PIPELINE = "PIPELINE"
    BEST_CASE = "BEST_CASE"
    MOST_LIKELY = "MOST_LIKELY"
    COMMIT = "COMMIT"
    CLOSED = "CLOSED"


class WinReason(StrEnum):
    """Why the buyer chose us."""

    CAPABILITY = "CAPABILITY"
    PRICE_VALUE = "PRICE_VALUE"
    RELATIONSHIP = "RELATIONSHIP"
    RISK_REDUCTION = "RISK_REDUCTION"
    SPEED = "SPEED"
    INCUMBENCY = "INCUMBENCY"
    OTHER = "OTHER"


class LossReason(StrEnum):
    """Why the buyer did not choose us."""

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
    """Why we stopped."""

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
    """Why an expected close date moved later."""

    WRONG_DATE = "WRONG_DATE"
    BUYER_PROCESS = "BUYER_PROCESS"
    BUDGET = "BUDGET"
    STAKEHOLDER_CHANGE = "STAKEHOLDER_CHANGE"
    COMPETITION = "COMPETITION"
    LEGAL_PROCUREMENT = "LEGAL_PROCUREMENT"
    SELLER_CAPACITY = "SELLER_CAPACITY"
    OTHER = "OTHER"


class Role(StrEnum):
    """REP works deals, MANAGER coaches a team and may override soft guards, ADMIN configures, INTEGRATOR is a machine, OBSERVER reads."""

    REP = "REP"
    MANAGER = "MANAGER"
    ADMIN = "ADMIN"
    INTEGRATOR = "INTEGRATOR"
    OBSERVER = "OBSERVER"


class Visibility(StrEnum):
    """Which opportunities a member sees: their own, those of their team and its sub-teams, or all."""

    OWN = "OWN"
    TEAM = "TEAM"
    ALL = "ALL"


class CriterionKind(StrEnum):
    """What a criterion asks about."""

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
    """IDENTIFIED: the seller thinks so. VALIDATED: the buyer said so. CONFIRMED: it is documented. DISPROVED: it is not there."""

    UNKNOWN = "UNKNOWN"
    IDENTIFIED = "IDENTIFIED"
    VALIDATED = "VALIDATED"
    CONFIRMED = "CONFIRMED"
    DISPROVED = "DISPROVED"


class FitOperator(StrEnum):
    """How a fit rule compares the account's data with its value."""

    EQ = "EQ"
    NE = "NE"
    LT = "LT"
    LTE = "LTE"
    GT = "GT"
    GTE = "GTE"
    IN = "IN"


class FitStatus(StrEnum):
    """What a fit rule found; UNKNOWN where the account's data is missing."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


class BuyingRole(StrEnum):
    """The part a person plays in the purchase."""

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
    """How much a person's word weighs."""

    UNKNOWN = "UNKNOWN"
    MINOR = "MINOR"
    SIGNIFICANT = "SIGNIFICANT"
    DECISIVE = "DECISIVE"


class Attitude(StrEnum):
    """How a person feels about us."""

    UNKNOWN = "UNKNOWN"
    HOSTILE = "HOSTILE"
    SCEPTICAL = "SCEPTICAL"
    NEUTRAL = "NEUTRAL"
    SUPPORTIVE = "SUPPORTIVE"
    CONVINCED = "CONVINCED"


class Coverage(StrEnum):
    """How often we spoke with a person, both ways: 0, 1, 2-4, 5 or more times."""

    NONE = "NONE"
    BRIEF = "BRIEF"
    MULTIPLE = "MULTIPLE"
    IN_DEPTH = "IN_DEPTH"


class BuyingStyle(StrEnum):
    """What a person judges an offer by."""

    UNKNOWN = "UNKNOWN"
    FINANCIAL = "FINANCIAL"
    TECHNICAL = "TECHNICAL"
    RELATIONSHIP = "RELATIONSHIP"
    BUSINESS = "BUSINESS"


class PurchaseProcess(StrEnum):
    """How the buyer decides."""

    UNKNOWN = "UNKNOWN"
    INDIVIDUAL = "INDIVIDUAL"
    COMMITTEE = "COMMITTEE"
    TENDER = "TENDER"


class RelationKind(StrEnum):
    """How two people of the buyer stand to each other."""

    REPORTS_TO = "REPORTS_TO"
    INFLUENCES = "INFLUENCES"
    CONFLICTS_WITH = "CONFLICTS_WITH"


class CompetitorKind(StrEnum):
    """Whom or what we are compared with."""

    VENDOR = "VENDOR"
    INCUMBENT = "INCUMBENT"
    IN_HOUSE = "IN_HOUSE"
    STATUS_QUO = "STATUS_QUO"


class CompetitorStanding(StrEnum):
    """How far a competitor has come."""

    SUSPECTED = "SUSPECTED"
    ACTIVE = "ACTIVE"
    SHORTLISTED = "SHORTLISTED"
    PREFERRED = "PREFERRED"
    ELIMINATED = "ELIMINATED"


class RiskCategory(StrEnum):
    """What the buyer fears."""

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
    """What became of a risk."""

    SUSPECTED = "SUSPECTED"
    CONFIRMED = "CONFIRMED"
    MITIGATING = "MITIGATING"
    MITIGATED = "MITIGATED"
    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"


class RiskLevel(StrEnum):
    """likelihood × impact: LOW ≤ 4, MEDIUM 5–9, HIGH 10–14, CRITICAL ≥ 15."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


class MitigationKind(StrEnum):
    """How a risk is made smaller."""

    REFERENCE = "REFERENCE"
    PILOT = "PILOT"
    GUARANTEE = "GUARANTEE"
    PHASED_ROLLOUT = "PHASED_ROLLOUT"
    CONTRACT_TERM = "CONTRACT_TERM"
    BUSINESS_CASE = "BUSINESS_CASE"
    TRAINING = "TRAINING"
    OTHER = "OTHER"


class MilestoneStatus(StrEnum):
    """What became of a milestone."""

    PLANNED = "PLANNED"
    DONE = "DONE"
    MISSED = "MISSED"
    WAIVED = "WAIVED"


class MilestoneSide(StrEnum):
    """Whose step a milestone is."""

    BUYER = "BUYER"
    SELLER = "SELLER"
    JOINT = "JOINT"


class Momentum(StrEnum):
    """Whether milestones are reached, held against how much is done."""

    MOVING = "MOVING"
    BUSY_NOT_MOVING = "BUSY_NOT_MOVING"
    QUIET_BUT_MOVING = "QUIET_BUT_MOVING"
    IDLE = "IDLE"


class InsightTopicName(StrEnum):
    """What there is to know of a deal, from the buyer's pain to how far the purchase has come."""

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
    """How much of a topic is known; STALE: it was known once, and must be asked again."""

    KNOWN = "KNOWN"
    PARTIAL = "PARTIAL"
    UNKNOWN = "UNKNOWN"
    STALE = "STALE"


class HealthBand(StrEnum):
    """GREEN from 80 points, AMBER from 60, RED below."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"


class ActivityKind(StrEnum):
    """What was done."""

    CALL = "CALL"
    MEETING = "MEETING"
    EMAIL = "EMAIL"
    DEMO = "DEMO"
    NOTE = "NOTE"
    OTHER = "OTHER"


class ActivityDirection(StrEnum):
    """Who began it; INTERNAL never reached the buyer."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"
    INTERNAL = "INTERNAL"


class RequirementKind(StrEnum):
    """What a requirement looks at: one evaluator each."""

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
    """HARD cannot be overridden by anyone below ADMIN; SOFT can, by a MANAGER, with a reason that is kept."""

    HARD = "HARD"
    SOFT = "SOFT"


class RequirementStatus(StrEnum):
    """What a gate found of a requirement."""

    MET = "MET"
    UNMET = "UNMET"
    OVERRIDDEN = "OVERRIDDEN"


class TransitionReadiness(StrEnum):
    """Whether this viewer can take an arrow now."""

    READY = "READY"
    OVERRIDABLE = "OVERRIDABLE"
    BLOCKED = "BLOCKED"
    FORBIDDEN = "FORBIDDEN"


class TransitionSource(StrEnum):
    """By which way a transition came."""

    API = "API"
    BULK = "BULK"
    IMPORT = "IMPORT"
    SYSTEM = "SYSTEM"


class ActorKind(StrEnum):
    """Who acts."""

    MEMBER = "MEMBER"
    API_KEY = "API_KEY"
    SYSTEM = "SYSTEM"


class OpportunityField(StrEnum):
    """The fields a requirement can ask for."""

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
    """What an alert warns of."""

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
    """How urgent an alert is."""

    ADVICE = "ADVICE"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class RiskSettlement(StrEnum):
    """How a risk is put to rest: lived with, or gone."""

    ACCEPTED = "ACCEPTED"
    CLOSED = "CLOSED"


class ImportOutcome(StrEnum):
    """What became of an imported row."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REJECTED = "REJECTED"


class ProblemCode(StrEnum):
    """Why a mutation did not do the thing."""

    INVALID_INPUT = "INVALID_INPUT"
    NOT_FOUND = "NOT_FOUND"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    DUPLICATE = "DUPLICATE"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    TRANSITION_BLOCKED = "TRANSITION_BLOCKED"
    RECORD_CLOSED = "RECORD_CLOSED"


class OrderDirection(StrEnum):
    """Up or down."""

    ASC = "ASC"
    DESC = "DESC"


class OpportunityOrderField(StrEnum):
    """Nulls come last, on every database and in both directions."""

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
    """By what the rows of a pipeline are told apart; TEAM is the owner's."""

    STATE = "STATE"
    OWNER = "OWNER"
    TEAM = "TEAM"
    ACCOUNT = "ACCOUNT"
    SOURCE = "SOURCE"
    FORECAST_CATEGORY = "FORECAST_CATEGORY"
    CLOSE_MONTH = "CLOSE_MONTH"


class OutcomeGrouping(StrEnum):
    """By what closed deals are told apart; COMPETITOR is whoever was on record, OVERRIDDEN whether a gate was ever passed by an override."""

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
    """By the process whose gate was passed, or by the member who passed it."""

    PROCESS = "PROCESS"
    MEMBER = "MEMBER"


class AlertStatus(StrEnum):
    """Whether somebody has looked at an alert: nobody yet, somebody, somebody who will later, or its cause is gone."""

    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    SNOOZED = "SNOOZED"
    RESOLVED = "RESOLVED"


class AlertOrderField(StrEnum):
    """What alerts are ordered by."""

    SEVERITY = "SEVERITY"
    FIRST_SEEN = "FIRST_SEEN"
    LAST_SEEN = "LAST_SEEN"


class DeliveryStatus(StrEnum):
    """What became of sending one fact to one receiver: not tried yet, taken, to be tried again, given up."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    EXHAUSTED = "EXHAUSTED"


OPEN_STATES = frozenset({OpportunityState.LEAD, OpportunityState.QUALIFIED, OpportunityState.PROGRESSING})
CLOSED_STATES = frozenset(OpportunityState) - OPEN_STATES
OPEN_RISK_STATUSES = frozenset({RiskStatus.SUSPECTED, RiskStatus.CONFIRMED, RiskStatus.MITIGATING})
