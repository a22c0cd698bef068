"""A sales process as a client gives it: the document's parts as inputs."""

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
    """An input field that has a value where it is left out."""
    return strawberry.field(default=value, description=description)


def optional_list(description: str) -> Any:
    """An input list that is empty where it is left out."""
    return strawberry.field(default_factory=list, description=description)


@strawberry.input(description="One thing to find out about a deal.")
class CriterionInput:
    key: str = described("Stable inside the process, e.g. `pain`.")
    kind: CriterionKind = described("What it asks about; exactly one each of PAIN, INTEREST and FIT.")
    label: str = described("As people read it.")
    questions: list[str] = optional_list("What a good seller asks to find out.")
    weight: int = with_default(1, "How much it counts in the score.")
    stale_after_days: int | None = optional("After so many days an assessment is stale; left out: never.")


@strawberry.input(description="A condition on the account's own data.")
class FitRuleInput:
    key: str = described("Stable inside the process.")
    label: str = described("As people read it.")
    attribute: str = described("A field of Account or a key of its `attributes`.")
    operator: FitOperator = described("How the account's value is compared.")
    value: Json = described("What it is compared with; a list for IN.")
    strength: Strength = with_default(Strength.HARD, "HARD rules decide `fit` and `isOpportunity`.")


@strawberry.input(description="Roles of which the process asks for somebody.")
class RequiredRoleInput:
    any_of: list[BuyingRole] = described("One of these roles.")
    minimum: int = with_default(1, "So many people.")


@strawberry.input(description="A step towards the purchase that every deal is given on entering PROGRESSING.")
class MilestoneTemplateInput:
    key: str = described("Stable inside the process.")
    name: str = described("As people read it.")
    side: MilestoneSide = with_default(MilestoneSide.BUYER, "Whose step it is; BUYER and JOINT need evidence.")
    weight: int = with_default(1, "How much it counts in the progress.")
    due_after_days: int | None = optional("Counted from entering PROGRESSING; left out: no due date.")


@strawberry.input(description="The grade that a criterion must reach.")
class CriterionTestInput:
    key: str = described("A criterion of this document.")
    min_grade: Grade = with_default(Grade.VALIDATED, "The least grade that holds.")


@strawberry.input(description="The people who must be known.")
class RoleTestInput:
    any_of: list[BuyingRole] = described("One of these roles; any where empty.")
    minimum: int = with_default(1, "So many people who have not left.")
    min_coverage: Coverage = with_default(Coverage.NONE, "Each spoken with so often, both ways.")


@strawberry.input(one_of=True, description="What a requirement looks at: exactly one field.")
class RequirementTestInput:
    criterion: CriterionTestInput | None = optional("A criterion's grade.")
    fit: bool | None = optional("True: the hard fit rules on the account's data.")
    field: OpportunityField | None = optional("A field that must have a value.")
    role: RoleTestInput | None = optional("People who must be known.")
    milestone: str | None = optional("A milestone of this document that must be done or waived.")
    max_open_risk: RiskLevel | None = optional("No open risk above this level.")
    risk_reviewed: bool | None = optional("True: the buyer's risks have been reviewed.")
    activity_within_days: int | None = optional("A two-way activity within so many days.")
    expression: str | None = optional("CEL over `opportunity`, `account` and `today`; must give true.")


@strawberry.input(description="One thing that must hold on an arrow.")
class GateRequirementInput:
    key: str = described("Stable inside the process, e.g. `criterion.pain`.")
    label: str = described("As people read it.")
    strength: Strength = with_default(
        Strength.HARD, "HARD: only an admin overrides it. SOFT: a manager of the team, too."
    )
    when: str | None = optional("CEL; the requirement applies only where it is true.")
    test: RequirementTestInput = described("What it looks at.")


@strawberry.input(description="What must hold on an arrow; every requirement is evaluated.")
class GateInput:
    trigger: Trigger = described("The arrow; REOPEN has no gate of its own.")
    requirements: list[GateRequirementInput] = described("All of them.")


@strawberry.input(description="One row for each code and severity.")
class AlertRuleInput:
    code: AlertCode = described("What it warns of.")
    severity: AlertSeverity = described("How urgent it is then.")
    states: list[OpportunityState] = described("In which open states it runs.")
    threshold: float | None = optional("Days unless the code says otherwise.")
    enabled: bool = with_default(True, "Whether it runs at all.")


@strawberry.input(description="What a state means for the forecast.")
class StateSettingsInput:
    state: OpportunityState = described("The state.")
    probability: float = described("0 to 1.")
    forecast_category: ForecastCategory = described("How the forecast counts a deal there.")
    expected_days: int | None = optional("How long a deal should stay.")


@strawberry.input(
    description="A company's way of selling, whole. Take `salesProcess(key:)` of the default process as a start, and change it."
)
class SalesProcessInput:
    key: str = described("What its versions have in common; a known key makes its next version.")
    name: str = described("As people read it.")
    criteria: list[CriterionInput] = described("What is found out: one each of PAIN, INTEREST, FIT, and your own.")
    fit_rules: list[FitRuleInput] = optional_list("What the account must be.")
    required_roles: list[RequiredRoleInput] = optional_list("Who must be known.")
    milestones: list[MilestoneTemplateInput] = optional_list("The steps to the purchase.")
    gates: list[GateInput] = described("What must hold on each arrow; QUALIFY asks for pain, interest and fit.")
    alert_rules: list[AlertRuleInput] | None = optional("Left out: the default process's.")
    states: list[StateSettingsInput] | None = optional("Left out: the default process's.")


@strawberry.input(description="A document to publish as the next version of its key.")
class PublishSalesProcessInput:
    document: SalesProcessInput = described("The process, whole.")
    make_default: bool = with_default(False, "Whether new opportunities follow this key from now on.")


def document_data(value: Any) -> Any:  # Any: an input, a list of inputs, or a value of one
    """An input as the plain data that a document is read from: what was left out, and nulls, are not there."""
    if strawberry.types.has_object_definition(value):
        return {camel(name): document_data(part) for name, part in provided_fields(value).items() if part is not None}
    return [document_data(part) for part in value] if isinstance(value, list) else value
