"""Document of a sales process, as frozen values that are read from and written to plain data."""

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
    """A fact to find out about a deal, with the questions that a good seller asks."""

    key: str
    kind: CriterionKind
    label: str
    questions: tuple[str, ...] = ()
    weight: int = 1
    stale_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class FitRule:
    """A rule on the account's own data; `attribute` is a field of Account or a key of its attributes."""

    key: str
    label: str
    attribute: str
    operator: FitOperator
    value: Any  # Any: JSON, which the operator compares
    strength: Strength = Strength.HARD


@dataclass(frozen=True, slots=True)
class RequiredRole:
    """A role that someone on the buyer's side must have in every deal."""

    any_of: tuple[BuyingRole, ...]
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class MilestoneTemplate:
    """A milestone that a deal gets on entering PROGRESSING."""

    key: str
    name: str
    side: MilestoneSide = MilestoneSide.BUYER
    weight: int = 1
    due_after_days: int | None = None


@dataclass(frozen=True, slots=True)
class CriterionTest:
    """The latest assessment of a criterion has at least this grade."""

    key: str
    min_grade: Grade = Grade.VALIDATED


@dataclass(frozen=True, slots=True)
class RoleTest:
    """Enough stakeholders have one of the roles, each with enough two-way contact."""

    any_of: tuple[BuyingRole, ...]
    minimum: int = 1
    min_coverage: Coverage = Coverage.NONE


@dataclass(frozen=True, slots=True)
class RequirementTest:
    """Test of a requirement: exactly one field is set."""

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
        """Return the kind of the field that is set."""
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
    """A requirement of a gate; `when` limits it to some opportunities."""

    key: str
    label: str
    test: RequirementTest
    strength: Strength = Strength.HARD
    when: str | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """Requirements that a transition must meet, all of them."""

    trigger: Trigger
    requirements: tuple[GateRequirement, ...]


@dataclass(frozen=True, slots=True)
class AlertRule:
    """When an alert of a code opens, and with which severity; several rules of one code make a ladder."""

    code: AlertCode
    severity: AlertSeverity
    states: tuple[OpportunityState, ...]
    threshold: Decimal | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class StateSettings:
    """Forecast of the opportunities in a state, and how many days they should stay in it."""

    state: OpportunityState
    probability: Decimal
    forecast_category: ForecastCategory
    expected_days: int | None = None


@dataclass(frozen=True, slots=True)
class ProcessDocument:
    """A company's sales process."""

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
        """Return the criterion with the key, None if the process has no such criterion."""
        return next((criterion for criterion in self.criteria if criterion.key == key), None)

    def requirements_for(self, trigger: Trigger) -> tuple[GateRequirement, ...]:
        """Return the requirements of the trigger's gate; empty if the process has no gate for it."""
        return next((gate.requirements for gate in self.gates if gate.trigger is trigger), ())

    def state_settings(self, state: OpportunityState) -> StateSettings:
        """Return the settings of a state."""
        return next(settings for settings in self.states if settings.state is state)


def parse_process(
    document: Mapping[str, Any],  # Any: plain YAML or JSON, checked here
    *,
    defaults: ProcessDocument | None = None,
    at: tuple[str, ...] = (),
) -> ProcessDocument:
    """Parse a document, or list its faults. Missing states and alert rules come from `defaults`."""
    default_data = dict(encode_process(defaults)) if defaults else {}
    inherited = {
        name: default_data[name] for name in _INHERITED if name in default_data and document.get(name) is None
    }
    process = decode(ProcessDocument, {**document, **inherited}, at=at)
    faults = [*_ambiguous_tests(process, at), *_missing_states(process, at)]
    if faults:
        raise InvalidInputError(faults)
    return process


def encode_process(document: ProcessDocument) -> dict[str, Any]:
    """Return the document as canonical plain data, with every default written out."""
    data = encode(document)
    assert isinstance(data, dict)
    return data


def content_hash(document: ProcessDocument) -> str:
    """Return a hash that is equal for equal documents, in whatever format they were written."""
    # Sorted and without spaces: the same document in YAML, JSON or GraphQL must not become a new version.
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
        FieldProblem(
            (*at, "states"),
            f"The state {state} is missing. Add its probability, forecast category and expected days.",
        )
        for state in OpportunityState
        if state not in present
    ]
