"""Everything that can be done, once: the mutations of `test_every_field`, each with all that its input takes."""

from collections.abc import Mapping
from typing import Any

from tests.support.every_mutation.admin_mutations import OF_ADMINS
from tests.support.every_mutation.starting_data import SAID
from tests.support.mutation_cases.case import DOCUMENT, SOON, TOMORROW

KEY: dict[str, Any] = {"externalSystem": "crm", "attributes": {"region": "EMEA"}}
MONEY = {"amount": "1250.50", "currency": "EUR"}
STEP = {"text": "Show the pilot", "dueDate": "2099-01-01", "agreedWithBuyer": True}
ACCOUNT = {**KEY, "externalId": "a", "name": "Acme", "domain": "acme.example", "industry": "Steel", "country": "France"}
ACCOUNT |= {"employeeCount": 12, "annualRevenue": MONEY}
CONTACT = {**KEY, "externalId": "c", "name": "Maria", "email": "m@acme.example", "phone": "+33 1", "title": "COO"}
DEAL = {**KEY, "externalId": "d", "name": "Pilot", "type": "UPSELL", "description": "Two sites", "source": "Fair"}
DEAL |= {"value": MONEY, "nextStep": STEP, "collaboratorIds": ["$Member"]}
WORDS = {"influence": "DECISIVE", "attitude": "SUPPORTIVE", "buyingStyle": "FINANCIAL", "motivation": "A calm night"}
PERSON = {**WORDS, "roles": ["CHAMPION"], "isPrimary": True}
ANSWER = {"evidence": SAID, "evidenceUrl": "https://acme.example/minutes", "saidById": "$Stakeholder"}
ANSWERS = [{**ANSWER, "criterion": key, "grade": "VALIDATED"} for key in ("pain", "interest", "fit")]
FIRST = {"assessments": ANSWERS, "painSince": "2026-01-01"}
STALE = {"expectedVersion": 99}
STEPS = [{"name": "The board meets", "ownerId": "$Stakeholder", "due": "2099-01-01", "done": True}]
GOALS = [{"text": "Fewer stops", "metric": "Stops a week", "baseline": "9", "target": "2", "due": "2099-01-01"}]
BUYER: dict[str, Any] = {
    "purchaseProcess": "COMMITTEE",
    "decisionSteps": STEPS,
    "decisionDate": "2099-01-01",
    "compellingEvent": SAID,
}
BUYER |= {"motivationToChange": "They lose customers over it", "objectives": GOALS}
BUYER |= {"firstTimeBuyer": False, "priorAttemptFailed": True, "priorAttemptNote": "They built it themselves"}
RIVAL = {"name": "Globex", "standing": "ACTIVE", "strengths": "Price", "weaknesses": "Service"}
TIE = [{"kind": "REPORTS_TO", "toId": "$^Stakeholder"}]
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
WHOM = {"at": "2026-02-01T09:00:00Z", "summary": "They called", "contactIds": ["$^Contact"], "void": False}
CALL = {"kind": "CALL", "direction": "OUTBOUND", "twoWay": True, **WHOM, "externalSystem": "mail", "externalId": "1"}
del CALL["void"]
PUSH = {"expectedCloseDate": "2099-03-01", "slipReason": "BUDGET", "probability": 0.4, "forecastCategory": "COMMIT"}


def passing(*keys: str) -> dict[str, Any]:
    """An override of these requirements."""
    return {"requirementKeys": list(keys), "reason": SAID, "expiresAt": "2099-01-01T00:00:00Z"}


OWED = ("role.champion", "criterion.budget", "criterion.authority", "criterion.timeline", "risk.review")
PROGRESS: dict[str, Any] = {"value": MONEY, "expectedCloseDate": "2099-01-01", "slipReason": "OTHER", "nextStep": STEP}
PROGRESS |= {"note": SAID, "override": passing(*OWED)}
WIN = {"reason": "SPEED", "value": MONEY, "closedOn": "2026-03-02", "note": SAID, "override": passing("fit")}
LOSE = {
    "reason": "LOST_TO_COMPETITOR",
    "closedOn": None,
    "competitorId": "$Competitor",
    "note": SAID,
    "override": None,
    "dryRun": False,
}
REOPEN = {
    "to": "LEAD",
    "note": SAID,
    "expectedCloseDate": "2099-01-01",
    "slipReason": "OTHER",
    "override": None,
    "dryRun": False,
}

RULE = {
    "key": "size",
    "label": "Has people",
    "attribute": "employeeCount",
    "operator": "GT",
    "value": 1,
    "strength": "HARD",
}
TESTS = {"talk": {"activityWithinDays": 30}, "large": {"expression": "opportunity.value > 1000.0"}}
ASKED = [{"key": key, "label": key, "strength": "SOFT", "test": test, "when": "true"} for key, test in TESTS.items()]
GATES: Any = [
    {**gate, "requirements": [*gate["requirements"], *ASKED]} if gate["trigger"] == "WIN" else gate
    for gate in DOCUMENT["gates"]
]
PROCESS = {**DOCUMENT, "fitRules": [RULE], "gates": GATES}

Step = tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], str]
MUTATIONS: tuple[Step, ...] = (
    ("createAccount", ACCOUNT),
    ("createAccount", {"name": "Acme again", "domain": "acme.example"}),
    ("createAccount", {"name": " "}),
    ("createAccount", {"name": "Acme"}, "observer"),
    ("updateAccount", {"id": "$Account", **ACCOUNT, **STALE}),
    ("updateAccount", {"id": "$Account", **ACCOUNT, "industry": "Copper"}),
    ("createContact", {"accountId": "$Account", **CONTACT}),
    ("updateContact", {"id": "$Contact", **CONTACT, **STALE}),
    ("updateContact", {"id": "$Contact", **CONTACT, "title": "CEO"}),
    ("createContact", {"accountId": "$Account", "name": "Added by mistake"}),
    ("createOpportunity", LEAD),
    ("qualifyOpportunity", {"id": "$Opportunity"}),
    ("addStakeholder", {"opportunityId": "$Opportunity", "contactId": "$^Contact", "roles": []}),
    ("addStakeholder", {"opportunityId": "$Opportunity", "contactId": "$Contact", "roles": []}),
    ("removeStakeholder", {"id": "$Stakeholder", **STALE}),
    ("removeStakeholder", {"id": "$Stakeholder"}),
    ("addStakeholder", {"opportunityId": "$Opportunity", "contactId": "$Contact", "roles": []}),
    ("updateStakeholder", {"id": "$Stakeholder", "relations": TIE}),
    (
        "disqualifyOpportunity",
        {"id": "$Opportunity", "reason": "OTHER", "note": NOTE, "dryRun": True, "override": None, **STALE},
    ),
    ("disqualifyOpportunity", {"id": "$Opportunity", "reason": "OTHER", "note": NOTE}),
    ("disqualifyOpportunity", {"id": "$Opportunity", "reason": "NO_FIT"}),
    ("updateOpportunity", {"id": "$Opportunity", "name": "Closed"}),
    ("createOpportunity", LEAD),
    ("deleteOpportunity", {"id": "$Opportunity", "reason": "A test", **STALE}),
    ("deleteOpportunity", {"id": "$Opportunity", "reason": "A test"}),
    ("deleteOpportunity", {"id": "$Opportunity", "reason": "Gone"}),
    (
        "createOpportunity",
        {**LEAD, **DEAL, "ownerId": "$owner", "processKey": "whole", "expectedCloseDate": "2099-01-01"},
    ),
    ("addStakeholder", {"opportunityId": "$Opportunity", "contactId": "$^Contact", **PERSON}),
    ("updateStakeholder", {"id": "$Stakeholder", **PERSON, "left": True, **STALE}),
    ("updateStakeholder", {"id": "$Stakeholder", **PERSON, "roles": ["APPROVER"]}),
    ("updateBuyer", {"opportunityId": "$Opportunity", **BUYER, **STALE}),
    ("updateBuyer", {"opportunityId": "$Opportunity", **BUYER}),
    ("addCompetitor", {"opportunityId": "$Opportunity", "kind": "IN_HOUSE", **RIVAL}),
    ("updateCompetitor", {"id": "$Competitor", **RIVAL, **STALE}),
    ("addCompetitor", {"opportunityId": "$Opportunity", "kind": "VENDOR", **RIVAL}),
    ("removeCompetitor", {"id": "$Competitor", **STALE}),
    ("removeCompetitor", {"id": "$Competitor"}),
    ("updateOpportunity", {"id": "$Opportunity", **DEAL, "painSince": "2026-01-01", **STALE}),
    ("assessCriteria", {"opportunityId": "$Opportunity", **FIRST, **STALE}),
    ("assessCriteria", {"opportunityId": "$Opportunity", **FIRST}),
    ("qualifyOpportunity", {"id": "$Opportunity", **FIRST, "nextStep": STEP, "dryRun": True, **STALE}),
    ("qualifyOpportunity", {"id": "$Opportunity", **FIRST, "nextStep": STEP, "note": NOTE}),
    ("createOpportunity", {**LEAD, "ownerId": "$seller"}),
    ("addCompetitor", {"opportunityId": "$Opportunity", "kind": "VENDOR", **RIVAL}),
    (
        "addStakeholder",
        {"opportunityId": "$Opportunity", "contactId": "$^Contact", **PERSON, "roles": ["DECISION_MAKER"]},
    ),
    ("updateBuyer", {"opportunityId": "$Opportunity", **BUYER, "decisionSteps": [], "firstTimeBuyer": True}),
    ("qualifyOpportunity", {"id": "$Opportunity", **FIRST, "override": passing("field.next_step")}),
    ("qualifyOpportunity", {"id": "$Opportunity", "override": passing("field.next_step")}),
    ("raiseRisk", {"opportunityId": "$Opportunity", **RISK}),
    ("updateRisk", {"id": "$Risk", "confirmedByBuyer": True, **STALE}),
    (
        "updateRisk",
        {"id": "$Risk", **{name: RISK[name] for name in RISK if name != "category"}, "confirmedByBuyer": True},
    ),
    ("addMitigation", {"riskId": "$Risk", "kind": "PILOT", "action": "Show it in a week", "due": "2099-01-01"}),
    ("see", {"kind": "Risk"}),
    ("completeMitigation", {"id": "$Mitigation", "evidence": SAID, **STALE}),
    ("completeMitigation", {"id": "$Mitigation", "evidence": SAID}),
    ("settleRisk", {"id": "$Risk", "status": "CLOSED", "reason": SAID, **STALE}),
    ("settleRisk", {"id": "$Risk", "status": "ACCEPTED", "reason": SAID}),
    ("reviewRisks", {"opportunityId": "$Opportunity", "noneFound": True, "note": SAID}),
    ("progressOpportunity", {"id": "$Opportunity", **PROGRESS, **STALE}),
    ("progressOpportunity", {"id": "$Opportunity", **PROGRESS, "dryRun": True}),
    ("progressOpportunity", {"id": "$Opportunity", **PROGRESS}),
    ("see", {"kind": "Opportunity"}),
    ("addMilestone", {"opportunityId": "$Opportunity", "name": "They saw it", "weight": 1, "due": SOON[:10]}),
    ("updateMilestone", {"id": "$Milestone", "due": TOMORROW}),
    ("see", {"kind": "Opportunity"}),
    ("acknowledgeAlerts", {"ids": ["$Alert", "$Account"], "note": SAID}),
    ("snoozeAlerts", {"ids": ["$Alert"], "until": SOON, "note": SAID}),
    ("escalate", {}),
    ("see", {"kind": "Alert"}),
    ("logActivity", {"opportunityId": "$Opportunity", **CALL}),
    ("logActivity", {"opportunityId": "$Opportunity", **CALL}),
    ("correctActivity", {"id": "$Activity", "kind": "MEETING", "direction": "INBOUND", "twoWay": True, **WHOM}),
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
    ("updateMilestone", {"id": "$Milestone", "name": "Measured", "due": "2099-01-02", "weight": 6, **STALE}),
    ("completeMilestone", {"id": "$Milestone", "evidence": SAID, **STALE}),
    ("completeMilestone", {"id": "$Milestone", "evidence": SAID}),
    ("reopenMilestone", {"id": "$Milestone", "reason": SAID, **STALE}),
    ("waiveMilestone", {"id": "$Milestone", "reason": SAID, **STALE}),
    ("completeMilestone", {"id": "$^Milestone", "evidence": SAID}),
    ("updateOpportunity", {"id": "$Opportunity", **PUSH}),
    ("winOpportunity", {"id": "$Opportunity", **WIN, **STALE}),
    ("winOpportunity", {"id": "$Opportunity", **WIN, "dryRun": True}),
    ("loseOpportunity", {"id": "$Opportunity", **LOSE, **STALE}),
    ("loseOpportunity", {"id": "$Opportunity", **LOSE}),
    ("reopenOpportunity", {"id": "$Opportunity", **REOPEN, **STALE}),
    ("reopenOpportunity", {"id": "$Opportunity", **REOPEN}),
    ("regressOpportunity", {"id": "$Opportunity", "note": SAID, "dryRun": True, "override": passing("fit"), **STALE}),
    ("setExchangeRate", {"currency": "USD", "rate": "0.9", "validFrom": "2026-01-01"}),
    ("assignOpportunities", {"opportunities": [{"id": "$Opportunity", **STALE}], "ownerId": "$owner"}),
    (
        "transitionOpportunities",
        {
            "opportunities": [{"id": "$Opportunity"}],
            "trigger": "LOSE",
            "lossReason": "PRICE",
            "note": SAID,
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
        {"opportunityId": "$Opportunity", "category": "TIME", "statement": SAID, "likelihood": 1, "impact": 1},
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
        {"id": "$Opportunity", "override": passing(*(one["key"] for one in DOCUMENT["gates"][0]["requirements"]))},
    ),
    ("loseOpportunity", {"id": "$Opportunity", "reason": "PRICE"}),
    ("createOpportunity", LEAD),
    ("migrateOpportunities", {"opportunities": [{"id": "$Opportunity", **STALE}], "processKey": "ours"}),
    *OF_ADMINS,
)
