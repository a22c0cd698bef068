"""Alerts: a table of what is looked for, ladders of severities from the process, and what becomes of an alert when it is looked at again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from workflow.rules.alerts import causes
from workflow.rules.alerts.cause import Cause, Watched
from workflow.rules.enums import OPEN_STATES, AlertCode, AlertSeverity
from workflow.rules.gates.requirements import Case
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.process.document import AlertRule, ProcessDocument

LOOKS: Mapping[AlertCode, Callable[[Watched], Iterator[Cause]]] = {
    AlertCode.STATE_AGE: causes.state_took_long,
    AlertCode.NO_BUYER_ACTIVITY: causes.buyer_is_silent,
    AlertCode.STAGNATION: causes.busy_and_not_moving,
    AlertCode.NO_NEXT_STEP: causes.next_step_is_missing,
    AlertCode.CLOSE_DATE_OVERDUE: causes.close_date_has_passed,
    AlertCode.CLOSE_DATE_PUSHED: causes.close_date_was_pushed,
    AlertCode.SINGLE_THREADED: causes.hangs_on_one_person,
    AlertCode.ROLE_MISSING: causes.role_is_missing,
    AlertCode.CHAMPION_LEFT: causes.champion_has_left,
    AlertCode.MILESTONE_DUE: causes.milestone_is_due,
    AlertCode.RISK_UNADDRESSED: causes.risk_is_unaddressed,
    AlertCode.RISK_NOT_REVIEWED: causes.risks_were_not_reviewed,
    AlertCode.EVIDENCE_STALE: causes.evidence_is_stale,
    AlertCode.INTEREST_DOUBT: causes.interest_is_doubtful,
    AlertCode.FIT_LOST: causes.fit_is_lost,
    AlertCode.OVERRIDE_DUE: causes.override_is_due,
    AlertCode.DISQUALIFY_PROPOSED: causes.is_not_worth_it,
}
RANK = {severity: rank for rank, severity in enumerate(AlertSeverity, 1)}
STOPS = frozenset({AlertCode.NO_BUYER_ACTIVITY, AlertCode.STAGNATION, AlertCode.FIT_LOST})
"""What proposes to stop, where it has been CRITICAL for long."""
BUSINESS_DAYS = 3
"""After which a CRITICAL alert that nobody acknowledged goes to a manager."""
LONGEST_SNOOZE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Found:
    """An alert that stands on a deal now."""

    code: AlertCode
    severity: AlertSeverity
    subject: str
    message: str
    remedy: str

    @property
    def key(self) -> tuple[AlertCode, str]:
        """What tells it from the other alerts of its deal."""
        return self.code, self.subject


@dataclass(frozen=True, slots=True)
class Kept:
    """An unresolved alert as it was last found: how severe, and since when."""

    code: AlertCode
    subject: str
    severity: AlertSeverity
    severity_since: datetime


def alerts(
    process: ProcessDocument, facts: OpportunityFacts, now: datetime, kept: Iterable[Kept] = ()
) -> tuple[Found, ...]:
    """Every alert that stands on an open deal at that instant; what was found before tells how long it has been CRITICAL."""
    if facts.state not in OPEN_STATES:
        return ()
    case, since = Case(facts, process, now), {one.code: one.severity_since for one in kept if _is_critical(one)}
    found = [one for code in LOOKS if code is not AlertCode.DISQUALIFY_PROPOSED for one in _found(code, Watched(case))]
    worst = {one.code: since.get(one.code, now) for one in found if one.code in STOPS and _is_critical(one)}
    found += _found(AlertCode.DISQUALIFY_PROPOSED, Watched(case, worst))
    return tuple(found)


def flags(process: ProcessDocument, facts: OpportunityFacts, now: datetime) -> tuple[AlertRule, ...]:
    """Every rule that is on and would have warned of the deal at that instant, whatever is found beside it."""
    on = Watched(Case(facts, process, now))
    return tuple(
        rule
        for code, look in LOOKS.items()
        for rule in ladder(process, facts, code)
        if any(cause.reaches(rule) for cause in look(on))
    )


def ladder(process: ProcessDocument, facts: OpportunityFacts, code: AlertCode) -> list[AlertRule]:
    """The rules of a code that are on in the deal's state, the most severe first."""
    mine = (rule for rule in process.alert_rules if rule.code is code and rule.enabled and facts.state in rule.states)
    return sorted(mine, key=lambda rule: -RANK[rule.severity])


def _found(code: AlertCode, on: Watched) -> Iterator[Found]:
    rungs = ladder(on.process, on.facts, code)
    for cause in LOOKS[code](on) if rungs else ():
        rule = next((rule for rule in rungs if cause.reaches(rule)), None)
        if rule is not None:
            yield Found(code, rule.severity, cause.subject, cause.message, cause.remedy)


def _is_critical(one: Found | Kept) -> bool:
    return one.severity is AlertSeverity.CRITICAL
