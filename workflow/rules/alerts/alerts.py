"""Alerts of a deal: the causes by code, matched with the rules of its process."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflow.rules.alerts import causes
from workflow.rules.alerts.cause_types import AlertCause, AlertContext
from workflow.rules.enums import OPEN_STATES, AlertCode, AlertSeverity
from workflow.rules.gates.requirements import RuleContext
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import AlertRule, ProcessDocument

CAUSE_FINDERS: Mapping[AlertCode, Callable[[AlertContext], Iterator[AlertCause]]] = {
    AlertCode.STATE_AGE: causes.state_took_long,
    AlertCode.NO_BUYER_ACTIVITY: causes.buyer_is_silent,
    AlertCode.STAGNATION: causes.deal_stagnates,
    AlertCode.NO_NEXT_STEP: causes.next_step_is_missing,
    AlertCode.CLOSE_DATE_OVERDUE: causes.close_date_has_passed,
    AlertCode.CLOSE_DATE_PUSHED: causes.close_date_was_pushed,
    AlertCode.SINGLE_THREADED: causes.deal_is_single_threaded,
    AlertCode.ROLE_MISSING: causes.role_is_missing,
    AlertCode.CHAMPION_LEFT: causes.champion_has_left,
    AlertCode.MILESTONE_DUE: causes.milestone_is_due,
    AlertCode.RISK_UNADDRESSED: causes.risk_is_unaddressed,
    AlertCode.RISK_NOT_REVIEWED: causes.risks_were_not_reviewed,
    AlertCode.EVIDENCE_STALE: causes.evidence_is_stale,
    AlertCode.INTEREST_DOUBT: causes.interest_is_doubtful,
    AlertCode.FIT_LOST: causes.fit_is_lost,
    AlertCode.OVERRIDE_DUE: causes.override_is_due,
    AlertCode.DISQUALIFY_PROPOSED: causes.should_be_disqualified,
}
SEVERITY_RANK = {severity: rank for rank, severity in enumerate(AlertSeverity, 1)}
DISQUALIFY_CAUSES = frozenset({AlertCode.NO_BUYER_ACTIVITY, AlertCode.STAGNATION, AlertCode.FIT_LOST})
"""Alerts that propose to disqualify the deal once they have been CRITICAL for long enough."""
ESCALATE_AFTER_BUSINESS_DAYS = 3
"""Business days after which an unacknowledged CRITICAL alert is escalated to a manager."""
MAX_SNOOZE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class FoundAlert:
    """An alert that a deal has now."""

    code: AlertCode
    severity: AlertSeverity
    subject: str
    message: str
    remedy: str

    @property
    def key(self) -> tuple[AlertCode, str]:
        """Return the identity of the alert among the alerts of its deal."""
        return self.code, self.subject


@dataclass(frozen=True, slots=True)
class StoredAlert:
    """An unresolved alert as it is stored: its severity, and since when it has had it."""

    code: AlertCode
    subject: str
    severity: AlertSeverity
    severity_since: datetime


def find_alerts(
    process: ProcessDocument, facts: OpportunityFacts, now: datetime, stored: Iterable[StoredAlert] = ()
) -> tuple[FoundAlert, ...]:
    """Return every alert of an open deal at an instant; `stored` gives how long alerts have been CRITICAL."""
    if facts.state not in OPEN_STATES:
        return ()  # closing a deal resolves its alerts
    context = RuleContext(facts, process, now)
    critical_since = {alert.code: alert.severity_since for alert in stored if _is_critical(alert)}
    found = [
        alert
        for code in CAUSE_FINDERS
        if code is not AlertCode.DISQUALIFY_PROPOSED
        for alert in _find_alerts(code, AlertContext(context))
    ]
    critical = {
        alert.code: critical_since.get(alert.code, now)
        for alert in found
        if alert.code in DISQUALIFY_CAUSES and _is_critical(alert)
    }
    # Last, because it depends on the alerts found before it.
    found += _find_alerts(AlertCode.DISQUALIFY_PROPOSED, AlertContext(context, critical))
    return tuple(found)


def matching_rules(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> tuple[AlertRule, ...]:
    """Return every enabled rule that matches the deal at an instant, not only the most severe of a ladder."""
    context = AlertContext(RuleContext(facts, process, now))
    return tuple(
        rule
        for code, find_causes in CAUSE_FINDERS.items()
        for rule in enabled_rules(process, facts, code)
        if any(cause.matches(rule) for cause in find_causes(context))
    )


def enabled_rules(process: ProcessDocument, facts: OpportunityFacts, code: AlertCode) -> list[AlertRule]:
    """Return the enabled rules of a code for the deal's state, the most severe first."""
    rules = (
        rule
        for rule in process.alert_rules
        if rule.code is code and rule.enabled and facts.state in rule.states
    )
    return sorted(rules, key=lambda rule: -SEVERITY_RANK[rule.severity])


def _find_alerts(code: AlertCode, context: AlertContext) -> Iterator[FoundAlert]:
    rules = enabled_rules(context.process, context.facts, code)
    for cause in CAUSE_FINDERS[code](context) if rules else ():
        rule = next((rule for rule in rules if cause.matches(rule)), None)
        if rule is not None:
            yield FoundAlert(code, rule.severity, cause.subject, cause.message, cause.remedy)


def _is_critical(alert: FoundAlert | StoredAlert) -> bool:
    return alert.severity is AlertSeverity.CRITICAL
