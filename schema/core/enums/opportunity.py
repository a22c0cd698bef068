"""The enums of opportunities: states, triggers, reasons and what is known about a deal."""

from schema.core.enums.describe import describe
from workflow.rules import enums

describe(
    enums.OpportunityState,
    "The state of an opportunity. LEAD, QUALIFIED and PROGRESSING are open; WON, LOST and DISQUALIFIED are "
    "closed.",
    LEAD="A possible deal. Nobody has shown yet that it is worth working on.",
    QUALIFIED="The buyer has a pain, is interested in solving it, and your offer fits.",
    PROGRESSING="The buyer is on the way to a decision; progress is measured by milestones.",
    WON="Closed: the buyer chose you.",
    LOST="Closed: the buyer chose someone else, or chose to do nothing.",
    DISQUALIFIED="Closed: you stopped working on it.",
)
describe(
    enums.Trigger,
    "The request for a change of state. Each trigger leads from certain states to certain others.",
    QUALIFY="LEAD becomes QUALIFIED.",
    PROGRESS="QUALIFIED becomes PROGRESSING.",
    WIN="PROGRESSING becomes WON.",
    LOSE="QUALIFIED or PROGRESSING becomes LOST.",
    DISQUALIFY="An open opportunity becomes DISQUALIFIED.",
    REGRESS="Back by one state: PROGRESSING to QUALIFIED, or QUALIFIED to LEAD.",
    REOPEN="A closed opportunity opens again, if it passes the gate into the target state: LOST to LEAD, "
    "QUALIFIED or PROGRESSING; DISQUALIFIED to LEAD; WON to PROGRESSING.",
)
describe(
    enums.OpportunityType,
    "The kind of business.",
    NEW_BUSINESS="A first sale to a new customer.",
    EXISTING_BUSINESS="Another sale to a customer you have.",
    RENEWAL="The renewal of a contract.",
    UPSELL="More of what the customer has, or a better version of it.",
    CROSS_SELL="Another product for a customer you have.",
)
describe(
    enums.ForecastCategory,
    "The place of an opportunity in the forecast.",
    OMITTED="Not part of the forecast; its weighted value is 0.",
    PIPELINE="Early; it may or may not close.",
    BEST_CASE="It closes if everything goes well.",
    MOST_LIKELY="It will probably close.",
    COMMIT="You promise that it closes.",
    CLOSED="It is won.",
)
describe(
    enums.WinReason,
    "The reason why the buyer chose you.",
    CAPABILITY="Your product does what they need.",
    PRICE_VALUE="The price was right for the value.",
    RELATIONSHIP="They trust you and your people.",
    RISK_REDUCTION="You were the safest choice.",
    SPEED="You could deliver when they needed it.",
    INCUMBENCY="They know you already as a supplier.",
    OTHER="Another reason; describe it in the note.",
)
describe(
    enums.LossReason,
    "The reason why the buyer did not choose you.",
    NO_DECISION="The buyer decided nothing and stays as they are.",
    LOST_TO_COMPETITOR="The buyer chose a competitor. Name the competitor.",
    PRICE="The price was too high.",
    NO_BUDGET="The buyer has no money for it.",
    TIMING="It is the wrong time for the buyer.",
    MISSING_CAPABILITY="Your product lacks something they need.",
    NO_ACCESS_TO_DECISION_MAKER="You never reached the person who decides.",
    CHAMPION_LEFT="The person who promoted you left.",
    UNRESPONSIVE="The buyer stopped answering.",
    PERCEIVED_RISK="The buyer saw too much risk in the purchase.",
    PROJECT_CANCELLED="The buyer cancelled the project.",
    OTHER="Another reason. A note of at least 20 characters is required.",
)
describe(
    enums.DisqualifyReason,
    "The reason why you stopped working on an opportunity.",
    NO_PAIN="The buyer has no problem worth solving.",
    NO_INTEREST="The buyer does not want to solve the problem now.",
    NO_FIT="Your offer does not fit the buyer.",
    NO_BUDGET="The buyer has no money for it.",
    NO_AUTHORITY="The people you know cannot decide.",
    NO_TIMELINE="There is no date by which the buyer wants it.",
    INFORMATION_SEEKER="The buyer only collects information or offers.",
    DUPLICATE="The same deal exists as another opportunity.",
    STALLED="It has not moved for too long.",
    UNREACHABLE="Nobody on the buyer's side answers.",
    OTHER="Another reason. A note of at least 20 characters is required.",
)
describe(
    enums.SlipReason,
    "The reason why an expected close date moved to a later month.",
    WRONG_DATE="The date was wrong from the start.",
    BUYER_PROCESS="The buyer's decision process takes longer.",
    BUDGET="The money is not released yet.",
    STAKEHOLDER_CHANGE="People on the buyer's side changed.",
    COMPETITION="A competitor came in.",
    LEGAL_PROCUREMENT="Legal or procurement takes longer.",
    SELLER_CAPACITY="Your own side could not keep the date.",
    OTHER="Another reason.",
)
describe(
    enums.OpportunityField,
    "A field that a requirement or a filter can ask for.",
    VALUE="The value: more than 0.",
    EXPECTED_CLOSE_DATE="The expected close date: today or later.",
    NEXT_STEP="The next step, with a due date.",
    DESCRIPTION="The description.",
    PURCHASE_PROCESS="The way the buyer decides: not UNKNOWN.",
    DECISION_DATE="The day on which the buyer decides.",
    COMPELLING_EVENT="The event that makes the date matter to the buyer.",
    COMPETITORS="At least one competitor.",
    OBJECTIVES="At least one objective of the buyer.",
)
describe(
    enums.TransitionReadiness,
    "Whether you can make a transition now.",
    READY="All requirements are met.",
    OVERRIDABLE="Requirements are unmet, and you may override all of them.",
    BLOCKED="Requirements are unmet, and you may not override all of them.",
    FORBIDDEN="You may not make this transition at all.",
)
describe(
    enums.TransitionSource,
    "The way a transition was made.",
    API="A mutation on one opportunity.",
    BULK="A bulk mutation.",
    IMPORT="An import; no gate was evaluated.",
    SYSTEM="The server itself.",
)
describe(
    enums.InsightTopicName,
    "A topic that you should know about in every deal.",
    PAIN="The buyer's problem.",
    INTEREST="The buyer's wish to solve it, and since when they have had it.",
    FIT="The fit of your offer to the buyer.",
    DECISION_TEAM="The people in the required roles.",
    BUYING_STYLE="The main point on which each stakeholder judges an offer.",
    BUYING_PROCESS="The way the buyer decides, and the steps to the decision.",
    MOTIVATION="The reason to change at all.",
    OBJECTIVES="The results that the buyer wants, and their measures.",
    TIME_SCHEDULE="The day of the decision, and the event that makes it matter.",
    COMPETITION="The competitors, with the status quo among them.",
    PERCEIVED_RISK="The buyer's risks, reviewed and mitigated.",
    PROGRESS="The milestones, on time or not.",
)
describe(
    enums.KnowledgeStatus,
    "How much is known about a topic.",
    KNOWN="All of it.",
    PARTIAL="Some of it.",
    UNKNOWN="Nothing.",
    STALE="It was known, but so long ago that it must be asked again.",
)
describe(
    enums.HealthBand,
    "The band of a health score.",
    GREEN="Healthy: 80 points or more.",
    AMBER="In need of attention: 60 to 79 points.",
    RED="In danger: less than 60 points.",
)
describe(
    enums.OpportunityOrderField,
    "A field to sort opportunities by. Opportunities without a value come last in both directions.",
    NUMBER="The number.",
    NAME="The name, ignoring case.",
    VALUE="The value in the base currency.",
    PROBABILITY="The probability of winning.",
    EXPECTED_CLOSE_DATE="The expected close date.",
    CLOSED_ON="The day of the close.",
    STATE_SINCE="The time when it entered its state.",
    HEALTH="The health score.",
    CREATED_AT="The time when it was created.",
    UPDATED_AT="The time of the last change.",
)
describe(
    enums.ImportOutcome,
    "The outcome of one imported row.",
    CREATED="A new opportunity was created.",
    UPDATED="The existing opportunity was changed.",
    UNCHANGED="Nothing had to be changed.",
    REJECTED="The row has a fault; the problem gives the reason.",
)
