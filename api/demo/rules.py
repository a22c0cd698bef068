"""The demo's sales process: the default one with a fit rule, and with milder alert rules."""

from dataclasses import replace
from decimal import Decimal

from workflow.operations.process.processes import preset
from workflow.rules.enums import AlertCode, AlertSeverity, FitOperator, OpportunityState
from workflow.rules.process.document import AlertRule, FitRule, ProcessDocument

OPEN_AFTER_LEAD = (OpportunityState.QUALIFIED, OpportunityState.PROGRESSING)
SIZE_RULE = FitRule(
    "size", "The company has five people or more", "employeeCount", FitOperator.GTE, Decimal(5)
)
MILD_ALERT_RULES = (
    AlertRule(
        AlertCode.STATE_AGE, AlertSeverity.ADVICE, (OpportunityState.LEAD, *OPEN_AFTER_LEAD), Decimal(100)
    ),
    AlertRule(
        AlertCode.STATE_AGE, AlertSeverity.WARNING, (OpportunityState.LEAD, *OPEN_AFTER_LEAD), Decimal(150)
    ),
    AlertRule(AlertCode.NO_NEXT_STEP, AlertSeverity.WARNING, OPEN_AFTER_LEAD),
    AlertRule(AlertCode.SINGLE_THREADED, AlertSeverity.WARNING, OPEN_AFTER_LEAD),
)
"""Rules for what every deal of the data set lacks, because nobody has worked on them here.

They are at most WARNING, which concerns the owner. With the default rules the first sweep created 4,492
CRITICAL alerts on 2,089 deals, and escalated each of them to one of six managers.
"""


def demo_process() -> ProcessDocument:
    """Return the document that the demo publishes under the key of the default process."""
    default = preset("default")
    replaced = {rule.code for rule in MILD_ALERT_RULES}
    others = tuple(rule for rule in default.alert_rules if rule.code not in replaced)
    return replace(default, fit_rules=(SIZE_RULE,), alert_rules=(*MILD_ALERT_RULES, *others))
