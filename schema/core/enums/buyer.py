"""The enums of the buyer: people, competitors, risks, milestones and activities."""

from schema.core.enums.describe import describe
from workflow.rules import enums

describe(
    enums.BuyingRole,
    "The role that a person has in the purchase.",
    ECONOMIC_BUYER="Releases the money.",
    DECISION_MAKER="Makes the decision.",
    APPROVER="Must approve the decision.",
    CHAMPION="Promotes you inside the company, also when you are not there.",
    COACH="Gives you information and advice.",
    EXECUTIVE_SPONSOR="A senior manager who supports the project.",
    TECHNICAL_BUYER="Judges whether the product meets the technical needs.",
    EVALUATOR="Compares the offers.",
    USER_BUYER="Will use the product.",
    PROBLEM_OWNER="Is responsible for the problem.",
    INFLUENCER="Has an opinion that others listen to.",
    GATEKEEPER="Controls the access to others.",
    PROCUREMENT="Negotiates and buys.",
    LEGAL="Checks the contract.",
    SECURITY="Checks security and data protection.",
    BLOCKER="Works against the purchase.",
    OTHER="Another role.",
)
describe(
    enums.Influence,
    "The influence of a person on the decision.",
    UNKNOWN="Not known.",
    MINOR="Little influence.",
    SIGNIFICANT="Others listen to this person.",
    DECISIVE="Without this person there is no deal.",
)
describe(
    enums.Attitude,
    "The attitude of a person towards your offer.",
    UNKNOWN="Not known.",
    HOSTILE="Works against you.",
    SCEPTICAL="Has doubts.",
    NEUTRAL="Neither for nor against you.",
    SUPPORTIVE="Likes your offer.",
    CONVINCED="Wants you and says so.",
)
describe(
    enums.Coverage,
    "How often you spoke with a person: the number of two-way activities on this opportunity.",
    NONE="Never.",
    BRIEF="Once.",
    MULTIPLE="2 to 4 times.",
    IN_DEPTH="5 times or more.",
)
describe(
    enums.BuyingStyle,
    "The main point on which a person judges an offer.",
    UNKNOWN="Not known.",
    FINANCIAL="The numbers: cost, return and budget.",
    TECHNICAL="The product: functions, quality and integration.",
    RELATIONSHIP="The people: trust and how you work together.",
    BUSINESS="The result for the business.",
)
describe(
    enums.PurchaseProcess,
    "The way the buyer decides.",
    UNKNOWN="Not known.",
    INDIVIDUAL="One person decides.",
    COMMITTEE="A group decides.",
    TENDER="A formal tender decides.",
)
describe(
    enums.RelationKind,
    "The relation of one stakeholder to another.",
    REPORTS_TO="Reports to the other.",
    INFLUENCES="Influences the other.",
    CONFLICTS_WITH="Is in conflict with the other.",
)
describe(
    enums.CompetitorKind,
    "The kind of competitor.",
    VENDOR="Another supplier.",
    INCUMBENT="The supplier that the buyer has today.",
    IN_HOUSE="The buyer's own people.",
    STATUS_QUO="Changing nothing.",
)
describe(
    enums.CompetitorStanding,
    "The position of a competitor in the race.",
    SUSPECTED="You think that they are in the race.",
    ACTIVE="They are in the race.",
    SHORTLISTED="They are on the shortlist.",
    PREFERRED="The buyer prefers them at the moment.",
    ELIMINATED="They are out of the race.",
)
describe(
    enums.RiskCategory,
    "The kind of risk that the buyer sees.",
    FINANCIAL="It may cost more than it brings.",
    PERFORMANCE="It may not do what it should.",
    IMPLEMENTATION="The introduction may fail.",
    TIME="It may take too long.",
    SOCIAL_CAREER="It may harm someone's reputation or career.",
    PSYCHOLOGICAL="The people do not feel safe with the decision.",
    SECURITY_COMPLIANCE="It may break rules of security, data protection or law.",
    VENDOR_VIABILITY="You may not exist long enough.",
    ADOPTION_CHANGE="The users may not accept it.",
    LINKED_DECISION="It depends on another decision.",
)
describe(
    enums.RiskStatus,
    "The state of a risk. SUSPECTED, CONFIRMED and MITIGATING risks are open.",
    SUSPECTED="You think that the buyer sees this risk.",
    CONFIRMED="The buyer said so.",
    MITIGATING="A mitigation is planned and not all of them are done.",
    MITIGATED="All mitigations are done.",
    ACCEPTED="A manager decided to live with it.",
    CLOSED="It no longer exists.",
)
describe(
    enums.RiskLevel,
    "The level of a risk: likelihood × impact, each 1 to 5.",
    LOW="4 or less.",
    MEDIUM="5 to 9.",
    HIGH="10 to 14.",
    CRITICAL="15 or more.",
)
describe(
    enums.RiskSettlement,
    "The way a risk is settled.",
    ACCEPTED="You live with it.",
    CLOSED="It no longer exists.",
)
describe(
    enums.MitigationKind,
    "The kind of action that reduces a risk.",
    REFERENCE="A talk with a customer who has done it.",
    PILOT="A trial.",
    GUARANTEE="A guarantee.",
    PHASED_ROLLOUT="An introduction in steps.",
    CONTRACT_TERM="A term in the contract, such as a right to cancel.",
    BUSINESS_CASE="A calculation of cost and benefit.",
    TRAINING="Training for the users.",
    OTHER="Another action.",
)
describe(
    enums.MilestoneStatus,
    "The state of a milestone.",
    PLANNED="Not done yet.",
    DONE="Done.",
    MISSED="7 days overdue. It can still be done.",
    WAIVED="Not needed in this deal, as a manager decided.",
)
describe(
    enums.MilestoneSide,
    "The side that must act to reach a milestone.",
    BUYER="The buyer. Evidence is required.",
    SELLER="You.",
    JOINT="Both sides together. Evidence is required.",
)
describe(
    enums.Momentum,
    "The movement of a deal: milestones reached in the last 30 days, compared with the activities.",
    MOVING="A milestone or a step forward, and 4 activities or more.",
    BUSY_NOT_MOVING="4 activities or more, and no milestone.",
    QUIET_BUT_MOVING="A milestone or a step forward, with fewer than 4 activities.",
    IDLE="No milestone, and fewer than 4 activities.",
)
describe(
    enums.ActivityKind,
    "The kind of activity.",
    CALL="A phone or video call.",
    MEETING="A meeting.",
    EMAIL="An e-mail.",
    DEMO="A demonstration of the product.",
    NOTE="A note to your own team.",
    OTHER="Another activity.",
)
describe(
    enums.ActivityDirection,
    "The side that started an activity.",
    INBOUND="The buyer.",
    OUTBOUND="You.",
    INTERNAL="Your own team, without the buyer.",
)
