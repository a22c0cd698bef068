"""Every mutation once, with all fields of its input."""

from collections.abc import Mapping
from typing import Any

from tests.support.every_mutation.admin_mutations import ADMIN_MUTATIONS
from tests.support.every_mutation.starting_data import EVIDENCE
from tests.support.mutation_cases.case import DOCUMENT, SOON, TOMORROW

KEY: dict[str, Any] = {"externalSystem": "crm", "attributes": {"region": "EMEA"}}
MONEY = {"amount": "1250.50", "currency": "EUR"}
STEP = {"text": "Show the pilot", "dueDate": "2099-01-01", "agreedWithBuyer": True}
ACCOUNT = {
    **KEY,
    "externalId": "a",
    "name": "Acme",
    "domain": "acme.example",
    "industry": "Steel",
    "country": "France",
}
ACCOUNT |= {"employeeCount": 12, "annualRevenue": MONEY}
CONTACT = {
    **KEY,
    "externalId": "c",
    "name": "Maria",
    "email": "m@acme.example",
    "phone": "+33 1",
    "title": "COO",
}
DEAL = {
    **KEY,
    "externalId": "d",
    "name": "Pilot",
    "type": "UPSELL",
    "description": "Two sites",
    "source": "Fair",
}
DEAL |= {"value": MONEY, "nextStep": STEP, "collaboratorIds": ["$Member"]}
STAKEHOLDER_FIELDS = {
    "influence": "DECISIVE",
    "attitude": "SUPPORTIVE",
    "buyingStyle": "FINANCIAL",
    "motivation": "A calm night",
}
STAKEHOLDER = {**STAKEHOLDER_FIELDS, "roles": ["CHAMPION"], "isPrimary": True}
ASSESSMENT = {"evidence": EVIDENCE, "evidenceUrl": "https://acme.example/minutes", "saidById": "$Stakeholder"}
ASSESSMENTS = [{**ASSESSMENT, "criterion": key, "grade": "VALIDATED"} for key in ("pain", "interest", "fit")]
QUALIFICATION = {"assessments": ASSESSMENTS, "painSince": "2026-01-01"}
STALE_VERSION = {"expectedVersion": 99}
DECISION_STEPS = [{"name": "The board meets", "ownerId": "$Stakeholder", "due": "2099-01-01", "done": True}]
OBJECTIVES = [
    {"text": "Fewer stops", "metric": "Stops a week", "baseline": "9", "target": "2", "due": "2099-01-01"}
]
BUYER: dict[str, Any] = {
    "purchaseProcess": "COMMITTEE",
    "decisionSteps": DECISION_STEPS,
    "decisionDate": "2099-01-01",
    "compellingEvent": EVIDENCE,
}
BUYER |= {"motivationToChange": "They lose customers over it", "objectives": OBJECTIVES}
BUYER |= {"firstTimeBuyer": False, "priorAttemptFailed": True, "priorAttemptNote": "They built it themselves"}
COMPETITOR = {"name": "Globex", "standing": "ACTIVE", "strengths": "Price", "weaknesses": "Service"}
RELATIONS = [{"kind": "REPORTS_TO", "toId": "$^Stakeholder"}]
NOTE = "Nobody there wants to solve it."
LEAD = {"name": "Lead", "accountId": "$Account"}

RISK = {
    "category": "TIME",
    "statement": "It takes too long",
    "likelihood": 2,
    "impact": 2,
    "perceivedById": "$Stakeholder",
}
RISK |= {"ownerId": "$owner", "reviewDue": "2099-01-01"}
ACTIVITY = {
    "at": "2026-02-01T09:00:00Z",
    "summary": "They called",
    "contactIds": ["$^Contact"],
    "void": False,
}
CALL = {
    "kind": "CALL",
    "direction": "OUTBOUND",
    "twoWay": True,
    **ACTIVITY,
    "externalSystem": "mail",
    "externalId": "1",
}
del CALL["void"]
CLOSE_DATE_PUSH = {
    "expectedCloseDate": "2099-03-01",
    "slipReason": "BUDGET",
    "probability": 0.4,
    "forecastCategory": "COMMIT",
}


def override_of(*keys: str) -> dict[str, Any]:
    """Return an override of these requirements."""
    return {"requirementKeys": list(keys), "reason": EVIDENCE, "expiresAt": "2099-01-01T00:00:00Z"}


OVERRIDDEN = ("role.champion", "criterion.budget", "criterion.authority", "criterion.timeline", "risk.review")
PROGRESS: dict[str, Any] = {
    "value": MONEY,
    "expectedCloseDate": "2099-01-01",
    "slipReason": "OTHER",
    "nextStep": STEP,
}
PROGRESS |= {"note": EVIDENCE, "override": override_of(*OVERRIDDEN)}
WIN = {
    "reason": "SPEED",
    "value": MONEY,
    "closedOn": "2026-03-02",
    "note": EVIDENCE,
    "override": override_of("fit"),
}
LOSE = {
    "reason": "LOST_TO_COMPETITOR",
    "closedOn": None,
    "competitorId": "$Competitor",
    "note": EVIDENCE,
    "override": None,
    "dryRun": False,
}
REOPEN = {
    "to": "LEAD",
    "note": EVIDENCE,
    "expectedCloseDate": "2099-01-01",
    "slipReason": "OTHER",
    "override": None,
    "dryRun": False,
}

FIT_RULE = {
    "key": "size",
    "label": "Has people",
    "attribute": "employeeCount",
    "operator": "GT",
    "value": 1,
    "strength": "HARD",
}
TESTS = {"talk": {"activityWithinDays": 30}, "large": {"expression": "opportunity.value > 1000.0"}}
REQUIREMENTS = [
    {"key": key, "label": key, "strength": "SOFT", "test": test, "when": "true"}
    for key, test in TESTS.items()
]
GATES: Any = [
    {**gate, "requirements": [*gate["requirements"], *REQUIREMENTS]} if gate["trigger"] == "WIN" else gate
    for gate in DOCUMENT["gates"]
]
PROCESS = {**DOCUMENT, "fitRules": [FIT_RULE], "gates": GATES}

MutationStep = tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], str]
MUTATIONS: tuple[MutationStep, ...] = (
    ("createAccount", ACCOUNT),
    ("createAccount", {"name": "Acme again", "domain": "acme.example"}),
    ("createAccount", {"name": " "}),
    ("createAccount", {"name": "Acme"}, "observer"),
    ("updateAccount", {"id": "$Account", **ACCOUNT, **STALE_VERSION}),
    ("updateAccount", {"id": "$Account", **ACCOUNT, "industry": "Copper"}),
    ("createContact", {"accountId": "$Account", **CONTACT}),
    ("updateContact", {"id": "$Contact", **CONTACT, **STALE_VERSION}),
    ("updateContact", {"id": "$Contact", **CONTACT, "title": "CEO"}),
    ("createContact", {"accountId": "$Account", "name": "Added by mistake"}),
    ("createOpportunity", LEAD),
    ("qualifyOpportunity", {"id": "$Opportunity"}),
    ("addStakeholder", {"opportunityId": "$Opportunity", "contactId": "$^Contact", "roles": []}),
    ("addStakeholder", {"opportunityId": "$Opportunity", "contactId": "$Contact", "roles": []}),
    ("removeStakeholder", {"id": "$Stakeholder", **STALE_VERSION}),
    ("removeStakeholder", {"id": "$Stakeholder"}),
    ("addStakeholder", {"opportunityId": "$Opportunity", "contactId": "$Contact", "roles": []}),
    ("updateStakeholder", {"id": "$Stakeholder", "relations": RELATIONS}),
    (
        "disqualifyOpportunity",
        {
            "id": "$Opportunity",
            "reason": "OTHER",
            "note": NOTE,
            "dryRun": True,
            "override": None,
            **STALE_VERSION,
        },
    ),
    ("disqualifyOpportunity", {"id": "$Opportunity", "reason": "OTHER", "note": NOTE}),
    ("disqualifyOpportunity", {"id": "$Opportunity", "reason": "NO_FIT"}),
    ("updateOpportunity", {"id": "$Opportunity", "name": "Closed"}),
    ("createOpportunity", LEAD),
    ("deleteOpportunity", {"id": "$Opportunity", "reason": "A test", **STALE_VERSION}),
    ("deleteOpportunity", {"id": "$Opportunity", "reason": "A test"}),
    ("deleteOpportunity", {"id": "$Opportunity", "reason": "Gone"}),
    (
        "createOpportunity",
        {**LEAD, **DEAL, "ownerId": "$owner", "processKey": "whole", "expectedCloseDate": "2099-01-01"},
    ),
    ("addStakeholder", {"opportunityId": "$Opportunity", "contactId": "$^Contact", **STAKEHOLDER}),
    ("updateStakeholder", {"id": "$Stakeholder", **STAKEHOLDER, "left": True, **STALE_VERSION}),
    ("updateStakeholder", {"id": "$Stakeholder", **STAKEHOLDER, "roles": ["APPROVER"]}),
    ("updateBuyer", {"opportunityId": "$Opportunity", **BUYER, **STALE_VERSION}),
    ("updateBuyer", {"opportunityId": "$Opportunity", **BUYER}),
    ("addCompetitor", {"opportunityId": "$Opportunity", "kind": "IN_HOUSE", **COMPETITOR}),
    ("updateCompetitor", {"id": "$Competitor", **COMPETITOR, **STALE_VERSION}),
    ("addCompetitor", {"opportunityId": "$Opportunity", "kind": "VENDOR", **COMPETITOR}),
    ("removeCompetitor", {"id": "$Competitor", **STALE_VERSION}),
    ("removeCompetitor", {"id": "$Competitor"}),
    ("updateOpportunity", {"id": "$Opportunity", **DEAL, "painSince": "2026-01-01", **STALE_VERSION}),
    ("assessCriteria", {"opportunityId": "$Opportunity", **QUALIFICATION, **STALE_VERSION}),
    ("assessCriteria", {"opportunityId": "$Opportunity", **QUALIFICATION}),
    (
        "qualifyOpportunity",
        {"id": "$Opportunity", **QUALIFICATION, "nextStep": STEP, "dryRun": True, **STALE_VERSION},
    ),
    ("qualifyOpportunity", {"id": "$Opportunity", **QUALIFICATION, "nextStep": STEP, "note": NOTE}),
    ("createOpportunity", {**LEAD, "ownerId": "$seller"}),
    ("addCompetitor", {"opportunityId": "$Opportunity", "kind": "VENDOR", **COMPETITOR}),
    (
        "addStakeholder",
        {
            "opportunityId": "$Opportunity",
            "contactId": "$^Contact",
            **STAKEHOLDER,
            "roles": ["DECISION_MAKER"],
        },
    ),
    ("updateBuyer", {"opportunityId": "$Opportunity", **BUYER, "decisionSteps": [], "firstTimeBuyer": True}),
    (
        "qualifyOpportunity",
        {"id": "$Opportunity", **QUALIFICATION, "override": override_of("field.next_step")},
    ),
    ("qualifyOpportunity", {"id": "$Opportunity", "override": override_of("field.next_step")}),
    ("raiseRisk", {"opportunityId": "$Opportunity", **RISK}),
    ("updateRisk", {"id": "$Risk", "confirmedByBuyer": True, **STALE_VERSION}),
    (
        "updateRisk",
        {
            "id": "$Risk",
            **{name: RISK[name] for name in RISK if name != "category"},
            "confirmedByBuyer": True,
        },
    ),
    (
        "addMitigation",
        {"riskId": "$Risk", "kind": "PILOT", "action": "Show it in a week", "due": "2099-01-01"},
    ),
    ("see", {"kind": "Risk"}),
    ("completeMitigation", {"id": "$Mitigation", "evidence": EVIDENCE, **STALE_VERSION}),
    ("completeMitigation", {"id": "$Mitigation", "evidence": EVIDENCE}),
    ("settleRisk", {"id": "$Risk", "status": "CLOSED", "reason": EVIDENCE, **STALE_VERSION}),
    ("settleRisk", {"id": "$Risk", "status": "ACCEPTED", "reason": EVIDENCE}),
    ("reviewRisks", {"opportunityId": "$Opportunity", "noneFound": True, "note": EVIDENCE}),
    ("progressOpportunity", {"id": "$Opportunity", **PROGRESS, **STALE_VERSION}),
    ("progressOpportunity", {"id": "$Opportunity", **PROGRESS, "dryRun": True}),
    ("progressOpportunity", {"id": "$Opportunity", **PROGRESS}),
    ("see", {"kind": "Opportunity"}),
    ("addMilestone", {"opportunityId": "$Opportunity", "name": "They saw it", "weight": 1, "due": SOON[:10]}),
    ("updateMilestone", {"id": "$Milestone", "due": TOMORROW}),
    ("see", {"kind": "Opportunity"}),
    ("acknowledgeAlerts", {"ids": ["$Alert", "$Account"], "note": EVIDENCE}),
    ("snoozeAlerts", {"ids": ["$Alert"], "until": SOON, "note": EVIDENCE}),
    ("escalate", {}),
    ("see", {"kind": "Alert"}),
    ("logActivity", {"opportunityId": "$Opportunity", **CALL}),
    ("logActivity", {"opportunityId": "$Opportunity", **CALL}),
    (
        "correctActivity",
        {"id": "$Activity", "kind": "MEETING", "direction": "INBOUND", "twoWay": True, **ACTIVITY},
    ),
    (
        "addMilestone",
        {
            "opportunityId": "$Opportunity",
            "name": "They measured it",
            "side": "JOINT",
            "weight": 5,
            "due": "2099-01-01",
        },
    ),
    (
        "updateMilestone",
        {"id": "$Milestone", "name": "Measured", "due": "2099-01-02", "weight": 6, **STALE_VERSION},
    ),
    ("completeMilestone", {"id": "$Milestone", "evidence": EVIDENCE, **STALE_VERSION}),
    ("completeMilestone", {"id": "$Milestone", "evidence": EVIDENCE}),
    ("reopenMilestone", {"id": "$Milestone", "reason": EVIDENCE, **STALE_VERSION}),
    ("waiveMilestone", {"id": "$Milestone", "reason": EVIDENCE, **STALE_VERSION}),
    ("completeMilestone", {"id": "$^Milestone", "evidence": EVIDENCE}),
    ("updateOpportunity", {"id": "$Opportunity", **CLOSE_DATE_PUSH}),
    ("winOpportunity", {"id": "$Opportunity", **WIN, **STALE_VERSION}),
    ("winOpportunity", {"id": "$Opportunity", **WIN, "dryRun": True}),
    ("loseOpportunity", {"id": "$Opportunity", **LOSE, **STALE_VERSION}),
    ("loseOpportunity", {"id": "$Opportunity", **LOSE}),
    ("reopenOpportunity", {"id": "$Opportunity", **REOPEN, **STALE_VERSION}),
    ("reopenOpportunity", {"id": "$Opportunity", **REOPEN}),
    (
        "regressOpportunity",
        {
            "id": "$Opportunity",
            "note": EVIDENCE,
            "dryRun": True,
            "override": override_of("fit"),
            **STALE_VERSION,
        },
    ),
    ("setExchangeRate", {"currency": "USD", "rate": "0.9", "validFrom": "2026-01-01"}),
    (
        "assignOpportunities",
        {"opportunities": [{"id": "$Opportunity", **STALE_VERSION}], "ownerId": "$owner"},
    ),
    (
        "transitionOpportunities",
        {
            "opportunities": [{"id": "$Opportunity"}],
            "trigger": "LOSE",
            "lossReason": "PRICE",
            "note": EVIDENCE,
            "closedOn": "2099-01-01",
            "override": None,
            "dryRun": True,
            "to": None,
            "winReason": None,
            "disqualifyReason": None,
        },
    ),
    (
        "raiseRisk",
        {
            "opportunityId": "$Opportunity",
            "category": "TIME",
            "statement": EVIDENCE,
            "likelihood": 1,
            "impact": 1,
        },
    ),
    (
        "transitionOpportunities",
        {"opportunities": [{"id": "$Opportunity"}], "trigger": "DISQUALIFY", "disqualifyReason": "NO_FIT"},
    ),
    ("createOpportunity", LEAD),
    ("publishSalesProcess", {"document": PROCESS, "makeDefault": True}),
    ("publishSalesProcess", {"document": DOCUMENT, "makeDefault": True}),
    ("createOpportunity", {**LEAD, "ownerId": "$seller"}),
    (
        "qualifyOpportunity",
        {
            "id": "$Opportunity",
            "override": override_of(*(one["key"] for one in DOCUMENT["gates"][0]["requirements"])),
        },
    ),
    ("loseOpportunity", {"id": "$Opportunity", "reason": "PRICE"}),
    ("createOpportunity", LEAD),
    (
        "migrateOpportunities",
        {"opportunities": [{"id": "$Opportunity", **STALE_VERSION}], "processKey": "ours"},
    ),
    *ADMIN_MUTATIONS,
)
