"""What insight says: of each topic by how much is known, and of each fact that is missing."""

from collections.abc import Mapping

from workflow.rules.enums import InsightTopicName, KnowledgeStatus

MISSING_TEXTS: Mapping[str, str] = {
    "criterion": "the buyer's own word for it, with evidence",
    "painSince": "since when the buyer has lived with the pain",
    "requiredRoles": "the roles that every deal needs; the sales process names none",
    "stakeholders": "who of the buyer's takes part in the purchase",
    "purchaseProcess": "how the buyer buys: one person, a committee or a tender",
    "decisionSteps": "the buyer's steps to a decision, and whose they are",
    "motivationToChange": "why the buyer wants to change anything at all",
    "objectives": "what the buyer wants to reach",
    "objectives.metric": "what the buyer measures an objective by",
    "decisionDate": "the day on which the buyer decides",
    "compellingEvent": "the event that makes a date matter to the buyer",
    "competitors": "what the buyer compares us with; doing nothing counts too",
    "competitors.kind": "what speaks for doing nothing: a competitor of the kind STATUS_QUO",
    "milestones": "the steps towards the purchase, laid out on entering PROGRESSING",
}

_KNOWN, _PARTIAL = KnowledgeStatus.KNOWN, KnowledgeStatus.PARTIAL
_UNKNOWN, _STALE = KnowledgeStatus.UNKNOWN, KnowledgeStatus.STALE

SUMMARIES: Mapping[InsightTopicName, Mapping[KnowledgeStatus, str]] = {
    InsightTopicName.PAIN: {
        _KNOWN: "The buyer told us what hurts.",
        _PARTIAL: "We think we know what hurts; the buyer has not said so.",
        _UNKNOWN: "We do not know what hurts.",
        _STALE: "What hurt the buyer then may hurt no more: ask again.",
    },
    InsightTopicName.INTEREST: {
        _KNOWN: "The buyer wants to solve it, and we know how long they have lived with it.",
        _PARTIAL: "We know either that the buyer wants to solve it or how long they have lived with it, not both.",
        _UNKNOWN: "We do not know whether the buyer wants to solve it.",
        _STALE: "What the buyer wanted then they may want no more: ask again.",
    },
    InsightTopicName.FIT: {
        _KNOWN: "We can solve it well, and the account is one that we serve well.",
        _PARTIAL: "Only one side of the fit is sure: what we offer, or what the account's data say.",
        _UNKNOWN: "We do not know whether we fit this buyer.",
        _STALE: "Our fit was looked at too long ago: look again.",
    },
    InsightTopicName.DECISION_TEAM: {
        _KNOWN: "Every role that a deal needs is filled.",
        _PARTIAL: "Some of the roles that a deal needs are filled.",
        _UNKNOWN: "We do not know who decides and who helps us there.",
    },
    InsightTopicName.BUYING_STYLE: {
        _KNOWN: "We know what everybody who takes part judges an offer by.",
        _PARTIAL: "We know what some who take part judge an offer by.",
        _UNKNOWN: "We do not know what anybody there judges an offer by.",
    },
    InsightTopicName.BUYING_PROCESS: {
        _KNOWN: "We know how the buyer buys, and the steps to their decision.",
        _PARTIAL: "We know either how the buyer buys or a step to their decision, not both.",
        _UNKNOWN: "We do not know how the buyer buys.",
    },
    InsightTopicName.MOTIVATION: {
        _KNOWN: "We know why the buyer wants to change.",
        _PARTIAL: "We know what moves somebody there, but not why the company wants to change.",
        _UNKNOWN: "We do not know why the buyer would change anything.",
    },
    InsightTopicName.OBJECTIVES: {
        _KNOWN: "We know what the buyer wants to reach, and what they measure it by.",
        _PARTIAL: "We know what the buyer wants to reach, but not what they measure it by.",
        _UNKNOWN: "We do not know what the buyer wants to reach.",
    },
    InsightTopicName.TIME_SCHEDULE: {
        _KNOWN: "We know when the buyer decides, and why not later.",
        _PARTIAL: "We know either when the buyer decides or why not later, not both.",
        _UNKNOWN: "We do not know when the buyer decides.",
    },
    InsightTopicName.COMPETITION: {
        _KNOWN: "We know what we are compared with, doing nothing among it.",
        _PARTIAL: "We know whom we are compared with; nobody has weighed doing nothing.",
        _UNKNOWN: "We do not know what we are compared with.",
    },
    InsightTopicName.PERCEIVED_RISK: {
        _KNOWN: "The buyer's fears were gone through, and something is planned against every great one.",
        _PARTIAL: "Some of the buyer's fears are known; they were not all gone through, or a great one stands alone.",
        _UNKNOWN: "We do not know what the buyer fears.",
    },
    InsightTopicName.PROGRESS: {
        _KNOWN: "The steps towards the purchase are laid out, and none is overdue.",
        _PARTIAL: "The steps towards the purchase are overdue, or not all laid out.",
        _UNKNOWN: "No step towards the purchase is laid out.",
    },
}
