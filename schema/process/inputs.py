"""The inputs of a sales process document."""

from typing import Any

import strawberry

from schema.core.inputs import optional, provided_fields
from schema.core.nodes import described
from schema.core.scalars import Json
from workflow.rules.codec import camel
from workflow.rules.enums import (
    AlertCode,
    AlertSeverity,
    BuyingRole,
    Coverage,
    CriterionKind,
    FitOperator,
    ForecastCategory,
    Grade,
    MilestoneSide,
    OpportunityField,
    OpportunityState,
    RiskLevel,
    Strength,
    Trigger,
)


def with_default(value: Any, description: str) -> Any:
    """Declare an input field with a default."""
    return strawberry.field(default=value, description=description)


def optional_list(description: str) -> Any:
    """Declare an input list that is empty by default."""
    return strawberry.field(default_factory=list, description=description)


@strawberry.input(description="A criterion: something to find out about each opportunity.")
class CriterionInput:
    key: str = described("The key of the criterion in the process, such as `pain`. At most 64 characters.")
    kind: CriterionKind = described(
        "The kind of criterion. A process has exactly one each of PAIN, INTEREST and FIT."
    )
    label: str = described("The name that people see.")
    questions: list[str] = optional_list("The questions that a good salesperson asks to find out.")
    weight: int = with_default(1, "The weight in the qualification score, 0 to 1000.")
    stale_after_days: int | None = optional("The days after which an assessment is stale. Left out: never.")


@strawberry.input(description="A condition on the account's own data.")
class FitRuleInput:
    key: str = described("The key of the rule in the process.")
    label: str = described("The name that people see.")
    attribute: str = described("The field of the account, or the key of one of its `attributes`.")
    operator: FitOperator = described("The comparison.")
    value: Json = described("The value to compare with. A list for IN.")
    strength: Strength = with_default(
        Strength.HARD, "The strength. Only HARD rules decide about `fit` and `isOpportunity`."
    )


@strawberry.input(description="A role that every opportunity needs.")
class RequiredRoleInput:
    any_of: list[BuyingRole] = described("The roles that count: one of them is enough.")
    minimum: int = with_default(1, "The number of people required, 1 to 100.")


@strawberry.input(description="A milestone that every opportunity gets when it enters PROGRESSING.")
class MilestoneTemplateInput:
    key: str = described("The key of the milestone in the process. At most 64 characters.")
    name: str = described("The name that people see.")
    side: MilestoneSide = with_default(
        MilestoneSide.BUYER, "The side that must act. BUYER and JOINT milestones require evidence."
    )
    weight: int = with_default(1, "The weight in the progress, 0 to 1000.")
    due_after_days: int | None = optional(
        "The days from entering PROGRESSING to the due date. Left out: no due date."
    )


@strawberry.input(description="The grade that a criterion must reach.")
class CriterionTestInput:
    key: str = described("The key of a criterion of this document.")
    min_grade: Grade = with_default(Grade.VALIDATED, "The lowest grade that meets the requirement.")


@strawberry.input(description="The people who must be known.")
class RoleTestInput:
    any_of: list[BuyingRole] = described("The roles that count: one of them is enough. Empty: any role.")
    minimum: int = with_default(1, "The number of people required who have not left, 1 to 100.")
    min_coverage: Coverage = with_default(Coverage.NONE, "The lowest coverage that counts.")


@strawberry.input(one_of=True, description="The condition of a requirement. Exactly one field is set.")
class RequirementTestInput:
    criterion: CriterionTestInput | None = optional("A criterion has reached a grade.")
    fit: bool | None = optional("True: every HARD fit rule passes for the account.")
    field: OpportunityField | None = optional("This field has a value.")
    role: RoleTestInput | None = optional("People with these roles are known.")
    milestone: str | None = optional("The milestone with this key is done or waived.")
    max_open_risk: RiskLevel | None = optional("No open risk is above this level.")
    risk_reviewed: bool | None = optional("True: the buyer's risks have been reviewed.")
    activity_within_days: int | None = optional("There was a two-way activity within this number of days.")
    expression: str | None = optional(
        "This CEL expression over `opportunity`, `account` and `today` gives true."
    )


@strawberry.input(description="One requirement of a gate.")
class GateRequirementInput:
    key: str = described("The key of the requirement in the process, such as `criterion.pain`.")
    label: str = described("The name that people see.")
    strength: Strength = with_default(
        Strength.HARD,
        "The strength. HARD: only an admin may override it. SOFT: a manager of the team may, too.",
    )
    when: str | None = optional(
        "A CEL expression. The requirement applies only to opportunities for which it gives true. Left out: "
        "to all."
    )
    test: RequirementTestInput = described("The condition.")


@strawberry.input(description="The gate of one trigger: all of its requirements are evaluated.")
class GateInput:
    trigger: Trigger = described("The trigger. REOPEN has no gate of its own.")
    requirements: list[GateRequirementInput] = described("The requirements.")


@strawberry.input(
    description="An alert rule. The rules with the same code form a ladder, one for each severity."
)
class AlertRuleInput:
    code: AlertCode = described("The kind of alert.")
    severity: AlertSeverity = described("The severity of the alert.")
    states: list[OpportunityState] = described("The open states in which the rule is evaluated.")
    threshold: float | None = optional("The threshold, in days unless the code counts something else.")
    enabled: bool = with_default(True, "False switches the rule off.")


@strawberry.input(description="The settings of one state.")
class StateSettingsInput:
    state: OpportunityState = described("The state.")
    probability: float = described("The probability of winning, 0 to 1.")
    forecast_category: ForecastCategory = described("The forecast category.")
    expected_days: int | None = optional("The days that an opportunity normally stays in the state.")


@strawberry.input(
    description="A complete sales process. Start from the `document` of your default process and change it."
)
class SalesProcessInput:
    key: str = described(
        "The key that all versions of the process share. An existing key publishes its next version."
    )
    name: str = described("The name that people see.")
    criteria: list[CriterionInput] = described(
        "The criteria: exactly one each of PAIN, INTEREST and FIT, and any others."
    )
    fit_rules: list[FitRuleInput] = optional_list("The conditions on the account.")
    required_roles: list[RequiredRoleInput] = optional_list("The roles that every opportunity needs.")
    milestones: list[MilestoneTemplateInput] = optional_list("The milestones that every opportunity gets.")
    gates: list[GateInput] = described("The gates. QUALIFY must require pain, interest and fit.")
    alert_rules: list[AlertRuleInput] | None = optional(
        "The alert rules. Left out: those of the `default` preset."
    )
    states: list[StateSettingsInput] | None = optional(
        "The settings of the states. Left out: those of the `default` preset."
    )


@strawberry.input(description="A document to publish.")
class PublishSalesProcessInput:
    document: SalesProcessInput = described("The complete document.")
    make_default: bool = with_default(False, "True makes this key the default for new opportunities.")


def document_data(value: Any) -> Any:  # Any: an input, a list of inputs, or a value of one
    """Return an input as plain data to parse, without the fields that are null or left out."""
    if strawberry.types.has_object_definition(value):
        return {
            camel(name): document_data(part)
            for name, part in provided_fields(value).items()
            if part is not None
        }
    return [document_data(part) for part in value] if isinstance(value, list) else value
