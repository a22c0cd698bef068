"""What is understood of the buyer: how they decide and by when, what moves them, and what they want to reach."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import DecisionStep, Objective
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.validation import Faults
from workflow.rules.enums import PurchaseProcess
from workflow.rules.opportunity.evidence import evidence_says_nothing
from workflow.rules.opportunity.parts import DecisionStepFacts, ObjectiveFacts

MOST_ROWS = 50
LONGEST_TEXT = 2_000


class BuyerChanges(TypedDict, total=False):
    """Fields of the buyer that a client gave; None clears, and a list replaces the whole list."""

    purchase_process: PurchaseProcess | None
    decision_steps: Sequence[DecisionStepFacts] | None
    decision_date: date | None
    compelling_event: str | None
    motivation_to_change: str | None
    objectives: Sequence[ObjectiveFacts] | None
    first_time_buyer: bool | None
    prior_attempt_failed: bool | None
    prior_attempt_note: str | None


async def update_buyer(ctx: Ctx, id: UUID, given: BuyerChanges, *, expected_version: int | None) -> UUID:
    """Change the fields that are given; where all are as they were, nothing is written."""

    async def verb(deal: Deal) -> UUID:
        fields = _checked(deal, given)
        news = {name: value for name, value in fields.items() if value != getattr(deal.facts, name)}
        if news:
            await _write(deal, news)
            before = {name: getattr(deal.facts, name) for name in news}
            deal.tell("buyer.updated", changes=changed(_told(before), _told(news)))
        return id

    return await change(ctx, id, expected_version, verb)


def _checked(deal: Deal, given: BuyerChanges) -> dict[str, object]:
    faults = Faults()
    fields = {name: _CHECKS[name](deal, faults, value) for name, value in given.items()}
    faults.raise_if_any()
    return fields


def _way(deal: Deal, faults: Faults, way: PurchaseProcess | None) -> PurchaseProcess:
    return way or PurchaseProcess.UNKNOWN


def _as_given(deal: Deal, faults: Faults, value: bool | None) -> bool | None:
    return value


def _decision_date(deal: Deal, faults: Faults, day: date | None) -> date | None:
    return faults.day(day, "decisionDate")


def _motivation(deal: Deal, faults: Faults, text: str | None) -> str | None:
    return faults.text(text, "motivationToChange", most=LONGEST_TEXT)


def _prior_attempt(deal: Deal, faults: Faults, text: str | None) -> str | None:
    return faults.text(text, "priorAttemptNote", most=LONGEST_TEXT)


def _compelling_event(deal: Deal, faults: Faults, text: str | None) -> str | None:
    """An event is held to what evidence is held to; only None clears it."""
    if text is None:
        return None
    if (empty := evidence_says_nothing(text)) is not None:
        message = f"{empty} A compelling event is what makes a date matter to the buyer; null clears it."
        faults.add("compellingEvent", message=message)
    return faults.text(text, "compellingEvent", most=LONGEST_TEXT)


def _steps(deal: Deal, faults: Faults, steps: Sequence[DecisionStepFacts] | None) -> tuple[DecisionStepFacts, ...]:
    people = {person.id for person in deal.facts.stakeholders}
    _few_enough(faults, steps or (), "decisionSteps")
    kept = []
    for place, step in enumerate((steps or ())[:MOST_ROWS]):
        path = ("decisionSteps", str(place))
        name = faults.text(step.name, *path, "name", required=True) or ""
        if step.owner_id is not None and step.owner_id not in people:
            message = "`ownerId` names a stakeholder of this opportunity. Add the person with addStakeholder first."
            faults.add(*path, "ownerId", message=message)
        kept.append(DecisionStepFacts(name, step.owner_id, faults.day(step.due, *path, "due"), step.done))
    return tuple(kept)


def _objectives(deal: Deal, faults: Faults, goals: Sequence[ObjectiveFacts] | None) -> tuple[ObjectiveFacts, ...]:
    _few_enough(faults, goals or (), "objectives")
    kept = []
    for place, goal in enumerate((goals or ())[:MOST_ROWS]):
        path = ("objectives", str(place))
        text = faults.text(goal.text, *path, "text", required=True, most=LONGEST_TEXT) or ""
        measures = {name: faults.text(getattr(goal, name), *path, name) for name in ("metric", "baseline", "target")}
        kept.append(ObjectiveFacts(text, due=faults.day(goal.due, *path, "due"), **measures))
    return tuple(kept)


def _few_enough(faults: Faults, rows: Sequence[object], name: str) -> None:
    if len(rows) > MOST_ROWS:
        faults.add(name, message=f"`{name}` holds at most {MOST_ROWS}; {len(rows)} are given. Keep those that matter.")


async def _write(deal: Deal, news: Mapping[str, Any]) -> None:  # Any: columns and lists
    """The deal's own columns, and each list anew."""
    await deal.write(**{name: value for name, value in news.items() if name not in ("decision_steps", "objectives")})
    if "decision_steps" in news:
        await DecisionStep.filter(opportunity_id=deal.id).delete()
        await DecisionStep.bulk_create(
            [DecisionStep(**_row(deal, place, step)) for place, step in enumerate(news["decision_steps"])]
        )
    if "objectives" in news:
        await Objective.filter(opportunity_id=deal.id).delete()
        await Objective.bulk_create(
            [Objective(**_row(deal, place, goal)) for place, goal in enumerate(news["objectives"])]
        )


def _row(deal: Deal, place: int, part: DecisionStepFacts | ObjectiveFacts) -> dict[str, Any]:  # Any: as above
    """A row of a list; what clients call an objective's target, its table calls its goal."""
    columns = asdict(part)
    if "target" in columns:
        columns["goal"] = columns.pop("target")
    places = {"organization_id": deal.organization_id, "opportunity_id": deal.id, "position": place}
    return {"id": new_id(), **places, **columns}


def _told(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields as an event tells them, lists whole."""
    return {
        name: [_told_row(part) for part in value] if isinstance(value, tuple) else value
        for name, value in fields.items()
    }


def _told_row(part: DecisionStepFacts | ObjectiveFacts) -> dict[str, object]:
    """A step's owner is a stakeholder, which the name says, for an owner elsewhere is a member."""
    columns = asdict(part)
    if "owner_id" in columns:
        columns["stakeholderId"] = columns.pop("owner_id")
    return columns


_CHECKS: Mapping[str, Callable[[Deal, Faults, Any], object]] = {  # Any: what the field holds
    "purchase_process": _way,
    "decision_steps": _steps,
    "decision_date": _decision_date,
    "compelling_event": _compelling_event,
    "motivation_to_change": _motivation,
    "objectives": _objectives,
    "first_time_buyer": _as_given,
    "prior_attempt_failed": _as_given,
    "prior_attempt_note": _prior_attempt,
}
"""What each field may hold, every fault told."""
