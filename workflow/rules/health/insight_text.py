"""Texts of insight: a summary for each topic and status, and a text for each missing fact."""

from collections.abc import Mapping

from workflow.rules.enums import InsightTopicName, KnowledgeStatus

MISSING_TEXTS: Mapping[str, str] = {
    "criterion": "the buyer's own words about it, as evidence",
    "painSince": "since when the buyer has had the pain",
    "requiredRoles": "the roles that every deal needs; the sales process does not name any",
    "stakeholders": "who takes part in the purchase on the buyer's side",
    "purchaseProcess": "how the buyer buys: one person, a committee or a tender",
    "decisionSteps": "the buyer's steps to a decision, and who takes each",
    "motivationToChange": "why the buyer wants to change anything",
    "objectives": "what the buyer wants to achieve",
    "objectives.metric": "how the buyer measures an objective",
    "decisionDate": "when the buyer decides",
    "compellingEvent": "the event that makes the date matter to the buyer",
    "competitors": "what the buyer compares us with; doing nothing counts too",
    "competitors.kind": "the status quo as a competitor: what speaks for doing nothing",
    "milestones": "the milestones of the sales process, which are added once the deal is in progress",
}

DOUBTFUL_INTEREST = "The pain is more than five years old, and no event makes the date matter."

_KNOWN = KnowledgeStatus.KNOWN
_PARTIAL = KnowledgeStatus.PARTIAL
_UNKNOWN = KnowledgeStatus.UNKNOWN
_STALE = KnowledgeStatus.STALE

SUMMARIES: Mapping[InsightTopicName, Mapping[KnowledgeStatus, str]] = {
    InsightTopicName.PAIN: {
        _KNOWN: "The buyer has said what hurts.",
        _PARTIAL: "We think we know what hurts; the buyer has not said so.",
        _UNKNOWN: "We do not know what hurts.",
        _STALE: "What hurt the buyer may have changed since. Ask again.",
    },
    InsightTopicName.INTEREST: {
        _KNOWN: "The buyer wants to solve it, and we know how long they have had the pain.",
        _PARTIAL: "We know that the buyer wants to solve it or how long they have had the pain, not both.",
        _UNKNOWN: "We do not know whether the buyer wants to solve it.",
        _STALE: "What the buyer wanted may have changed since. Ask again.",
    },
    InsightTopicName.FIT: {
        _KNOWN: "The buyer has said that our offer fits, and the account passes every fit rule.",
        _PARTIAL: "We know only one side of the fit: that our offer fits, or that the account's data does.",
        _UNKNOWN: "We do not know whether we fit this buyer.",
        _STALE: "The fit was assessed too long ago. Assess it again.",
    },
    InsightTopicName.DECISION_TEAM: {
        _KNOWN: "We know someone in every role that a deal needs.",
        _PARTIAL: "We know someone in some of the roles that a deal needs.",
        _UNKNOWN: "We do not know who decides and who supports us.",
    },
    InsightTopicName.BUYING_STYLE: {
        _KNOWN: "We know how each stakeholder judges an offer.",
        _PARTIAL: "We know how some of the stakeholders judge an offer.",
        _UNKNOWN: "We do not know how any stakeholder judges an offer.",
    },
    InsightTopicName.BUYING_PROCESS: {
        _KNOWN: "We know how the buyer buys, and the steps to their decision.",
        _PARTIAL: "We know how the buyer buys or a step to their decision, not both.",
        _UNKNOWN: "We do not know how the buyer buys.",
    },
    InsightTopicName.MOTIVATION: {
        _KNOWN: "We know why the buyer wants to change.",
        _PARTIAL: "We know what motivates someone there, but not why the company wants to change.",
        _UNKNOWN: "We do not know why the buyer would change anything.",
    },
    InsightTopicName.OBJECTIVES: {
        _KNOWN: "We know what the buyer wants to achieve, and how they measure it.",
        _PARTIAL: "We know what the buyer wants to achieve, but not how they measure it.",
        _UNKNOWN: "We do not know what the buyer wants to achieve.",
    },
    InsightTopicName.TIME_SCHEDULE: {
        _KNOWN: "We know when the buyer decides, and which event makes the date matter.",
        _PARTIAL: "We know when the buyer decides or which event makes the date matter, not both.",
        _UNKNOWN: "We do not know when the buyer decides, or which event makes the date matter.",
    },
    InsightTopicName.COMPETITION: {
        _KNOWN: "We know what the buyer compares us with, including doing nothing.",
        _PARTIAL: "We know competitors, but not what speaks for doing nothing.",
        _UNKNOWN: "We do not know what the buyer compares us with.",
    },
    InsightTopicName.PERCEIVED_RISK: {
        _KNOWN: "The perceived risks were reviewed, and every open risk above medium has a mitigation.",
        _PARTIAL: "We know some of the buyer's perceived risks, but the review or a mitigation is missing.",
        _UNKNOWN: "We do not know the buyer's perceived risks.",
    },
    InsightTopicName.PROGRESS: {
        _KNOWN: "The milestones are in place, and none is overdue.",
        _PARTIAL: "Some milestones are overdue or missing.",
        _UNKNOWN: "There are no milestones yet.",
    },
}
