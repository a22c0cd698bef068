"""Causes of alerts, the context in which they are found, and the conditions that match them with rules."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workflow.rules.enums import AlertCode, AlertSeverity, OpportunityState, Trigger
from workflow.rules.gates.requirements import RuleContext
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import AlertRule, ProcessDocument

DAY = timedelta(days=1)


def at_least_threshold(rule: AlertRule, measure: float | None) -> bool:
    """Match a measure of at least the threshold, or a rule without a threshold."""
    return rule.threshold is None or (measure is not None and measure >= rule.threshold)


@dataclass(frozen=True, slots=True)
class AlertCause:
    """One problem of a deal; `condition` decides, given the measure, which rules it matches."""

    message: str
    remedy: str
    subject: str = ""
    measure: float | None = None
    condition: Callable[[AlertRule, float | None], bool] = at_least_threshold

    def matches(self, rule: AlertRule) -> bool:
        """Return True if the rule applies to this cause."""
        return self.condition(rule, self.measure)


@dataclass(frozen=True, slots=True)
class AlertContext:
    """Context of a search for causes: the deal, and since when its alerts of each code have been CRITICAL."""

    base: RuleContext
    critical_since: Mapping[AlertCode, datetime] = field(default_factory=dict)

    @property
    def facts(self) -> OpportunityFacts:
        """Return the facts of the deal."""
        return self.base.facts

    @property
    def process(self) -> ProcessDocument:
        """Return the process of the deal."""
        return self.base.process

    def days_since(self, *instants: datetime | None) -> float:
        """Return the days since the latest of some instants, as a decimal number."""
        # No time counts before the deal was recorded here: an imported deal would open every alert at once.
        known = [at for at in (*instants, self.facts.recorded_at or self.facts.created_at) if at is not None]
        return max(timedelta(0), self.base.now - max(known)) / DAY

    def left_lead_at(self) -> datetime | None:
        """Return since when the deal has been past LEAD, None if it never left it."""
        exits = (one.at for one in reversed(self.facts.transitions) if one.source is OpportunityState.LEAD)
        reopened = self.facts.last_transition_at(Trigger.REOPEN)
        return max(filter(None, (next(exits, None), reopened)), default=None)


def has_no_threshold(rule: AlertRule, measure: float | None) -> bool:
    """Match only a rule without a threshold."""
    return rule.threshold is None


def above_threshold(rule: AlertRule, measure: float | None) -> bool:
    """Match a measure above the threshold."""
    return rule.threshold is not None and measure is not None and measure > rule.threshold


def threshold_below_critical(rule: AlertRule, measure: float | None) -> bool:
    """Match a measure of at least the threshold, except for CRITICAL rules."""
    return rule.severity is not AlertSeverity.CRITICAL and at_least_threshold(rule, measure)
