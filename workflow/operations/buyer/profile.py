"""The profile of the buyer: how and by when they decide, what motivates them, and their objectives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import DecisionStep, Objective
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.validation import Validator
from workflow.rules.enums import PurchaseProcess
from workflow.rules.opportunity.evidence import evidence_fault
from workflow.rules.opportunity.parts import DecisionStepFacts, ObjectiveFacts

MAX_ROWS = 50
MAX_TEXT_LENGTH = 2_000


class BuyerChanges(TypedDict, total=False):
    """The fields of the profile that a client has set. None clears a field; a list replaces a list."""

    purchase_process: PurchaseProcess | None
    decision_steps: Sequence[DecisionStepFacts] | None
    decision_date: date | None
    compelling_event: str | None
    motivation_to_change: str | None
    objectives: Sequence[ObjectiveFacts] | None
    first_time_buyer: bool | None
    prior_attempt_failed: bool | None
    prior_attempt_note: str | None


async def update_buyer(ctx: Ctx, id: UUID, changes: BuyerChanges, *, expected_version: int | None) -> UUID:
    """Change the given fields. Write nothing if none of them differs."""

    async def verb(deal: LockedOpportunity) -> UUID:
        fields = _validate(deal, changes)
        changed_fields = {name: value for name, value in fields.items() if value != getattr(deal.facts, name)}
        if changed_fields:
            _write(deal, changed_fields)
            before = {name: getattr(deal.facts, name) for name in changed_fields}
            deal.emit("buyer.updated", changes=diff(_event_fields(before), _event_fields(changed_fields)))
        return id

    return await change(ctx, id, expected_version, verb)


def _validate(deal: LockedOpportunity, changes: BuyerChanges) -> dict[str, object]:
    validator = Validator()
    fields = {name: _VALIDATORS[name](deal, validator, value) for name, value in changes.items()}
    validator.raise_if_any()
    return fields


def _purchase_process(
    deal: LockedOpportunity, validator: Validator, value: PurchaseProcess | None
) -> PurchaseProcess:
    return value or PurchaseProcess.UNKNOWN


def _unchecked(deal: LockedOpportunity, validator: Validator, value: bool | None) -> bool | None:
    return value


def _decision_date(deal: LockedOpportunity, validator: Validator, day: date | None) -> date | None:
    return validator.day(day, "decisionDate")


def _motivation(deal: LockedOpportunity, validator: Validator, text: str | None) -> str | None:
    return validator.text(text, "motivationToChange", max_length=MAX_TEXT_LENGTH)


def _prior_attempt(deal: LockedOpportunity, validator: Validator, text: str | None) -> str | None:
    return validator.text(text, "priorAttemptNote", max_length=MAX_TEXT_LENGTH)


def _compelling_event(deal: LockedOpportunity, validator: Validator, text: str | None) -> str | None:
    """Validate a compelling event as evidence is validated, so that an empty text does not clear it."""
    if text is None:
        return None
    if (problem := evidence_fault(text)) is not None:
        message = f"{problem} A compelling event is why a date matters to the buyer. Set null to clear it."
        validator.add("compellingEvent", message=message)
    return validator.text(text, "compellingEvent", max_length=MAX_TEXT_LENGTH)


def _decision_steps(
    deal: LockedOpportunity, validator: Validator, steps: Sequence[DecisionStepFacts] | None
) -> tuple[DecisionStepFacts, ...]:
    people = {person.id for person in deal.facts.stakeholders}
    _check_count(validator, steps or (), "decisionSteps")
    validated = []
    for index, step in enumerate((steps or ())[:MAX_ROWS]):
        path = ("decisionSteps", str(index))
        name = validator.text(step.name, *path, "name", required=True) or ""
        if step.owner_id is not None and step.owner_id not in people:
            message = (
                "`ownerId` is not a stakeholder of this opportunity. Add the person as a stakeholder first."
            )
            validator.add(*path, "ownerId", message=message)
        validated.append(
            DecisionStepFacts(name, step.owner_id, validator.day(step.due, *path, "due"), step.done)
        )
    return tuple(validated)


def _objectives(
    deal: LockedOpportunity, validator: Validator, goals: Sequence[ObjectiveFacts] | None
) -> tuple[ObjectiveFacts, ...]:
    _check_count(validator, goals or (), "objectives")
    validated = []
    for index, goal in enumerate((goals or ())[:MAX_ROWS]):
        path = ("objectives", str(index))
        text = validator.text(goal.text, *path, "text", required=True, max_length=MAX_TEXT_LENGTH) or ""
        measures = {
            name: validator.text(getattr(goal, name), *path, name)
            for name in ("metric", "baseline", "target")
        }
        validated.append(ObjectiveFacts(text, due=validator.day(goal.due, *path, "due"), **measures))
    return tuple(validated)


def _check_count(validator: Validator, rows: Sequence[object], name: str) -> None:
    if len(rows) > MAX_ROWS:
        message = f"`{name}` has {len(rows)} entries; the limit is {MAX_ROWS}. Keep those that matter."
        validator.add(name, message=message)


def _write(deal: LockedOpportunity, changed_fields: Mapping[str, Any]) -> None:  # Any: columns and lists
    """Record the deal's own columns, and replace the lists that changed."""
    own_columns = {
        name: value for name, value in changed_fields.items() if name not in ("decision_steps", "objectives")
    }
    deal.write(**own_columns)
    if "decision_steps" in changed_fields:
        _replace(deal, DecisionStep, changed_fields["decision_steps"])
    if "objectives" in changed_fields:
        _replace(deal, Objective, changed_fields["objectives"])


def _replace(
    deal: LockedOpportunity,
    table: type[DecisionStep | Objective],
    parts: Sequence[DecisionStepFacts | ObjectiveFacts],
) -> None:
    """Replace a list of the profile."""
    deal.delete(table, opportunity_id=deal.id)
    for position, part in enumerate(parts):
        deal.insert(table, position=position, **_columns(part))


def _columns(part: DecisionStepFacts | ObjectiveFacts) -> dict[str, Any]:  # Any: columns of several kinds
    """Return the columns of a list's row."""
    columns = asdict(part)
    if "target" in columns:
        # The API's `target` of an objective is called `goal` in the table.
        columns["goal"] = columns.pop("target")
    return columns


def _event_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the fields as an event reports them, with complete lists."""
    return {
        name: [_event_row(part) for part in value] if isinstance(value, tuple) else value
        for name, value in fields.items()
    }


def _event_row(part: DecisionStepFacts | ObjectiveFacts) -> dict[str, object]:
    columns = asdict(part)
    if "owner_id" in columns:
        # Everywhere else in the feed `ownerId` is a member. The owner of a decision step is a stakeholder.
        columns["stakeholderId"] = columns.pop("owner_id")
    return columns


_VALIDATORS: Mapping[
    str, Callable[[LockedOpportunity, Validator, Any], object]
] = {  # Any: what the field holds
    "purchase_process": _purchase_process,
    "decision_steps": _decision_steps,
    "decision_date": _decision_date,
    "compelling_event": _compelling_event,
    "motivation_to_change": _motivation,
    "objectives": _objectives,
    "first_time_buyer": _unchecked,
    "prior_attempt_failed": _unchecked,
    "prior_attempt_note": _prior_attempt,
}
"""The validator of each field, which adds faults and returns the value to store."""
