"""Cases of mutations of the parts of a deal."""

from collections.abc import Mapping

from tests.support.mutation_cases.case import EVIDENCE, MutationCase, mutation_case

DEAL_PART_CASES: Mapping[str, MutationCase] = {
    "addStakeholder": mutation_case(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "contactId": "$contact", "roles": ["CHAMPION"], "isPrimary": True},
        InvalidInput={"motivation": "x" * 2_001},
        Duplicate={"contactId": "$known"},
        impossible=("VersionConflict",),
    ),
    "updateStakeholder": mutation_case(
        target="id",
        closed="$closedStakeholder",
        done={"id": "$stakeholder", "roles": ["CHAMPION"], "isPrimary": True},
        InvalidInput={"influence": None},
        impossible=("Duplicate",),
    ),
    "removeStakeholder": mutation_case(
        target="id", closed="$closedStakeholder", done={"id": "$stakeholder"}, InvalidInput={"id": "$quoted"}
    ),
    "updateBuyer": mutation_case(
        target="opportunityId",
        closed="$closed",
        done={
            "opportunityId": "$lead",
            "purchaseProcess": "COMMITTEE",
            "compellingEvent": EVIDENCE,
            "decisionSteps": [{"name": "The board meets"}],
            "objectives": [{"text": "Two shifts more"}],
        },
        InvalidInput={"compellingEvent": "n/a"},
        impossible=("Duplicate",),
    ),
    "addCompetitor": mutation_case(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "kind": "VENDOR", "name": "Initech"},
        InvalidInput={"name": "GLOBEX"},
        impossible=("VersionConflict",),
    ),
    "updateCompetitor": mutation_case(
        target="id",
        closed="$closedCompetitor",
        done={"id": "$competitor", "standing": "SHORTLISTED"},
        InvalidInput={"name": " "},
    ),
    "removeCompetitor": mutation_case(
        target="id", closed="$closedCompetitor", done={"id": "$competitor"}, InvalidInput={"id": "$winner"}
    ),
    "raiseRisk": mutation_case(
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
        impossible=("VersionConflict",),
    ),
    "updateRisk": mutation_case(
        target="id",
        closed="$closedRisk",
        done={"id": "$risk", "likelihood": 5, "impact": 5},
        InvalidInput={"impact": 0},
    ),
    "settleRisk": mutation_case(
        target="id",
        closed="$closedRisk",
        done={"id": "$risk", "status": "CLOSED", "reason": "They have a reference now."},
        InvalidInput={"reason": " "},
    ),
    "addMitigation": mutation_case(
        target="riskId",
        closed="$closedRisk",
        done={"riskId": "$risk", "kind": "REFERENCE", "action": "Let them call Globex"},
        InvalidInput={"riskId": "$settledRisk"},
        impossible=("VersionConflict",),
    ),
    "completeMitigation": mutation_case(
        target="id",
        closed="$closedMitigation",
        done={"id": "$mitigation", "evidence": EVIDENCE},
        InvalidInput={"evidence": "done"},
    ),
    "reviewRisks": mutation_case(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "note": "Went through them with the COO"},
        InvalidInput={"noneFound": True},
        impossible=("VersionConflict", "Duplicate"),
    ),
    "addMilestone": mutation_case(
        target="opportunityId",
        closed="$closed",
        done={"opportunityId": "$lead", "name": "They measured it", "weight": 20},
        InvalidInput={"weight": 21},
        impossible=("VersionConflict",),
    ),
    "completeMilestone": mutation_case(
        target="id",
        closed="$closedMilestone",
        done={"id": "$milestone", "evidence": EVIDENCE},
        InvalidInput={"evidence": None},
    ),
    "updateMilestone": mutation_case(
        target="id",
        closed="$closedMilestone",
        done={"id": "$milestone", "due": "2099-01-01"},
        InvalidInput={"id": "$doneMilestone"},
    ),
    "waiveMilestone": mutation_case(
        target="id",
        closed="$closedMilestone",
        done={"id": "$sellersMilestone", "reason": "They have done this with us before."},
        InvalidInput={"reason": "No need"},
    ),
    "reopenMilestone": mutation_case(
        target="id",
        closed="$closedDoneMilestone",
        done={"id": "$doneMilestone", "reason": "It did not work on their data."},
        InvalidInput={"id": "$milestone"},
    ),
    "logActivity": mutation_case(
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
    "correctActivity": mutation_case(
        done={"id": "$activity", "summary": "We called them"},
        InvalidInput={"at": "2099-01-01T00:00:00Z"},
        impossible=("Duplicate",),
    ),
}
