"""The enums of sales processes: criteria, grades, fit rules and requirements."""

from schema.core.enums.describe import describe
from workflow.rules import enums

describe(
    enums.CriterionKind,
    "The kind of criterion.",
    PAIN="The buyer has a problem that hurts.",
    INTEREST="The buyer wants to solve it now.",
    FIT="Your offer solves it for this buyer.",
    BUDGET="There is money for it.",
    AUTHORITY="You know who decides.",
    NEED="The buyer needs what you offer.",
    TIMELINE="There is a date by which the buyer wants it.",
    METRICS="The benefit can be measured in numbers.",
    ECONOMIC_BUYER="You know the person who releases the money.",
    DECISION_CRITERIA="You know the points on which the buyer compares offers.",
    DECISION_PROCESS="You know the steps to the decision.",
    PAPER_PROCESS="You know the steps from the decision to the signature.",
    CHAMPION="Someone inside the company promotes you.",
    COMPETITION="You know the alternatives.",
    CUSTOM="A criterion of your own.",
)
describe(
    enums.Grade,
    "How well a criterion is established. UNKNOWN is the lowest grade and CONFIRMED the highest.",
    UNKNOWN="Nothing is known.",
    IDENTIFIED="You think so.",
    VALIDATED="The buyer said so. Evidence is required.",
    CONFIRMED="It is documented, for example in a mail from the buyer. Evidence is required.",
    DISPROVED="It is not true for this buyer.",
)
describe(
    enums.FitOperator,
    "The comparison of a fit rule: the account's field with the rule's value.",
    EQ="Equal.",
    NE="Not equal.",
    LT="Less than.",
    LTE="Less than or equal.",
    GT="Greater than.",
    GTE="Greater than or equal.",
    IN="One of the values in a list.",
)
describe(
    enums.FitStatus,
    "The result of a fit rule.",
    PASS="The account fits.",
    FAIL="The account does not fit.",
    UNKNOWN="The account has no value in this field.",
)
describe(
    enums.RequirementKind,
    "The kind of condition of a requirement.",
    CRITERION="A criterion has reached a grade.",
    FIT="Every HARD fit rule passes for the account.",
    FIELD="A field has a value.",
    ROLE="People in certain roles are known.",
    MILESTONE="A milestone is done or waived.",
    RISK="No open risk is above a level.",
    RISK_REVIEW="The buyer's risks have been reviewed.",
    ACTIVITY="There was a two-way activity within a number of days.",
    EXPRESSION="A CEL expression gives true.",
)
describe(
    enums.Strength,
    "Who may override a requirement, always with a reason.",
    HARD="Only an admin.",
    SOFT="A manager of the team, or an admin.",
)
describe(
    enums.RequirementStatus,
    "The result of the evaluation of a requirement.",
    MET="The requirement is met.",
    UNMET="The requirement is not met.",
    OVERRIDDEN="The requirement was not met, and was passed by an override.",
)
