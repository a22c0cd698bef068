"""The demo's sales process: the one that ships, with a rule of fit, and milder where a backlog of years would drown what matters."""

from dataclasses import replace
from decimal import Decimal

from workflow.operations.process.processes import preset
from workflow.rules.enums import AlertCode, AlertSeverity, FitOperator, OpportunityState
from workflow.rules.process.document import AlertRule, FitRule, ProcessDocument

OPEN_AFTER_LEAD = (OpportunityState.QUALIFIED, OpportunityState.PROGRESSING)
SIZE_RULE = FitRule("size", "The company has five people or more", "employeeCount", FitOperator.GTE, Decimal(5))
MILD_ALERT_RULES = (
    AlertRule(AlertCode.STATE_AGE, AlertSeverity.ADVICE, (OpportunityState.LEAD, *OPEN_AFTER_LEAD), Decimal(100)),
    AlertRule(AlertCode.STATE_AGE, AlertSeverity.WARNING, (OpportunityState.LEAD, *OPEN_AFTER_LEAD), Decimal(150)),
    AlertRule(AlertCode.NO_NEXT_STEP, AlertSeverity.WARNING, OPEN_AFTER_LEAD),
    AlertRule(AlertCode.SINGLE_THREADED, AlertSeverity.WARNING, OPEN_AFTER_LEAD),
)
"""What every deal of the data set lacks, for nobody has worked on it here: the seller's to do, and no news to a manager.

With the ladders that ship the first sweep told 4,492 CRITICAL alerts of 2,089 deals, each on its way up to one of six managers.
"""


def demo_process() -> ProcessDocument:
    """The document that the demo publishes as its own version of the default process."""
    shipped, mild = preset("default"), {rule.code for rule in MILD_ALERT_RULES}
    severe = tuple(rule for rule in shipped.alert_rules if rule.code not in mild)
    return replace(shipped, fit_rules=(SIZE_RULE,), alert_rules=(*MILD_ALERT_RULES, *severe))
