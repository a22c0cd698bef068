"""Every mutation as it is done, and the ways in which it is refused: a new mutation is one more row."""

from collections.abc import Mapping

from tests.support.mutation_cases.case import (
    DOCUMENT,
    FIT,
    INTEREST,
    NEXT_STEP,
    PAIN,
    TAKEN,
    TO_PROGRESS,
    TO_WIN,
    WORTH,
    Attempt,
    attempt,
    passing,
)
from tests.support.mutation_cases.deal_parts import ON_PARTS
from tests.support.mutation_cases.organization import ON_PEOPLE

ATTEMPTS: Mapping[str, Attempt] = {
    **ON_PARTS,
    **ON_PEOPLE,
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
    "mergeAccounts": attempt(
        done={"keepId": "$account", "mergedId": "$lonely"},
        InvalidInput={"mergedId": "$account"},
        never=("Duplicate",),
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
    "importOpportunities": attempt(
        done={"externalSystem": "elsewhere", "rows": [{"externalId": "new", "name": "New", "accountName": "Acme"}]},
        InvalidInput={"rows": []},
    ),
    "publishSalesProcess": attempt(
        done={"document": DOCUMENT}, InvalidInput={"document": {**DOCUMENT, "criteria": []}}
    ),
    "migrateOpportunities": attempt(
        done={"opportunities": [{"id": "$lead"}], "processKey": "other"}, InvalidInput={"processKey": "unknown"}
    ),
    "setExchangeRate": attempt(
        done={"currency": "USD", "rate": "0.9", "validFrom": "2026-01-01"}, InvalidInput={"rate": "0"}
    ),
}
