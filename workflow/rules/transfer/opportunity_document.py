"""A deal and all that hangs on it as one document, and whether its parts agree with one another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from workflow.rules.enums import ForecastCategory, PurchaseProcess
from workflow.rules.errors import FieldProblem, InvalidInputError
from workflow.rules.transfer.document_history import (
    ExportedOverride,
    ExportedSnapshot,
    ExportedTransition,
    ImportRowFacts,
    check_history,
    check_snapshots,
    document_fault,
)
from workflow.rules.transfer.document_parts import (
    ExportedActivity,
    ExportedAssessment,
    ExportedCompetitor,
    ExportedDecisionStep,
    ExportedMilestone,
    ExportedMitigation,
    ExportedNextStep,
    ExportedObjective,
    ExportedRelation,
    ExportedRisk,
    ExportedRiskReview,
    ExportedStakeholder,
)


@dataclass(frozen=True, slots=True)
class OpportunityDocument:
    """What a deal has beyond the row of an import; `probability` where it was set by hand, collaborators by their e-mail."""

    process: str | None = None
    description: str | None = None
    next_step: ExportedNextStep | None = None
    probability: float | None = None
    forecast_category: ForecastCategory | None = None
    latest_close_date: date | None = None
    push_count: int = 0
    pain_since: date | None = None
    purchase_process: PurchaseProcess = PurchaseProcess.UNKNOWN
    decision_date: date | None = None
    compelling_event: str | None = None
    motivation_to_change: str | None = None
    first_time_buyer: bool | None = None
    prior_attempt_failed: bool | None = None
    prior_attempt_note: str | None = None
    close_note: str | None = None
    lost_to: int | None = None
    collaborators: tuple[str, ...] = ()
    stakeholders: tuple[ExportedStakeholder, ...] = ()
    relations: tuple[ExportedRelation, ...] = ()
    assessments: tuple[ExportedAssessment, ...] = ()
    competitors: tuple[ExportedCompetitor, ...] = ()
    decision_steps: tuple[ExportedDecisionStep, ...] = ()
    objectives: tuple[ExportedObjective, ...] = ()
    risks: tuple[ExportedRisk, ...] = ()
    mitigations: tuple[ExportedMitigation, ...] = ()
    risk_reviews: tuple[ExportedRiskReview, ...] = ()
    milestones: tuple[ExportedMilestone, ...] = ()
    activities: tuple[ExportedActivity, ...] = ()
    history: tuple[ExportedTransition, ...] = ()
    standings: tuple[ExportedSnapshot, ...] = ()
    overrides: tuple[ExportedOverride, ...] = ()


DOCUMENT_FIELDS = tuple(field.name for field in fields(OpportunityDocument))
"""The fields of a whole deal."""

REFERENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "relations": {"stakeholder": "stakeholders", "to": "stakeholders"},
    "assessments": {"said_by": "stakeholders"},
    "decision_steps": {"owner": "stakeholders"},
    "risks": {"perceived_by": "stakeholders"},
    "mitigations": {"risk": "risks"},
    "history": {"lost_to": "competitors"},
    "overrides": {"transition": "history"},
}
"""Of each part, the fields that give a place in another part's list."""
NUMBER_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "likelihood": (1, 5),
    "impact": (1, 5),
    "weight": (0, 2**15 - 1),
    "push_count": (0, 2**31 - 1),
    "seconds_in_previous_state": (0, 2**62),
    "probability": (0, 1),
}
"""The numbers that a field may be."""


def validate_document(document: OpportunityDocument, row: ImportRowFacts) -> None:
    """Refuse a deal whose parts do not agree, with every fault."""
    faults = [
        *_check_numbers(document),
        *_check_references(document),
        *_check_duplicates(document),
        *check_history(document.history, row),
        *check_snapshots(document.standings, row),
    ]
    if faults:
        raise InvalidInputError(faults)


def _check_numbers(document: OpportunityDocument) -> Iterator[FieldProblem]:
    for path, part in _parts(document):
        for name, (least, most) in NUMBER_RANGES.items():
            value = getattr(part, name, None)
            if value is not None and not least <= value <= most:
                yield document_fault(*path, name, message=f"is a number from {least:g} to {most:g}")


def _check_references(document: OpportunityDocument) -> Iterator[FieldProblem]:
    for path, part in _parts(document):
        for name, target in REFERENCES.get(path[0] if path else "", {}).items():
            yield from _check_reference(document, (*path, name), getattr(part, name), target)
    yield from _check_reference(document, ("lost_to",), document.lost_to, "competitors")


def _check_reference(
    document: OpportunityDocument, path: tuple[str, ...], place: int | None, target: str
) -> Iterator[FieldProblem]:
    count = len(getattr(document, target))
    if place is not None and not 1 <= place <= count:
        yield document_fault(*path, message=f"is a place in `{target}`, which has {count}; the first is 1")


def _check_duplicates(document: OpportunityDocument) -> Iterator[FieldProblem]:
    """What no deal has twice."""
    keys = [step.template_key for step in document.milestones if step.template_key is not None]
    relations = [(tie.stakeholder, tie.kind, tie.to) for tie in document.relations]
    for name, values in (
        ("milestones", keys),
        ("relations", relations),
        ("collaborators", list(document.collaborators)),
    ):
        if len(set(values)) < len(values):
            yield document_fault(name, message="has the same twice")
    if any(tie.stakeholder == tie.to for tie in document.relations):
        yield document_fault("relations", message="has somebody who stands to themselves")


def _parts(document: OpportunityDocument) -> Iterator[tuple[tuple[str, ...], Any]]:  # Any: each part has its own shape
    yield (), document
    for name in DOCUMENT_FIELDS:
        listed = getattr(document, name)
        if isinstance(listed, tuple):
            yield from (((name, str(number)), part) for number, part in enumerate(listed))
