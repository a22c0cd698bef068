"""The enums of alerts."""

from schema.core.enums.describe import describe
from workflow.rules import enums

describe(
    enums.AlertCode,
    "The kind of alert.",
    STATE_AGE="The deal has been in its state for longer than expected. The threshold is a percentage of the "
    "expected days.",
    NO_BUYER_ACTIVITY="There was no two-way contact with the buyer for too many days.",
    STAGNATION="There is activity, but no milestone was reached for too many days.",
    NO_NEXT_STEP="There is no next step, or it is overdue or too far ahead.",
    CLOSE_DATE_OVERDUE="The expected close date is in the past.",
    CLOSE_DATE_PUSHED="The expected close date was moved to a later month too often. The threshold is a "
    "number "
    "of pushes.",
    SINGLE_THREADED="You know fewer than two people on the buyer's side.",
    ROLE_MISSING="Nobody is known in a required role.",
    CHAMPION_LEFT="The only champion left, or a decisive person is hostile.",
    MILESTONE_DUE="A milestone is due soon or overdue.",
    RISK_UNADDRESSED="A HIGH or CRITICAL risk has no mitigation.",
    RISK_NOT_REVIEWED="The buyer's risks were never reviewed.",
    EVIDENCE_STALE="The evidence for a criterion is too old.",
    INTEREST_DOUBT="The buyer has lived with the problem for years, and no event forces a decision.",
    FIT_LOST="The account no longer fits.",
    OVERRIDE_DUE="The time of an override is over, and its requirements are still not met.",
    DISQUALIFY_PROPOSED="There are good reasons to stop working on the deal. A manager decides.",
)
describe(
    enums.AlertSeverity,
    "The urgency of an alert.",
    ADVICE="Good to know.",
    WARNING="Act soon.",
    CRITICAL="Act now. If nobody acknowledges it for 3 business days, it is escalated to a manager.",
)
describe(
    enums.AlertStatus,
    "The state of an alert. All except RESOLVED are unresolved.",
    OPEN="Nobody has answered it yet.",
    ACKNOWLEDGED="Someone knows about it. It stays quiet until its severity rises.",
    SNOOZED="Someone will look at it later. It stays quiet until then, or until its severity rises.",
    RESOLVED="Its cause is gone.",
)
describe(
    enums.AlertOrderField,
    "A field to sort alerts by.",
    SEVERITY="The severity.",
    FIRST_SEEN="The time when the cause was first found.",
    LAST_SEEN="The time when the cause was last found.",
)
