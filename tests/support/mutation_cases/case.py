"""One case of a mutation: a valid input, and the changes that lead to each refusal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from workflow.operations.process.processes import preset
from workflow.rules.process.document import encode_process

EVIDENCE = "The plant manager said on the phone that they lose two shifts a week to it."
PAIN, INTEREST, FIT = (
    {"criterion": key, "grade": "VALIDATED", "evidence": EVIDENCE} for key in ("pain", "interest", "fit")
)
NEXT_STEP = {"text": "Show the pilot", "dueDate": "2099-01-01"}
TAKEN_EXTERNAL_ID = {"externalSystem": "crm", "externalId": "taken"}

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
SOON = (datetime.now(UTC) + timedelta(days=5)).isoformat()

Input = Mapping[str, Any]


@dataclass(frozen=True)
class MutationCase:
    """A mutation that an admin may run on the fixtures; `$name` stands for the id of a fixture.

    `target` is the field with the id of the changed record, and `closed` the same on a closed deal.
    `refused` has for each problem the changes that lead to it, `never` the problems of the union that
    cannot occur, and `facts` the number of events.
    """

    valid: Input
    target: str | None = None
    closed: str | None = None
    changes: Mapping[str, Input] = field(default_factory=dict)
    impossible: frozenset[str] = frozenset()
    events: int = 1

    def input(self, problem: str) -> Input:
        """Return the input that is refused with a problem; without a change, another viewer is refused."""
        if problem in self.changes:
            return {**self.valid, **self.changes[problem]}
        if problem == "VersionConflict":
            return {**self.valid, "expectedVersion": 99}
        if problem in ("RecordClosed", "IllegalTransition"):
            return {**self.valid, str(self.target): self.closed}
        return self.valid


def mutation_case(
    *,
    impossible: tuple[str, ...] = (),
    target: str | None = None,
    closed: str | None = None,
    events: int = 1,
    **rest: Input,
) -> MutationCase:
    """Return a case: the valid input `done`, and the changes that lead to each problem."""
    return MutationCase(rest.pop("done"), target, closed, rest, frozenset(impossible), events)


def override_of(*keys: str) -> Input:
    """Return an override of these requirements."""
    return {"requirementKeys": list(keys), "reason": "The board wants this one and pays for it."}


PROGRESS_OVERRIDE = override_of(
    *("role.decision", "field.purchase_process", "risk.review", "role.champion"),
    *("criterion.budget", "criterion.authority", "criterion.timeline"),
)
WIN_OVERRIDE = override_of("milestone.decision_made", "milestone.terms_agreed")
VALUE = {"amount": "100.50", "currency": "EUR"}
DOCUMENT: Input = {**encode_process(preset("default")), "key": "ours", "name": "Our way of selling"}
