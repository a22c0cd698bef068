"""120 days of one deal by a moved clock, as a table of its alerts by day, with severity and escalation."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.operations.alerts.alert_timeline import Act, AlertTimeline
from tests.support.counts import sample
from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY
from tests.support.team import new_sales_team, override_all
from workflow.models import Member, Opportunity, Team
from workflow.operations.buyer.mitigations import NewMitigation, add_mitigation
from workflow.operations.buyer.profile import update_buyer
from workflow.operations.buyer.risks import NewRisk, raise_risk, review_risks, update_risk
from workflow.operations.buyer.stakeholders import update_stakeholder
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.opportunity.alert_responses import acknowledge_alerts, snooze_alerts
from workflow.operations.opportunity.edit import update_opportunity
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, lose, progress
from workflow.rules.enums import (
    BuyingRole,
    LossReason,
    MitigationKind,
    OpportunityState,
    RiskCategory,
    SlipReason,
)
from workflow.rules.opportunity.facts import NextStep

ZONES = ("Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
"""Time zones whose summer time begins, begins earlier, ends by half an hour, or does not exist."""
DAYS = 120


def set_close_date(day: int) -> Act:
    """Set the expected close date."""

    async def does(timeline: AlertTimeline, ctx: Ctx) -> None:
        given: Any = {"expected_close_date": timeline.day(day), "slip_reason": SlipReason.BUYER_PROCESS}
        await update_opportunity(ctx, timeline.deal, given, expected_version=None)

    return does


def set_next_step(day: int) -> Act:
    """Agree on a next step for a day."""

    async def does(timeline: AlertTimeline, ctx: Ctx) -> None:
        step = NextStep("See them", timeline.day(day), True)
        await update_opportunity(ctx, timeline.deal, {"next_step": step}, expected_version=None)

    return does


async def raise_high_risk(timeline: AlertTimeline, ctx: Ctx) -> None:
    """Raise a risk of Grace's; 2 by 5 is HIGH."""
    timeline.created["fear"] = await raise_risk(
        ctx, timeline.deal, NewRisk(RiskCategory.FINANCIAL, "They pay twice", 2, 5)
    )


async def assess_old_pain(timeline: AlertTimeline, ctx: Ctx) -> None:
    """Record that the pain began six years ago."""
    await update_opportunity(
        ctx, timeline.deal, {"pain_since": timeline.day(-6 * 366)}, expected_version=None
    )


async def deactivate_manager(timeline: AlertTimeline, ctx: Ctx) -> None:
    """Deactivate the owner's manager; the admin manages the team above."""
    above = await Team.create(
        organization_id=timeline.team.organization.id,
        name="Above",
        manager_id=timeline.team.member("admin"),
        created_at=NOW,
    )
    [owner] = await Member.filter(id=timeline.team.member("owner")).values("team_id")
    await Team.filter(id=owner["team_id"]).update(parent_id=above.id)
    await Member.filter(id=timeline.team.member("manager")).update(active=False)


async def reactivate_manager(timeline: AlertTimeline, ctx: Ctx) -> None:
    """Activate the manager again."""
    await Member.filter(id=timeline.team.member("manager")).update(active=True)


async def progress_with_override(timeline: AlertTimeline, ctx: Ctx) -> None:
    """Override an unmet gate for 30 days."""
    terms = override_all()
    assert terms.override is not None
    override = type(terms.override)(
        terms.override.requirement_keys, terms.override.reason, ctx.now + 30 * DAY
    )
    await progress(
        ctx, timeline.deal, {"value": MoneyAmount(Decimal(1000), "EUR")}, TransitionOptions(override=override)
    )


async def snooze_silence(timeline: AlertTimeline, ctx: Ctx) -> None:
    """Snooze the alert about silence for five days."""
    await snooze_alerts(
        ctx, [await timeline.open_alert("NO_BUYER_ACTIVITY")], ctx.now + 5 * DAY, "They are at a fair"
    )


async def keep_deal_open(timeline: AlertTimeline, ctx: Ctx) -> None:
    """Reject the proposal to disqualify, as the manager."""
    await acknowledge_alerts(
        ctx, [await timeline.open_alert("DISQUALIFY_PROPOSED")], "They are merging until July"
    )


async def lose_deal(timeline: AlertTimeline, ctx: Ctx) -> None:
    """Lose the deal."""
    await lose(ctx, timeline.deal, LossDetails(LossReason.UNRESPONSIVE), TransitionOptions())


def owner_acts(*does: Act) -> tuple[tuple[str, Act], ...]:
    """Return acts of the owner."""
    return tuple(("owner", one) for one in does)


STORY: Mapping[int, Sequence[tuple[str, Act]]] = {
    1: owner_acts(set_close_date(29), set_next_step(10)),
    2: owner_acts(lambda life, ctx: life.add_stakeholder(ctx, "Grace", BuyingRole.CHAMPION)),
    3: (
        *owner_acts(lambda life, ctx: life.add_stakeholder(ctx, "Kim", BuyingRole.EVALUATOR)),
        ("admin", deactivate_manager),
    ),
    5: owner_acts(assess_old_pain),
    6: owner_acts(
        lambda life, ctx: update_buyer(
            ctx, life.deal, {"compelling_event": "The old contract ends in July"}, expected_version=None
        )
    ),
    8: owner_acts(snooze_silence),
    15: owner_acts(
        AlertTimeline.log_call, lambda life, ctx: review_risks(ctx, life.deal, none_found=True, note=None)
    ),
    17: owner_acts(set_next_step(37)),
    18: (("admin", reactivate_manager),),
    20: owner_acts(raise_high_risk),
    28: owner_acts(
        AlertTimeline.log_call,
        lambda life, ctx: update_risk(ctx, life.created["fear"], {"likelihood": 3}, expected_version=None),
    ),
    29: owner_acts(
        lambda life, ctx: add_mitigation(
            ctx, life.created["fear"], NewMitigation(MitigationKind.PILOT, "Show it")
        ),
        AlertTimeline.log_call,
    ),
    30: (("admin", progress_with_override), *owner_acts(set_close_date(31), set_next_step(44))),
    31: owner_acts(lambda life, ctx: life.add_stakeholder(ctx, "Ann", BuyingRole.DECISION_MAKER)),
    35: owner_acts(AlertTimeline.log_call, set_next_step(48), set_close_date(61)),
    41: owner_acts(AlertTimeline.log_call, set_next_step(54), set_close_date(92)),
    43: owner_acts(lambda life, ctx: life.complete_milestone(ctx, "problem_agreed")),
    47: owner_acts(AlertTimeline.log_call, set_next_step(60)),
    53: owner_acts(AlertTimeline.log_call, set_next_step(66)),
    59: owner_acts(AlertTimeline.log_call, set_next_step(72)),
    65: owner_acts(AlertTimeline.log_call, set_next_step(78)),
    **{
        day: owner_acts(AlertTimeline.log_email, AlertTimeline.log_call, set_next_step(day + 14))
        for day in (70, 76, 82)
    },
    84: owner_acts(
        lambda life, ctx: update_stakeholder(
            ctx, life.created["Grace"], {"left": True}, expected_version=None
        )
    ),
    86: owner_acts(lambda life, ctx: life.add_stakeholder(ctx, "Bo", BuyingRole.CHAMPION)),
    **{day: owner_acts(set_next_step(day + 14)) for day in (95, 108)},
    112: (("manager", keep_deal_open),),
    118: owner_acts(lose_deal),
}

TABLE = """
0 opened STATE_AGE CRITICAL
0 opened NO_NEXT_STEP CRITICAL
0 opened SINGLE_THREADED WARNING
1 resolved NO_NEXT_STEP CRITICAL
3 escalated STATE_AGE CRITICAL to manager
3 resolved SINGLE_THREADED WARNING
5 opened INTEREST_DOUBT WARNING
6 resolved INTEREST_DOUBT WARNING
7 opened NO_BUYER_ACTIVITY WARNING
7 opened ROLE_MISSING ECONOMIC_BUYER|DECISION_MAKER|APPROVER WARNING
8 snoozed NO_BUYER_ACTIVITY WARNING
11 opened NO_NEXT_STEP CRITICAL
13 opened NO_BUYER_ACTIVITY WARNING
14 opened NO_BUYER_ACTIVITY CRITICAL
14 opened RISK_NOT_REVIEWED WARNING
15 resolved NO_BUYER_ACTIVITY CRITICAL
15 resolved RISK_NOT_REVIEWED WARNING
16 escalated NO_NEXT_STEP CRITICAL to admin
17 eased NO_NEXT_STEP WARNING
20 opened RISK_NOT_REVIEWED WARNING
22 opened NO_BUYER_ACTIVITY WARNING
23 resolved NO_NEXT_STEP WARNING
27 opened RISK_UNADDRESSED fear WARNING
28 resolved NO_BUYER_ACTIVITY WARNING
28 opened RISK_UNADDRESSED fear CRITICAL
29 resolved RISK_UNADDRESSED fear CRITICAL
30 opened CLOSE_DATE_OVERDUE CRITICAL
30 resolved STATE_AGE CRITICAL
30 opened ROLE_MISSING ECONOMIC_BUYER|DECISION_MAKER|APPROVER CRITICAL
30 resolved CLOSE_DATE_OVERDUE CRITICAL
30 opened CLOSE_DATE_PUSHED ADVICE
31 resolved ROLE_MISSING ECONOMIC_BUYER|DECISION_MAKER|APPROVER CRITICAL
32 opened CLOSE_DATE_OVERDUE CRITICAL
35 opened CLOSE_DATE_PUSHED WARNING
35 resolved CLOSE_DATE_OVERDUE CRITICAL
41 opened MILESTONE_DUE problem_agreed ADVICE
41 opened CLOSE_DATE_PUSHED CRITICAL
43 resolved MILESTONE_DUE problem_agreed ADVICE
44 escalated CLOSE_DATE_PUSHED CRITICAL to manager
57 opened MILESTONE_DUE solution_validated ADVICE
60 opened MILESTONE_DUE solution_validated WARNING
60 opened OVERRIDE_DUE WARNING
67 opened MILESTONE_DUE solution_validated CRITICAL
72 opened MILESTONE_DUE business_case_shared ADVICE
72 escalated MILESTONE_DUE solution_validated CRITICAL to manager
73 opened STAGNATION WARNING
75 opened MILESTONE_DUE business_case_shared WARNING
82 opened MILESTONE_DUE business_case_shared CRITICAL
84 opened ROLE_MISSING CHAMPION CRITICAL
84 opened CHAMPION_LEFT CRITICAL
86 escalated MILESTONE_DUE business_case_shared CRITICAL to manager
86 resolved ROLE_MISSING CHAMPION CRITICAL
86 resolved CHAMPION_LEFT CRITICAL
87 opened MILESTONE_DUE decision_made ADVICE
88 opened STAGNATION CRITICAL
89 opened NO_BUYER_ACTIVITY WARNING
90 opened MILESTONE_DUE decision_made WARNING
93 opened CLOSE_DATE_OVERDUE CRITICAL
93 escalated STAGNATION CRITICAL to manager
96 opened NO_BUYER_ACTIVITY CRITICAL
97 opened MILESTONE_DUE decision_made CRITICAL
98 escalated CLOSE_DATE_OVERDUE CRITICAL to manager
100 escalated MILESTONE_DUE decision_made CRITICAL to manager
100 escalated NO_BUYER_ACTIVITY CRITICAL to manager
102 opened MILESTONE_DUE terms_agreed ADVICE
102 opened DISQUALIFY_PROPOSED CRITICAL
102 escalated DISQUALIFY_PROPOSED CRITICAL to manager
105 opened MILESTONE_DUE terms_agreed WARNING
106 resolved STAGNATION CRITICAL
106 resolved DISQUALIFY_PROPOSED CRITICAL
110 opened DISQUALIFY_PROPOSED CRITICAL
110 escalated DISQUALIFY_PROPOSED CRITICAL to manager
112 opened MILESTONE_DUE terms_agreed CRITICAL
112 acknowledged DISQUALIFY_PROPOSED CRITICAL
115 escalated MILESTONE_DUE terms_agreed CRITICAL to manager
118 resolved RISK_NOT_REVIEWED WARNING
118 resolved CLOSE_DATE_PUSHED CRITICAL
118 resolved MILESTONE_DUE solution_validated CRITICAL
118 resolved OVERRIDE_DUE WARNING
118 resolved MILESTONE_DUE business_case_shared CRITICAL
118 resolved MILESTONE_DUE decision_made CRITICAL
118 resolved NO_BUYER_ACTIVITY CRITICAL
118 resolved CLOSE_DATE_OVERDUE CRITICAL
118 resolved MILESTONE_DUE terms_agreed CRITICAL
118 resolved DISQUALIFY_PROPOSED CRITICAL
"""
"""The expected events: day, event, alert and severity, by the thresholds of the default process."""


@pytest.mark.parametrize("zone", sample(ZONES, every=4))
async def test_alerts_over_120_days_of_a_deal_match_the_table(zone: str) -> None:
    team = await new_sales_team(time_zone=zone)
    timeline = AlertTimeline(team, await team.add_deal(OpportunityState.QUALIFIED), ZoneInfo(zone))

    await timeline.run(DAYS, STORY)

    assert "\n".join(await timeline.event_lines()) == TABLE.strip()
    assert (await Opportunity.filter(id=timeline.deal).values("disqualify_proposed"))[0][
        "disqualify_proposed"
    ] is False
