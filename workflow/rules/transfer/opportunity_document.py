"""A deal and all that hangs on it as one document, and whether its parts agree with one another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from workflow.rules.enums import ForecastCategory, PurchaseProcess
from workflow.rules.errors import FieldProblem, InvalidInput
from workflow.rules.transfer.document_history import Frame, Override, Standing, Step, fault, leads, stands
from workflow.rules.transfer.document_parts import (
    Activity,
    Assessment,
    Competitor,
    DecisionStep,
    Milestone,
    Mitigation,
    NextStep,
    Objective,
    Relation,
    Risk,
    RiskReview,
    Stakeholder,
)


@dataclass(frozen=True, slots=True)
class Whole:
    """What a deal has beyond the row of an import; `probability` where it was set by hand, collaborators by their e-mail."""

    process: str | None = None
    description: str | None = None
    next_step: NextStep | None = None
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
    stakeholders: tuple[Stakeholder, ...] = ()
    relations: tuple[Relation, ...] = ()
    assessments: tuple[Assessment, ...] = ()
    competitors: tuple[Competitor, ...] = ()
    decision_steps: tuple[DecisionStep, ...] = ()
    objectives: tuple[Objective, ...] = ()
    risks: tuple[Risk, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    risk_reviews: tuple[RiskReview, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    activities: tuple[Activity, ...] = ()
    history: tuple[Step, ...] = ()
    standings: tuple[Standing, ...] = ()
    overrides: tuple[Override, ...] = ()


NAMES = tuple(field.name for field in fields(Whole))
"""The fields of a whole deal."""

PLACES: Final[Mapping[str, Mapping[str, str]]] = {
    "relations": {"stakeholder": "stakeholders", "to": "stakeholders"},
    "assessments": {"said_by": "stakeholders"},
    "decision_steps": {"owner": "stakeholders"},
    "risks": {"perceived_by": "stakeholders"},
    "mitigations": {"risk": "risks"},
    "history": {"lost_to": "competitors"},
    "overrides": {"transition": "history"},
}
"""Of each part, the fields that give a place in another part's list."""
MOST: Final[Mapping[str, tuple[float, float]]] = {
    "likelihood": (1, 5),
    "impact": (1, 5),
    "weight": (0, 2**15 - 1),
    "push_count": (0, 2**31 - 1),
    "seconds_in_previous_state": (0, 2**62),
    "probability": (0, 1),
}
"""The numbers that a field may be."""


def judge(whole: Whole, frame: Frame) -> None:
    """Refuse a deal whose parts do not agree, with every fault."""
    found = [
        *_numbers(whole),
        *_places(whole),
        *_twice(whole),
        *leads(whole.history, frame),
        *stands(whole.standings, frame),
    ]
    if found:
        raise InvalidInput(found)


def _numbers(whole: Whole) -> Iterator[FieldProblem]:
    for path, part in _parts(whole):
        for name, (least, most) in MOST.items():
            value = getattr(part, name, None)
            if value is not None and not least <= value <= most:
                yield fault(*path, name, message=f"is a number from {least:g} to {most:g}")


def _places(whole: Whole) -> Iterator[FieldProblem]:
    for path, part in _parts(whole):
        for name, target in PLACES.get(path[0] if path else "", {}).items():
            yield from _place(whole, (*path, name), getattr(part, name), target)
    yield from _place(whole, ("lost_to",), whole.lost_to, "competitors")


def _place(whole: Whole, path: tuple[str, ...], place: int | None, target: str) -> Iterator[FieldProblem]:
    there = len(getattr(whole, target))
    if place is not None and not 1 <= place <= there:
        yield fault(*path, message=f"is a place in `{target}`, which has {there}; the first is 1")


def _twice(whole: Whole) -> Iterator[FieldProblem]:
    """What no deal has twice."""
    keys = [step.template_key for step in whole.milestones if step.template_key is not None]
    ties = [(tie.stakeholder, tie.kind, tie.to) for tie in whole.relations]
    for name, given in (("milestones", keys), ("relations", ties), ("collaborators", list(whole.collaborators))):
        if len(set(given)) < len(given):
            yield fault(name, message="has the same twice")
    if any(tie.stakeholder == tie.to for tie in whole.relations):
        yield fault("relations", message="has somebody who stands to themselves")


def _parts(whole: Whole) -> Iterator[tuple[tuple[str, ...], Any]]:  # Any: each part has its own shape
    yield (), whole
    for name in NAMES:
        listed = getattr(whole, name)
        if isinstance(listed, tuple):
            yield from (((name, str(number)), part) for number, part in enumerate(listed))
