"""Alerts around their thresholds: severity, day and subject."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from tests.rules.alerts.alert_facts import (
    ADA,
    ADVICE,
    CRITICAL,
    DAY,
    LEAD,
    MOMENT,
    WARNING,
    A,
    assessment_days_ago,
    decision_maker,
    milestone,
    next_step,
    override,
    progressing,
    qualified,
    risk,
    severity,
)
from tests.support.rules.deal_facts import DEFAULT, NOW, TODAY, deal, stakeholder, two_way_activity
from workflow.rules.alerts.alerts import StoredAlert, find_alerts
from workflow.rules.enums import (
    AlertCode,
    AlertSeverity,
    Attitude,
    BuyingRole,
    FitOperator,
    Grade,
    MilestoneStatus,
    MitigationKind,
    RiskStatus,
)
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import (
    ActivityFacts,
    MitigationFacts,
    RiskReviewFacts,
)
from workflow.rules.process.document import FitRule

TIMES: tuple[
    tuple[AlertCode, Callable[[float], OpportunityFacts], tuple[tuple[float, AlertSeverity | None], ...]], ...
] = (
    (
        A.STATE_AGE,
        lambda days: deal(state=LEAD, state_since=NOW - days * DAY, created_at=NOW - days * DAY),
        ((14, ADVICE), (17.5, WARNING), (21, CRITICAL)),
    ),
    (A.NO_BUYER_ACTIVITY, qualified, ((7, WARNING), (14, CRITICAL))),
    (
        A.NO_BUYER_ACTIVITY,
        lambda days: qualified(99, activity=two_way_activity(1, ago=days * DAY)),
        ((7, WARNING), (14, CRITICAL)),
    ),
    (
        A.STAGNATION,
        lambda days: progressing(days, activity=ActivityFacts(NOW, 4)),
        ((30, WARNING), (45, CRITICAL)),
    ),
    (
        A.STAGNATION,
        lambda days: progressing(
            99,
            activity=ActivityFacts(NOW, 4),
            milestones=(milestone(None, status=MilestoneStatus.DONE, completed_at=NOW - days * DAY),),
        ),
        ((30, WARNING), (45, CRITICAL)),
    ),
    (
        A.ROLE_MISSING,
        lambda days: qualified(days, stakeholders=(stakeholder(BuyingRole.CHAMPION),)),
        ((7, WARNING),),
    ),
    (
        A.ROLE_MISSING,
        lambda days: progressing(days, stakeholders=(stakeholder(BuyingRole.APPROVER),)),
        ((7, CRITICAL),),
    ),
    (A.RISK_UNADDRESSED, lambda days: qualified(99, risks=(risk(2, 5, days),)), ((7, WARNING),)),
    (A.RISK_UNADDRESSED, lambda days: qualified(99, risks=(risk(3, 5, days),)), ((3, CRITICAL),)),
    (A.RISK_NOT_REVIEWED, qualified, ((14, WARNING),)),
)


@pytest.mark.parametrize(
    ("code", "facts", "rungs"), TIMES, ids=lambda value: str(value) if isinstance(value, AlertCode) else ""
)
def test_an_alert_opens_on_its_day_and_not_earlier(
    code: AlertCode,
    facts: Callable[[float], OpportunityFacts],
    rungs: tuple[tuple[float, AlertSeverity], ...],
) -> None:
    before: AlertSeverity | None = None
    for days, then in rungs:
        assert severity(code, facts(days - MOMENT / DAY * 100)) is before
        assert severity(code, facts(days)) is then
        assert severity(code, facts(days + 0.5)) is then
        before = then


PUSHED = (None, ADVICE, WARNING, CRITICAL, CRITICAL)
DUE = ((-4, None), (-3, ADVICE), (-1, ADVICE), (0, WARNING), (6, WARNING), (7, CRITICAL))
PILOT = MitigationFacts(UUID(int=1), MitigationKind.PILOT, "Show it")
OLD = date(TODAY.year - 6, 1, 1)


@pytest.mark.parametrize(
    ("code", "facts", "expected"),
    [
        (A.NO_BUYER_ACTIVITY, deal(state=LEAD), None),
        (A.STAGNATION, progressing(60, activity=ActivityFacts(NOW, 3)), None),
        (A.STAGNATION, qualified(60, activity=ActivityFacts(NOW, 9)), None),
        (A.NO_NEXT_STEP, qualified(1, next_step=None), CRITICAL),
        (A.NO_NEXT_STEP, qualified(1, next_step=next_step(None)), CRITICAL),
        (A.NO_NEXT_STEP, qualified(1, next_step=next_step(-1)), CRITICAL),
        (A.NO_NEXT_STEP, qualified(1, next_step=next_step(0)), None),
        (A.NO_NEXT_STEP, qualified(1, next_step=next_step(14)), None),
        (A.NO_NEXT_STEP, qualified(1, next_step=next_step(15)), WARNING),
        (A.NO_NEXT_STEP, deal(state=LEAD, next_step=None), None),
        (A.CLOSE_DATE_OVERDUE, qualified(1, expected_close_date=TODAY - DAY), CRITICAL),
        (A.CLOSE_DATE_OVERDUE, qualified(1, expected_close_date=TODAY), None),
        (A.CLOSE_DATE_OVERDUE, qualified(1, expected_close_date=None), None),
        *((A.CLOSE_DATE_PUSHED, qualified(1, push_count=count), found) for count, found in enumerate(PUSHED)),
        (A.SINGLE_THREADED, deal(state=LEAD), None),
        (A.SINGLE_THREADED, qualified(1, stakeholders=(stakeholder(),)), WARNING),
        (A.SINGLE_THREADED, progressing(1, stakeholders=(stakeholder(), stakeholder(left=True))), CRITICAL),
        (A.SINGLE_THREADED, progressing(1, stakeholders=(stakeholder(), stakeholder())), None),
        (
            A.CHAMPION_LEFT,
            qualified(1, stakeholders=(stakeholder(BuyingRole.CHAMPION, left=True),)),
            CRITICAL,
        ),
        (
            A.CHAMPION_LEFT,
            qualified(
                1,
                stakeholders=(stakeholder(BuyingRole.CHAMPION, left=True), stakeholder(BuyingRole.CHAMPION)),
            ),
            None,
        ),
        (A.CHAMPION_LEFT, qualified(1, stakeholders=(decision_maker(Attitude.HOSTILE),)), CRITICAL),
        (A.CHAMPION_LEFT, qualified(1, stakeholders=(decision_maker(Attitude.NEUTRAL),)), None),
        (A.CHAMPION_LEFT, qualified(1), None),
        *(
            (A.MILESTONE_DUE, progressing(1, milestones=(milestone(TODAY - days * DAY),)), found)
            for days, found in DUE
        ),
        (
            A.MILESTONE_DUE,
            progressing(1, milestones=(milestone(TODAY - 9 * DAY, status=MilestoneStatus.DONE),)),
            None,
        ),
        (
            A.MILESTONE_DUE,
            progressing(1, milestones=(milestone(TODAY - 9 * DAY, status=MilestoneStatus.MISSED),)),
            CRITICAL,
        ),
        (A.MILESTONE_DUE, progressing(1, milestones=(milestone(None),)), None),
        (A.MILESTONE_DUE, qualified(1, milestones=(milestone(TODAY - 9 * DAY),)), None),
        (A.RISK_UNADDRESSED, qualified(99, risks=(risk(3, 3, 50),)), None),
        (A.RISK_UNADDRESSED, qualified(99, risks=(risk(5, 5, 50, status=RiskStatus.ACCEPTED),)), None),
        (A.RISK_UNADDRESSED, qualified(99, risks=(risk(5, 5, 50, mitigations=(PILOT,)),)), None),
        (A.RISK_UNADDRESSED, deal(state=LEAD, risks=(risk(5, 5, 50),)), None),
        (A.RISK_NOT_REVIEWED, qualified(50, risk_review=RiskReviewFacts(NOW, ADA, none_found=True)), None),
        (
            A.EVIDENCE_STALE,
            deal(state=LEAD, assessments=(assessment_days_ago("pain", Grade.VALIDATED, 90.01),)),
            WARNING,
        ),
        (
            A.EVIDENCE_STALE,
            deal(state=LEAD, assessments=(assessment_days_ago("pain", Grade.VALIDATED, 90),)),
            None,
        ),
        (
            A.EVIDENCE_STALE,
            deal(state=LEAD, assessments=(assessment_days_ago("budget", Grade.IDENTIFIED, 91),)),
            None,
        ),
        (
            A.EVIDENCE_STALE,
            qualified(1, assessments=(assessment_days_ago("budget", Grade.IDENTIFIED, 91),)),
            WARNING,
        ),
        (A.INTEREST_DOUBT, deal(state=LEAD, pain_since=OLD), WARNING),
        (
            A.INTEREST_DOUBT,
            deal(state=LEAD, pain_since=OLD, compelling_event="Their plant closes in May, they say"),
            None,
        ),
        (A.INTEREST_DOUBT, deal(state=LEAD, pain_since=date(TODAY.year - 4, 1, 1)), None),
        (A.OVERRIDE_DUE, qualified(1, overrides=(override(timedelta(0)),)), WARNING),
        (A.OVERRIDE_DUE, qualified(1, overrides=(override(MOMENT),)), None),
        (A.OVERRIDE_DUE, qualified(1, overrides=(override(None),)), None),
        (
            A.DISQUALIFY_PROPOSED,
            deal(state=LEAD, assessments=(assessment_days_ago("pain", Grade.DISPROVED, 0),)),
            CRITICAL,
        ),
        (
            A.DISQUALIFY_PROPOSED,
            deal(state=LEAD, assessments=(assessment_days_ago("budget", Grade.DISPROVED, 0),)),
            None,
        ),
        (A.DISQUALIFY_PROPOSED, qualified(99), None),
    ],
)
def test_each_alert_opens_for_its_cause_only(
    code: AlertCode, facts: OpportunityFacts, expected: AlertSeverity | None
) -> None:
    assert severity(code, facts) is expected


FITTING = replace(
    DEFAULT, fit_rules=(FitRule("size", "Has people", "employeeCount", FitOperator.GT, Decimal(10)),)
)


@pytest.mark.parametrize(("people", "expected"), [(5, CRITICAL), (50, None), (None, None)])
def test_an_account_that_no_longer_fits_opens_an_alert(
    people: int | None, expected: AlertSeverity | None
) -> None:
    facts = qualified(1)
    facts = replace(facts, account=replace(facts.account, employee_count=people))

    assert severity(A.FIT_LOST, facts, FITTING) is expected
    assert severity(A.FIT_LOST, replace(facts, state=LEAD), FITTING) is None


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (StoredAlert(A.NO_BUYER_ACTIVITY, "", CRITICAL, NOW - 14 * DAY), CRITICAL),
        (StoredAlert(A.NO_BUYER_ACTIVITY, "", CRITICAL, NOW - 14 * DAY + MOMENT), None),
        (StoredAlert(A.NO_BUYER_ACTIVITY, "", WARNING, NOW - 99 * DAY), None),
        (StoredAlert(A.CLOSE_DATE_OVERDUE, "", CRITICAL, NOW - 99 * DAY), None),
        (StoredAlert(A.STAGNATION, "", CRITICAL, NOW - 99 * DAY), None),
    ],
)
def test_disqualification_is_proposed_after_a_long_silence(
    kept: StoredAlert, expected: AlertSeverity | None
) -> None:
    """A stored cause that is no longer found does not propose anything."""
    assert severity(A.DISQUALIFY_PROPOSED, qualified(99), stored=(kept,)) is expected


def test_each_role_milestone_and_risk_has_one_alert() -> None:
    two = (risk(5, 5, 9), replace(risk(5, 5, 9), id=UUID(int=10)))
    due = (milestone(TODAY), replace(milestone(TODAY), id=UUID(int=6)))

    found = find_alerts(DEFAULT, progressing(9, risks=two, milestones=due), NOW)

    subjects = {
        code: [one.subject for one in found if one.code is code]
        for code in (A.ROLE_MISSING, A.MILESTONE_DUE, A.RISK_UNADDRESSED)
    }
    assert subjects == {
        A.ROLE_MISSING: ["ECONOMIC_BUYER|DECISION_MAKER|APPROVER", "CHAMPION"],
        A.MILESTONE_DUE: [str(UUID(int=5)), str(UUID(int=6))],
        A.RISK_UNADDRESSED: [str(UUID(int=9)), str(UUID(int=10))],
    }


def test_only_the_state_age_of_an_imported_deal_counts_before_the_import() -> None:
    imported = progressing(200, recorded_at=NOW - 2 * DAY, activity=ActivityFacts(None, 9))

    codes = {one.code for one in find_alerts(DEFAULT, imported, NOW)}

    assert A.STATE_AGE in codes
    assert not codes & {A.NO_BUYER_ACTIVITY, A.STAGNATION, A.ROLE_MISSING, A.RISK_NOT_REVIEWED}


def test_days_are_counted_in_the_organizations_time_zone_across_clock_changes() -> None:
    """In Berlin the clocks go forward on 29 March 2026, so that the day ends an hour earlier."""
    facts = replace(qualified(0.1, expected_close_date=date(2026, 3, 29)), time_zone="Europe/Berlin")
    ends = datetime.fromisoformat("2026-03-30T00:00:00+02:00")

    found = [{one.code for one in find_alerts(DEFAULT, facts, at)} for at in (ends - MOMENT, ends)]

    assert [A.CLOSE_DATE_OVERDUE in codes for codes in found] == [False, True]
