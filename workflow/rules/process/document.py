"""The sales process: one published document as frozen values, read from and written to plain data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from workflow.rules.codec import decode, encode
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
    RequirementKind,
    RiskLevel,
    Strength,
    Trigger,
)
from workflow.rules.errors import FieldProblem, InvalidInputError


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing to find out, with the questions a good seller asks."""

    key: str
    kind: CriterionKind
    label: str
    questions: tuple[str, ...] = ()
    weight: int = 1
    stale_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class FitRule:
    """What the account's own data must be; `attribute` is a field of Account or a key of its attributes."""

    key: str
    label: str
    attribute: str
    operator: FitOperator
    value: Any  # Any: JSON, compared as the operator says
    strength: Strength = Strength.HARD


@dataclass(frozen=True, slots=True)
class RequiredRole:
    """A part in the purchase that somebody of the buyer's must play."""

    any_of: tuple[BuyingRole, ...]
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class MilestoneTemplate:
    """A step laid out on entering PROGRESSING, due that many days later."""

    key: str
    name: str
    side: MilestoneSide = MilestoneSide.BUYER
    weight: int = 1
    due_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class CriterionTest:
    """The latest assessment of the criterion reaches the grade."""

    key: str
    min_grade: Grade = Grade.VALIDATED


@dataclass(frozen=True, slots=True)
class RoleTest:
    """Enough stakeholders hold one of the roles, and we spoke with them often enough."""

    any_of: tuple[BuyingRole, ...]
    minimum: int = 1
    min_coverage: Coverage = Coverage.NONE


@dataclass(frozen=True, slots=True)
class RequirementTest:
    """What a requirement looks at: exactly one field is set."""

    criterion: CriterionTest | None = None
    fit: bool | None = None
    field: OpportunityField | None = None
    role: RoleTest | None = None
    milestone: str | None = None
    max_open_risk: RiskLevel | None = None
    risk_reviewed: bool | None = None
    activity_within_days: int | None = None
    expression: str | None = None

    @property
    def kind(self) -> RequirementKind:
        """The kind of the one field that is set."""
        return next(kind for name, kind in KIND_OF_TEST.items() if getattr(self, name) is not None)


KIND_OF_TEST: dict[str, RequirementKind] = {
    "criterion": RequirementKind.CRITERION,
    "fit": RequirementKind.FIT,
    "field": RequirementKind.FIELD,
    "role": RequirementKind.ROLE,
    "milestone": RequirementKind.MILESTONE,
    "max_open_risk": RequirementKind.RISK,
    "risk_reviewed": RequirementKind.RISK_REVIEW,
    "activity_within_days": RequirementKind.ACTIVITY,
    "expression": RequirementKind.EXPRESSION,
}


@dataclass(frozen=True, slots=True)
class GateRequirement:
    """One line of a gate; `when` limits it to some opportunities."""

    key: str
    label: str
    test: RequirementTest
    strength: Strength = Strength.HARD
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold on an arrow, all of it."""

    trigger: Trigger
    requirements: tuple[GateRequirement, ...]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rung of an alert's ladder: a code, a severity, a threshold."""

    code: AlertCode
    severity: AlertSeverity
    states: tuple[OpportunityState, ...]
    threshold: Decimal | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class StateSettings:
    """What a state means for the forecast, and how many days it should last."""

    state: OpportunityState
    probability: Decimal
    forecast_category: ForecastCategory
    expected_days: int | None = None


@dataclass(frozen=True, slots=True)
class ProcessDocument:
    """A company's way of selling, whole."""

    key: str
    name: str
    criteria: tuple[Criterion, ...]
    gates: tuple[Gate, ...]
    alert_rules: tuple[AlertRule, ...]
    states: tuple[StateSettings, ...]
    fit_rules: tuple[FitRule, ...] = ()
    required_roles: tuple[RequiredRole, ...] = ()
    milestones: tuple[MilestoneTemplate, ...] = ()

    def criterion(self, key: str) -> Criterion | None:
        """The criterion of that key, None where the process asks no such thing."""
        return next((criterion for criterion in self.criteria if criterion.key == key), None)

    def requirements_for(self, trigger: Trigger) -> tuple[GateRequirement, ...]:
        """What must hold on the arrow; nothing where the process names no gate for it."""
        return next((gate.requirements for gate in self.gates if gate.trigger is trigger), ())

    def state_settings(self, state: OpportunityState) -> StateSettings:
        """What the state means for the forecast."""
        return next(settings for settings in self.states if settings.state is state)


def parse_process(
    document: Mapping[str, Any],  # Any: plain YAML or JSON, judged here
    *,
    defaults: ProcessDocument | None = None,
    at: tuple[str, ...] = (),
) -> ProcessDocument:
    """The document as values; states and alert rules left out are those of `defaults`; InvalidInput tells all."""
    default_data = dict(encode_process(defaults)) if defaults else {}
    inherited = {name: default_data[name] for name in _INHERITED if name in default_data and document.get(name) is None}
    process = decode(ProcessDocument, {**document, **inherited}, at=at)
    faults = [*_ambiguous_tests(process, at), *_missing_states(process, at)]
    if faults:
        raise InvalidInputError(faults)
    return process


def encode_process(document: ProcessDocument) -> dict[str, Any]:
    """The document as canonical plain data, every default written out."""
    data = encode(document)
    assert isinstance(data, dict)
    return data


def content_hash(document: ProcessDocument) -> str:
    """The same hash for the same document, however it was written down."""
    text = json.dumps(encode_process(document), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


_INHERITED = ("states", "alertRules")


def _ambiguous_tests(process: ProcessDocument, at: tuple[str, ...]) -> list[FieldProblem]:
    return [
        FieldProblem(
            path=(*at, "gates", str(g), "requirements", str(r), "test"),
            message=f"{requirement.key} must test exactly one thing.",
        )
        for g, gate in enumerate(process.gates)
        for r, requirement in enumerate(gate.requirements)
        if sum(getattr(requirement.test, name) is not None for name in KIND_OF_TEST) != 1
    ]


def _missing_states(process: ProcessDocument, at: tuple[str, ...]) -> list[FieldProblem]:
    present = {settings.state for settings in process.states}
    return [
        FieldProblem((*at, "states"), f"Say what {state} means: probability, forecast category and expected days.")
        for state in OpportunityState
        if state not in present
    ]
