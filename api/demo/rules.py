"""The demo's sales process: the one that ships, with a rule of fit, and milder where a backlog of years would drown what matters."""

from dataclasses import replace
from decimal import Decimal

from workflow.operations.process.processes import preset
from workflow.rules.enums import AlertCode, AlertSeverity, FitOperator, OpportunityState
from workflow.rules.process.document import AlertRule, FitRule, ProcessDocument

PAST_LEAD = (OpportunityState.QUALIFIED, OpportunityState.PROGRESSING)
SIZE = FitRule("size", "The company has five people or more", "employeeCount", FitOperator.GTE, Decimal(5))
MILD = (
    AlertRule(AlertCode.STATE_AGE, AlertSeverity.ADVICE, (OpportunityState.LEAD, *PAST_LEAD), Decimal(100)),
    AlertRule(AlertCode.STATE_AGE, AlertSeverity.WARNING, (OpportunityState.LEAD, *PAST_LEAD), Decimal(150)),
    AlertRule(AlertCode.NO_NEXT_STEP, AlertSeverity.WARNING, PAST_LEAD),
    AlertRule(AlertCode.SINGLE_THREADED, AlertSeverity.WARNING, PAST_LEAD),
)
"""What every deal of the data set lacks, for nobody has worked on it here: the seller's to do, and no news to a manager.

With the ladders that ship the first sweep told 4,492 CRITICAL alerts of 2,089 deals, each on its way up to one of six managers.
"""


def process() -> ProcessDocument:
    """The document that the demo publishes as its own version of the default process."""
    shipped, mild = preset("default"), {rule.code for rule in MILD}
    severe = tuple(rule for rule in shipped.alert_rules if rule.code not in mild)
    return replace(shipped, fit_rules=(SIZE,), alert_rules=(*MILD, *severe))
