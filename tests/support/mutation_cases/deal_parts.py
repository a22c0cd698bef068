"""Mutations of what hangs on a deal, as they are done and refused."""

from collections.abc import Mapping

from tests.support.mutation_cases.case import SAID, Attempt, attempt

ON_PARTS: Mapping[str, Attempt] = {
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
    "updateBuyer": attempt(
        target="opportunityId",
        closed="$closed",
        done={
            "opportunityId": "$lead",
            "purchaseProcess": "COMMITTEE",
            "compellingEvent": SAID,
            "decisionSteps": [{"name": "The board meets"}],
            "objectives": [{"text": "Two shifts more"}],
        },
        InvalidInput={"compellingEvent": "n/a"},
        never=("Duplicate",),
    ),
    "addCompetitor": attempt(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "kind": "VENDOR", "name": "Initech"},
        InvalidInput={"name": "GLOBEX"},
        never=("VersionConflict",),
    ),
    "updateCompetitor": attempt(
        target="id",
        closed="$closedCompetitor",
        done={"id": "$competitor", "standing": "SHORTLISTED"},
        InvalidInput={"name": " "},
    ),
    "removeCompetitor": attempt(
        target="id", closed="$closedCompetitor", done={"id": "$competitor"}, InvalidInput={"id": "$winner"}
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
