"""Requirements as they were found, now or then."""

import strawberry

from schema.core.nodes import backed_by, described
from schema.process.type import RequirementTestType
from workflow.rules.enums import RequirementKind, RequirementStatus, Strength
from workflow.rules.gates.requirements import Verdict


@strawberry.type(description="One requirement of a gate, and whether it holds.")
class Requirement:
    is_type_of = backed_by(Verdict)
    key: str = described("Stable inside a process, e.g. `criterion.pain`.")
    kind: RequirementKind = described("What it looks at.")
    strength: Strength = described("Who may override it.")
    label: str = described("As people read it.")
    status: RequirementStatus = described("Whether it holds.")
    explanation: str = described("Why it holds or does not, in a sentence a salesperson understands.")
    remedy: str | None = described("The mutation that would meet it, e.g. `assessCriteria`; null where it holds.")
    test: RequirementTestType = described("What exactly is asked.")
