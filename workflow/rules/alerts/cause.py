"""What an alert's causes are found on, and what they are: the deal as it is watched, and one thing that is wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from workflow.rules.enums import AlertCode, AlertSeverity, OpportunityState, Trigger
from workflow.rules.gates.requirements import RuleContext
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import AlertRule, ProcessDocument

DAY = timedelta(days=1)


def at_least_threshold(rule: AlertRule, measure: float | None) -> bool:
    """At least the rule's threshold, or the rule has none."""
    return rule.threshold is None or (measure is not None and measure >= rule.threshold)


@dataclass(frozen=True, slots=True)
class AlertCause:
    """One thing that is wrong: on what, how much of it, in words; `counts` says which rungs of the ladder it reaches."""

    message: str
    remedy: str
    subject: str = ""
    measure: float | None = None
    condition: Callable[[AlertRule, float | None], bool] = at_least_threshold

    def matches(self, rule: AlertRule) -> bool:
        """Whether it is as bad as the rule says."""
        return self.condition(rule, self.measure)


@dataclass(frozen=True, slots=True)
class AlertContext:
    """What the causes are looked for on: the deal as its gates see it, and since when which alerts of it have been CRITICAL."""

    base: RuleContext
    critical_since: Mapping[AlertCode, datetime] = field(default_factory=dict)

    @property
    def facts(self) -> OpportunityFacts:
        """The deal."""
        return self.base.facts

    @property
    def process(self) -> ProcessDocument:
        """Its process."""
        return self.base.process

    def days_since(self, *instants: datetime | None) -> float:
        """Whole and broken days since the latest of these; no clock of an alert runs before the deal was recorded here."""
        known = [at for at in (*instants, self.facts.recorded_at or self.facts.created_at) if at is not None]
        return max(timedelta(0), self.base.now - max(known)) / DAY

    def left_lead_at(self) -> datetime | None:
        """Since when the deal has been past LEAD."""
        steps = (step for step in reversed(self.facts.transitions) if step.source is OpportunityState.LEAD)
        reopened = self.facts.last_transition_at(Trigger.REOPEN)
        return max(filter(None, (next((step.at for step in steps), None), reopened)), default=None)


def has_no_threshold(rule: AlertRule, measure: float | None) -> bool:
    """Only a rule that names no days."""
    return rule.threshold is None


def above_threshold(rule: AlertRule, measure: float | None) -> bool:
    """More than the rule's threshold."""
    return rule.threshold is not None and measure is not None and measure > rule.threshold


def threshold_below_critical(rule: AlertRule, measure: float | None) -> bool:
    """At least the threshold, of any rule but a CRITICAL one."""
    return rule.severity is not AlertSeverity.CRITICAL and at_least_threshold(rule, measure)
