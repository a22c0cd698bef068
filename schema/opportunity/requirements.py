"""Requirements as they were found, now or then."""

import strawberry

from schema.core.nodes import is_row, told
from schema.process.type import RequirementTest
from workflow.rules.enums import RequirementKind, RequirementStatus, Strength
from workflow.rules.gates.requirements import Verdict


@strawberry.type(description="One requirement of a gate, and whether it holds.")
class Requirement:
    """A verdict."""

    is_type_of = is_row(Verdict)
    key: str = told("Stable inside a process, e.g. `criterion.pain`.")
    kind: RequirementKind = told("What it looks at.")
    strength: Strength = told("Who may override it.")
    label: str = told("As people read it.")
    status: RequirementStatus = told("Whether it holds.")
    explanation: str = told("Why it holds or does not, in a sentence a salesperson understands.")
    remedy: str | None = told("The mutation that would meet it, e.g. `assessCriteria`; null where it holds.")
    test: RequirementTest = told("What exactly is asked.")
