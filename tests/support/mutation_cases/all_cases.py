"""Every mutation with a valid input and the inputs of each refusal; add a row for a new mutation."""

from collections.abc import Mapping

from tests.support.mutation_cases.case import (
    DOCUMENT,
    FIT,
    INTEREST,
    NEXT_STEP,
    PAIN,
    PROGRESS_OVERRIDE,
    TAKEN_EXTERNAL_ID,
    VALUE,
    WIN_OVERRIDE,
    MutationCase,
    mutation_case,
    override_of,
)
from tests.support.mutation_cases.deal_parts import DEAL_PART_CASES
from tests.support.mutation_cases.organization import ORGANIZATION_CASES

MUTATION_CASES: Mapping[str, MutationCase] = {
    **DEAL_PART_CASES,
    **ORGANIZATION_CASES,
    "createAccount": mutation_case(
        done={"name": "Cancity", "domain": "cancity.example"},
        InvalidInput={"name": " "},
        Duplicate={"domain": "taken.example"},
        impossible=("VersionConflict", "NotFound"),
    ),
    "updateAccount": mutation_case(
        done={"id": "$account", "name": "Cancity Ltd"},
        InvalidInput={"employeeCount": -1},
        Duplicate={"domain": "taken.example"},
    ),
    "mergeAccounts": mutation_case(
        done={"keepId": "$account", "mergedId": "$lonely"},
        InvalidInput={"mergedId": "$account"},
        impossible=("Duplicate",),
    ),
    "createContact": mutation_case(
        done={"accountId": "$account", "name": "Maria Plant"},
        InvalidInput={"name": " "},
        Duplicate=TAKEN_EXTERNAL_ID,
        impossible=("VersionConflict",),
    ),
    "updateContact": mutation_case(
        done={"id": "$contact", "name": "Maria Works"},
        InvalidInput={"externalId": "alone"},
        Duplicate=TAKEN_EXTERNAL_ID,
    ),
    "createOpportunity": mutation_case(
        done={"name": "GTX Pro", "accountId": "$account", "nextStep": NEXT_STEP},
        InvalidInput={"value": {"amount": "0.001", "currency": "EUR"}},
        Duplicate=TAKEN_EXTERNAL_ID,
        impossible=("VersionConflict", "RecordClosed"),
    ),
    "updateOpportunity": mutation_case(
        target="id",
        closed="$closed",
        done={"id": "$lead", "name": "GTX Plus", "nextStep": NEXT_STEP},
        InvalidInput={"collaboratorIds": ["$nobody"]},
        Duplicate=TAKEN_EXTERNAL_ID,
    ),
    "deleteOpportunity": mutation_case(
        done={"id": "$lead", "reason": "A test deal"},
        InvalidInput={"reason": " "},
        impossible=("RecordClosed",),
    ),
    "assessCriteria": mutation_case(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "assessments": [PAIN], "painSince": "2026-01-01"},
        InvalidInput={"assessments": [PAIN, {**FIT, "evidence": "n/a"}]},
        impossible=("Duplicate",),
    ),
    "qualifyOpportunity": mutation_case(
        events=2,
        target="id",
        closed="$closed",
        done={"id": "$lead", "assessments": [PAIN, INTEREST, FIT], "nextStep": NEXT_STEP},
        InvalidInput={"nextStep": {"text": " "}},
        TransitionBlocked={"assessments": [PAIN]},
    ),
    "disqualifyOpportunity": mutation_case(
        target="id",
        closed="$closed",
        done={"id": "$lead", "reason": "NO_PAIN"},
        InvalidInput={"reason": "OTHER", "note": "short"},
        impossible=("TransitionBlocked",),
    ),
    "progressOpportunity": mutation_case(
        events=2,
        target="id",
        closed="$closed",
        done={
            "id": "$qualified",
            "value": VALUE,
            "expectedCloseDate": "2099-01-01",
            "override": PROGRESS_OVERRIDE,
        },
        InvalidInput={"value": {"amount": "-1", "currency": "EUR"}},
        TransitionBlocked={"override": override_of("risk.review")},
    ),
    "winOpportunity": mutation_case(
        events=2,
        target="id",
        closed="$closed",
        done={"id": "$progressing", "reason": "SPEED", "value": VALUE, "override": WIN_OVERRIDE},
        InvalidInput={"closedOn": "2099-01-01"},
        TransitionBlocked={"override": None},
    ),
    "loseOpportunity": mutation_case(
        target="id",
        closed="$closed",
        done={"id": "$progressing", "reason": "PRICE"},
        InvalidInput={"reason": "LOST_TO_COMPETITOR"},
        impossible=("TransitionBlocked",),
    ),
    "regressOpportunity": mutation_case(
        target="id",
        closed="$closed",
        done={"id": "$progressing", "note": "They have no budget after all."},
        InvalidInput={"note": " "},
        impossible=("TransitionBlocked",),
    ),
    "reopenOpportunity": mutation_case(
        target="id",
        closed="$lead",
        done={"id": "$lost", "to": "LEAD", "note": "They called us again."},
        InvalidInput={"note": " "},
        TransitionBlocked={"to": "QUALIFIED"},
    ),
    "transitionOpportunities": mutation_case(
        done={"opportunities": [{"id": "$lead"}], "trigger": "DISQUALIFY", "disqualifyReason": "NO_PAIN"},
        InvalidInput={"disqualifyReason": None},
        impossible=("PermissionDenied",),
    ),
    "assignOpportunities": mutation_case(
        done={"opportunities": [{"id": "$lead"}], "ownerId": "$seller"}, InvalidInput={"opportunities": []}
    ),
    "importOpportunities": mutation_case(
        done={
            "externalSystem": "elsewhere",
            "rows": [{"externalId": "new", "name": "New", "accountName": "Acme"}],
        },
        InvalidInput={"rows": []},
    ),
    "publishSalesProcess": mutation_case(
        done={"document": DOCUMENT}, InvalidInput={"document": {**DOCUMENT, "criteria": []}}
    ),
    "migrateOpportunities": mutation_case(
        done={"opportunities": [{"id": "$lead"}], "processKey": "other"},
        InvalidInput={"processKey": "unknown"},
    ),
    "setExchangeRate": mutation_case(
        done={"currency": "USD", "rate": "0.9", "validFrom": "2026-01-01"}, InvalidInput={"rate": "0"}
    ),
}
