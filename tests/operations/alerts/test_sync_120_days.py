"""120 days of one deal by a moved clock, as a table: which alert, which severity, on which day of the organization's, and to whom it went."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.operations.alerts.alert_timeline import Does, Life
from tests.support.counts import some
from tests.support.organizations import NOW
from tests.support.scenarios.alerts import DAY
from tests.support.team import forced, new_crew
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
from workflow.rules.enums import BuyingRole, LossReason, MitigationKind, OpportunityState, RiskCategory, SlipReason
from workflow.rules.opportunity.facts import NextStep

ZONES = ("Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
"""Summer time begins, begins sooner, ends by half an hour, or never was: the table is the same in all of them."""
DAYS = 120


def closes(day: int) -> Does:
    """The deal is expected to close on that day."""

    async def does(life: Life, ctx: Ctx) -> None:
        given: Any = {"expected_close_date": life.day(day), "slip_reason": SlipReason.BUYER_PROCESS}
        await update_opportunity(ctx, life.deal, given, expected_version=None)

    return does


def next_step(day: int) -> Does:
    """Something is agreed on with the buyer for that day."""

    async def does(life: Life, ctx: Ctx) -> None:
        step = NextStep("See them", life.day(day), True)
        await update_opportunity(ctx, life.deal, {"next_step": step}, expected_version=None)

    return does


async def fear(life: Life, ctx: Ctx) -> None:
    """Grace fears something: 2 by 5 is HIGH."""
    life.made["fear"] = await raise_risk(ctx, life.deal, NewRisk(RiskCategory.FINANCIAL, "They pay twice", 2, 5))


async def old_pain(life: Life, ctx: Ctx) -> None:
    """They have lived with it for six years."""
    await update_opportunity(ctx, life.deal, {"pain_since": life.day(-6 * 366)}, expected_version=None)


async def boss_leaves(life: Life, ctx: Ctx) -> None:
    """The owner's manager is away, and above them is the admin."""
    above = await Team.create(
        organization_id=life.crew.organization.id, name="Above", manager_id=life.crew.member("admin"), created_at=NOW
    )
    [owner] = await Member.filter(id=life.crew.member("owner")).values("team_id")
    await Team.filter(id=owner["team_id"]).update(parent_id=above.id)
    await Member.filter(id=life.crew.member("manager")).update(active=False)


async def boss_is_back(life: Life, ctx: Ctx) -> None:
    """The manager is back."""
    await Member.filter(id=life.crew.member("manager")).update(active=True)


async def goes_on(life: Life, ctx: Ctx) -> None:
    """The board wants it to go on though its gate is not met; that is owed for 30 days."""
    terms = forced()
    assert terms.override is not None
    override = type(terms.override)(terms.override.requirement_keys, terms.override.reason, ctx.now + 30 * DAY)
    await progress(ctx, life.deal, {"value": MoneyAmount(Decimal(1000), "EUR")}, TransitionOptions(override=override))


async def snooze(life: Life, ctx: Ctx) -> None:
    """The silence is put aside for five days."""
    await snooze_alerts(ctx, [await life.alert("NO_BUYER_ACTIVITY")], ctx.now + 5 * DAY, "They are at a fair")


async def goes_on_all_the_same(life: Life, ctx: Ctx) -> None:
    """The manager decides that it is not stopped."""
    await acknowledge_alerts(ctx, [await life.alert("DISQUALIFY_PROPOSED")], "They are merging until July")


async def gives_up(life: Life, ctx: Ctx) -> None:
    """It is lost."""
    await lose(ctx, life.deal, LossDetails(LossReason.UNRESPONSIVE), TransitionOptions())


def owner(*does: Does) -> tuple[tuple[str, Does], ...]:
    """What the owner of the deal does on a day."""
    return tuple(("owner", one) for one in does)


STORY: Mapping[int, Sequence[tuple[str, Does]]] = {
    1: owner(closes(29), next_step(10)),
    2: owner(lambda life, ctx: life.meet(ctx, "Grace", BuyingRole.CHAMPION)),
    3: (*owner(lambda life, ctx: life.meet(ctx, "Kim", BuyingRole.EVALUATOR)), ("admin", boss_leaves)),
    5: owner(old_pain),
    6: owner(
        lambda life, ctx: update_buyer(
            ctx, life.deal, {"compelling_event": "The old contract ends in July"}, expected_version=None
        )
    ),
    8: owner(snooze),
    15: owner(Life.talk, lambda life, ctx: review_risks(ctx, life.deal, none_found=True, note=None)),
    17: owner(next_step(37)),
    18: (("admin", boss_is_back),),
    20: owner(fear),
    28: owner(
        Life.talk, lambda life, ctx: update_risk(ctx, life.made["fear"], {"likelihood": 3}, expected_version=None)
    ),
    29: owner(
        lambda life, ctx: add_mitigation(ctx, life.made["fear"], NewMitigation(MitigationKind.PILOT, "Show it")),
        Life.talk,
    ),
    30: (("admin", goes_on), *owner(closes(31), next_step(44))),
    31: owner(lambda life, ctx: life.meet(ctx, "Ann", BuyingRole.DECISION_MAKER)),
    35: owner(Life.talk, next_step(48), closes(61)),
    41: owner(Life.talk, next_step(54), closes(92)),
    43: owner(lambda life, ctx: life.reach(ctx, "problem_agreed")),
    47: owner(Life.talk, next_step(60)),
    53: owner(Life.talk, next_step(66)),
    59: owner(Life.talk, next_step(72)),
    65: owner(Life.talk, next_step(78)),
    **{day: owner(Life.write, Life.talk, next_step(day + 14)) for day in (70, 76, 82)},
    84: owner(lambda life, ctx: update_stakeholder(ctx, life.made["Grace"], {"left": True}, expected_version=None)),
    86: owner(lambda life, ctx: life.meet(ctx, "Bo", BuyingRole.CHAMPION)),
    **{day: owner(next_step(day + 14)) for day in (95, 108)},
    112: (("manager", goes_on_all_the_same),),
    118: owner(gives_up),
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
"""Each line follows from the story and the table of alerts in the domain, and the default process: which day, what became of which alert, how severe it is."""


@pytest.mark.parametrize("zone", some(ZONES, every=4))
async def test_a_life_of_120_days_is_told_as_the_table_says(zone: str) -> None:
    crew = await new_crew(time_zone=zone)
    life = Life(crew, await crew.deal(OpportunityState.QUALIFIED), ZoneInfo(zone))

    await life.live(DAYS, STORY)

    assert "\n".join(await life.told()) == TABLE.strip()
    assert (await Opportunity.filter(id=life.deal).values("disqualify_proposed"))[0]["disqualify_proposed"] is False
