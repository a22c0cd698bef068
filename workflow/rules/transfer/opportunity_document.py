"""An opportunity with all its parts as one document, and the checks that the parts agree with each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, Final

from workflow.rules.codec import camel
from workflow.rules.enums import ForecastCategory, PurchaseProcess
from workflow.rules.errors import FieldProblem, InvalidInputError
from workflow.rules.transfer.document_history import (
    ExportedClose,
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
    ExportedCloseDetails,
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
    """The fields of an opportunity beyond those of an import row.

    `probability` only if it was set by hand.
    """

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
    close: ExportedCloseDetails | None = None
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
    snapshots: tuple[ExportedSnapshot, ...] = ()
    overrides: tuple[ExportedOverride, ...] = ()


DOCUMENT_FIELDS = tuple(field.name for field in fields(OpportunityDocument))
"""The names of the fields of a document."""

REFERENCES: Final[Mapping[type, Mapping[str, str]]] = {
    ExportedRelation: {"stakeholder": "stakeholders", "to": "stakeholders"},
    ExportedAssessment: {"said_by": "stakeholders"},
    ExportedDecisionStep: {"owner": "stakeholders"},
    ExportedRisk: {"perceived_by": "stakeholders"},
    ExportedMitigation: {"risk": "risks"},
    ExportedClose: {"competitor": "competitors"},
    ExportedCloseDetails: {"competitor": "competitors"},
    ExportedOverride: {"transition": "history"},
}
"""The fields of each part that hold a position, and the list that the position is in."""
NUMBER_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "likelihood": (1, 5),
    "impact": (1, 5),
    "weight": (0, 2**15 - 1),
    "push_count": (0, 2**31 - 1),
    "seconds_in_previous_state": (0, 2**62),
    "probability": (0, 1),
}
"""The smallest and largest value of each numeric field."""


def validate_document(document: OpportunityDocument, row: ImportRowFacts) -> None:
    """Refuse a document whose parts do not agree; InvalidInput names every fault."""
    faults = [
        *_check_numbers(document),
        *_check_references(document),
        *_check_duplicates(document),
        *check_history(document.history, row),
        *check_snapshots(document.snapshots, row),
    ]
    if faults:
        raise InvalidInputError(faults)


def _check_numbers(document: OpportunityDocument) -> Iterator[FieldProblem]:
    for path, part in _parts((), document):
        for name, (smallest, largest) in NUMBER_RANGES.items():
            value = getattr(part, name, None)
            if value is not None and not smallest <= value <= largest:
                yield document_fault(
                    *path, name, message=f"must be a number from {smallest:g} to {largest:g}"
                )


def _check_references(document: OpportunityDocument) -> Iterator[FieldProblem]:
    for path, part in _parts((), document):
        for name, target in REFERENCES.get(type(part), {}).items():
            position = getattr(part, name)
            count = len(getattr(document, target))
            if position is not None and not 1 <= position <= count:
                message = f"must be a position in `{camel(target)}`, which has {count}; the first is 1"
                yield document_fault(*path, name, message=message)


def _check_duplicates(document: OpportunityDocument) -> Iterator[FieldProblem]:
    """Yield a fault for every list that has an entry twice, and for a stakeholder related to themselves."""
    keys = [milestone.key for milestone in document.milestones if milestone.key is not None]
    relations = [(relation.stakeholder, relation.kind, relation.to) for relation in document.relations]
    for name, values in (
        ("milestones", keys),
        ("relations", relations),
        ("collaborators", list(document.collaborators)),
    ):
        if len(set(values)) < len(values):
            yield document_fault(name, message="has the same entry twice")
    if any(relation.stakeholder == relation.to for relation in document.relations):
        yield document_fault("relations", message="relates a stakeholder to themselves")


def _parts(
    path: tuple[str, ...], part: Any
) -> Iterator[tuple[tuple[str, ...], Any]]:  # Any: any part of a document
    """Yield the part and, depth first, the parts inside it, each with its path."""
    yield path, part
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value):
            yield from _parts((*path, field.name), value)
        elif isinstance(value, tuple):
            for number, entry in enumerate(value):
                if is_dataclass(entry):
                    yield from _parts((*path, field.name, str(number)), entry)
