"""Every mutation as it is done, and the ways in which it is refused: a new mutation is one more row here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SAID = "The plant manager said on the phone that they lose two shifts a week to it."
PAIN, INTEREST, FIT = (
    {"criterion": key, "grade": "VALIDATED", "evidence": SAID} for key in ("pain", "interest", "fit")
)
NEXT_STEP = {"text": "Show the pilot", "dueDate": "2099-01-01"}
TAKEN = {"externalSystem": "crm", "externalId": "taken"}

Input = Mapping[str, Any]


@dataclass(frozen=True)
class Attempt:
    """What an admin may do on the stage; `$name` stands for the id that the stage gave the thing.

    `target` is the field that names what is changed, and `closed` the same on a closed deal. `refused` says for each problem
    what to change so that it is the answer, `never` which problems of its union this mutation cannot give; `facts` is how many
    events tell it.
    """

    done: Input
    target: str | None = None
    closed: str | None = None
    refused: Mapping[str, Input] = field(default_factory=dict)
    never: frozenset[str] = frozenset()
    facts: int = 1

    def input(self, problem: str) -> Input:
        """The input that is refused with the problem; who asks refuses where nothing needs to change."""
        if problem in self.refused:
            return {**self.done, **self.refused[problem]}
        if problem == "VersionConflict":
            return {**self.done, "expectedVersion": 99}
        if problem in ("RecordClosed", "IllegalTransition"):
            return {**self.done, str(self.target): self.closed}
        return self.done


def attempt(
    *, never: tuple[str, ...] = (), target: str | None = None, closed: str | None = None, facts: int = 1, **rest: Input
) -> Attempt:
    """A row of the table: `done`, and the changes that lead to each problem."""
    return Attempt(rest.pop("done"), target, closed, rest, frozenset(never), facts)


def passing(*keys: str) -> Input:
    """An override of these requirements."""
    return {"requirementKeys": list(keys), "reason": "The board wants this one and pays for it."}


TO_PROGRESS = passing(
    *("role.decision", "field.purchase_process", "risk.review", "role.champion"),
    *("criterion.budget", "criterion.authority", "criterion.timeline"),
)
TO_WIN = passing("milestone.decision_made", "milestone.terms_agreed")
WORTH = {"amount": "100.50", "currency": "EUR"}


ATTEMPTS: Mapping[str, Attempt] = {
    "createAccount": attempt(
        done={"name": "Cancity", "domain": "cancity.example"},
        InvalidInput={"name": " "},
        Duplicate={"domain": "taken.example"},
        never=("VersionConflict", "NotFound"),
    ),
    "updateAccount": attempt(
        done={"id": "$account", "name": "Cancity Ltd"},
        InvalidInput={"employeeCount": -1},
        Duplicate={"domain": "taken.example"},
    ),
    "createContact": attempt(
        done={"accountId": "$account", "name": "Maria Plant"},
        InvalidInput={"name": " "},
        Duplicate=TAKEN,
        never=("VersionConflict",),
    ),
    "updateContact": attempt(
        done={"id": "$contact", "name": "Maria Works"}, InvalidInput={"externalId": "alone"}, Duplicate=TAKEN
    ),
    "createOpportunity": attempt(
        done={"name": "GTX Pro", "accountId": "$account", "nextStep": NEXT_STEP},
        InvalidInput={"value": {"amount": "0.001", "currency": "EUR"}},
        Duplicate=TAKEN,
        never=("VersionConflict", "RecordClosed"),
    ),
    "updateOpportunity": attempt(
        target="id",
        closed="$closed",
        done={"id": "$lead", "name": "GTX Plus", "nextStep": NEXT_STEP},
        InvalidInput={"collaboratorIds": ["$nobody"]},
        Duplicate=TAKEN,
    ),
    "deleteOpportunity": attempt(
        done={"id": "$lead", "reason": "A test deal"}, InvalidInput={"reason": " "}, never=("RecordClosed",)
    ),
    "assessCriteria": attempt(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "assessments": [PAIN], "painSince": "2026-01-01"},
        InvalidInput={"assessments": [PAIN, {**FIT, "evidence": "n/a"}]},
        never=("Duplicate",),
    ),
    "qualifyOpportunity": attempt(
        facts=2,
        target="id",
        closed="$closed",
        done={"id": "$lead", "assessments": [PAIN, INTEREST, FIT], "nextStep": NEXT_STEP},
        InvalidInput={"nextStep": {"text": " "}},
        TransitionBlocked={"assessments": [PAIN]},
    ),
    "disqualifyOpportunity": attempt(
        target="id",
        closed="$closed",
        done={"id": "$lead", "reason": "NO_PAIN"},
        InvalidInput={"reason": "OTHER", "note": "short"},
        never=("TransitionBlocked",),
    ),
    "addStakeholder": attempt(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "contactId": "$contact", "roles": ["CHAMPION"], "isPrimary": True},
        InvalidInput={"motivation": "x" * 2_001},
        Duplicate={"contactId": "$known"},
        never=("VersionConflict",),
    ),
    "updateStakeholder": attempt(
        target="id",
        closed="$closedStakeholder",
        done={"id": "$stakeholder", "roles": ["CHAMPION"], "isPrimary": True},
        InvalidInput={"influence": None},
        never=("Duplicate",),
    ),
    "removeStakeholder": attempt(
        target="id", closed="$closedStakeholder", done={"id": "$stakeholder"}, InvalidInput={"id": "$quoted"}
    ),
    "progressOpportunity": attempt(
        facts=2,
        target="id",
        closed="$closed",
        done={"id": "$qualified", "value": WORTH, "expectedCloseDate": "2099-01-01", "override": TO_PROGRESS},
        InvalidInput={"value": {"amount": "-1", "currency": "EUR"}},
        TransitionBlocked={"override": passing("risk.review")},
    ),
    "winOpportunity": attempt(
        facts=2,
        target="id",
        closed="$closed",
        done={"id": "$progressing", "reason": "SPEED", "value": WORTH, "override": TO_WIN},
        InvalidInput={"closedOn": "2099-01-01"},
        TransitionBlocked={"override": None},
    ),
    "loseOpportunity": attempt(
        target="id",
        closed="$closed",
        done={"id": "$progressing", "reason": "PRICE"},
        InvalidInput={"reason": "LOST_TO_COMPETITOR"},
        never=("TransitionBlocked",),
    ),
    "regressOpportunity": attempt(
        target="id",
        closed="$closed",
        done={"id": "$progressing", "note": "They have no budget after all."},
        InvalidInput={"note": " "},
        never=("TransitionBlocked",),
    ),
    "reopenOpportunity": attempt(
        target="id",
        closed="$lead",
        done={"id": "$lost", "to": "LEAD", "note": "They called us again."},
        InvalidInput={"note": " "},
        TransitionBlocked={"to": "QUALIFIED"},
    ),
    "transitionOpportunities": attempt(
        done={"opportunities": [{"id": "$lead"}], "trigger": "DISQUALIFY", "disqualifyReason": "NO_PAIN"},
        InvalidInput={"disqualifyReason": None},
        never=("PermissionDenied",),
    ),
    "assignOpportunities": attempt(
        done={"opportunities": [{"id": "$lead"}], "ownerId": "$seller"}, InvalidInput={"opportunities": []}
    ),
    "setExchangeRate": attempt(
        done={"currency": "USD", "rate": "0.9", "validFrom": "2026-01-01"}, InvalidInput={"rate": "0"}
    ),
    "raiseRisk": attempt(
        target="opportunityId",
        closed="$closed",
        done={
            "opportunityId": "$lead",
            "category": "FINANCIAL",
            "statement": "It costs too much",
            "likelihood": 4,
            "impact": 4,
            "perceivedById": "$stakeholder",
        },
        InvalidInput={"likelihood": 6},
        never=("VersionConflict",),
    ),
    "updateRisk": attempt(
        target="id",
        closed="$closedRisk",
        done={"id": "$risk", "likelihood": 5, "impact": 5},
        InvalidInput={"impact": 0},
    ),
    "settleRisk": attempt(
        target="id",
        closed="$closedRisk",
        done={"id": "$risk", "status": "CLOSED", "reason": "They have a reference now."},
        InvalidInput={"reason": " "},
    ),
    "addMitigation": attempt(
        target="riskId",
        closed="$closedRisk",
        done={"riskId": "$risk", "kind": "REFERENCE", "action": "Let them call Globex"},
        InvalidInput={"riskId": "$settledRisk"},
        never=("VersionConflict",),
    ),
    "completeMitigation": attempt(
        target="id",
        closed="$closedMitigation",
        done={"id": "$mitigation", "evidence": SAID},
        InvalidInput={"evidence": "done"},
    ),
    "reviewRisks": attempt(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "note": "Went through them with the COO"},
        InvalidInput={"noneFound": True},
        never=("VersionConflict", "Duplicate"),
    ),
    "addMilestone": attempt(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "name": "They measured it", "weight": 20},
        InvalidInput={"weight": 21},
        never=("VersionConflict",),
    ),
    "completeMilestone": attempt(
        target="id",
        closed="$closedMilestone",
        done={"id": "$milestone", "evidence": SAID},
        InvalidInput={"evidence": None},
    ),
    "updateMilestone": attempt(
        target="id",
        closed="$closedMilestone",
        done={"id": "$milestone", "due": "2099-01-01"},
        InvalidInput={"id": "$doneMilestone"},
    ),
    "waiveMilestone": attempt(
        target="id",
        closed="$closedMilestone",
        done={"id": "$sellersMilestone", "reason": "They have done this with us before."},
        InvalidInput={"reason": "No need"},
    ),
    "reopenMilestone": attempt(
        target="id",
        closed="$closedDoneMilestone",
        done={"id": "$doneMilestone", "reason": "It did not work on their data."},
        InvalidInput={"id": "$milestone"},
    ),
    "logActivity": attempt(
        done={
            "opportunityId": "$lead",
            "kind": "CALL",
            "direction": "INBOUND",
            "twoWay": True,
            "summary": "They called",
            "contactIds": ["$known"],
            "externalSystem": "mail",
            "externalId": "1",
        },
        InvalidInput={"contactIds": []},
        Duplicate={"externalSystem": "crm", "externalId": "$leadTaken"},
    ),
    "correctActivity": attempt(
        done={"id": "$activity", "summary": "We called them"},
        InvalidInput={"at": "2099-01-01T00:00:00Z"},
        never=("Duplicate",),
    ),
}
