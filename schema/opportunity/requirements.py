"""A requirement of a gate, with the result of its evaluation."""

import strawberry

from schema.core.nodes import backed_by, described
from schema.process.type import RequirementTestType
from workflow.rules.enums import RequirementKind, RequirementStatus, Strength
from workflow.rules.gates.requirements import Verdict


@strawberry.type(description="One requirement of a gate, and whether it is met.")
class Requirement:
    is_type_of = backed_by(Verdict)
    key: str = described("The key of the requirement in its process, such as `criterion.pain`.")
    kind: RequirementKind = described("The kind of condition.")
    strength: Strength = described("The strength: who may override the requirement.")
    label: str = described("The name of the requirement that people see.")
    status: RequirementStatus = described("The result of the evaluation.")
    explanation: str = described("The reason why it is met or not, in one sentence.")
    remedy: str | None = described(
        "The mutation that would meet it, such as `assessCriteria`. Null if it is met."
    )
    test: RequirementTestType = described("The condition in full.")
