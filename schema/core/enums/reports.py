"""The enums that group the rows of reports."""

from schema.core.enums.describe import describe
from workflow.rules import enums

describe(
    enums.PipelineGrouping,
    "The groups of the pipeline report.",
    STATE="By state.",
    OWNER="By owner.",
    TEAM="By the team of the owner.",
    ACCOUNT="By account.",
    SOURCE="By source.",
    FORECAST_CATEGORY="By forecast category.",
    CLOSE_MONTH="By the month of the expected close date.",
)
describe(
    enums.OutcomeGrouping,
    "The groups of the outcome report.",
    REASON="By the reason of the close.",
    OWNER="By owner.",
    TEAM="By the team of the owner.",
    SOURCE="By source.",
    ACCOUNT="By account.",
    COMPETITOR="By competitor: any that was on record, not only the one who won.",
    MONTH="By the month of the close.",
    STATE_AT_CLOSE="By the state before the close.",
    OVERRIDDEN="By whether a gate was ever passed with an override.",
)
describe(
    enums.OverrideGrouping,
    "The groups of the override report.",
    PROCESS="By the process whose gate was passed.",
    MEMBER="By the member who gave the override.",
)
