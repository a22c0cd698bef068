"""The reports over HTTP, on five deals that are easy to add up by hand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.support.organizations import NOW, TestOrganization
from tests.support.serving import Server
from workflow.models import Member
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.pricing.targets import NewTarget, set_target
from workflow.operations.transfer.import_rows import import_rows
from workflow.operations.transfer.row import ImportRow
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, Role, Visibility, WinReason

MONEY = "{ amount currency }"
QUARTER = {"from": "2026-01-01", "to": "2026-03-31"}
FIGURES = f"""query($period: Period!, $asOf: Date, $filter: OpportunityFilter) {{ reports {{
    pipeline(asOf: $asOf, filter: $filter) {{ rows {{ key label count value {MONEY} weighted {MONEY} }} total
  {{ count value {MONEY} weighted {MONEY} }} }}
    forecast(period: $period, filter: $filter) {{ categories {{ category count value {MONEY} }} won {MONEY}
  target {MONEY} coverage }}
    outcomes(period: $period, filter: $filter) {{ rows {{ key label won lost disqualified wonValue {MONEY} }}
  total {{ won lost disqualified winRate }} }}
    slippage(period: $period, filter: $filter) {{ opening {MONEY} created {MONEY} increased {MONEY} pulledIn
  {MONEY} decreased {MONEY}
        pushedOut {MONEY} lost {MONEY} disqualified {MONEY} won {MONEY} reopened {MONEY} revalued {MONEY}
  closing {MONEY} }}
    funnel(period: $period, filter: $filter) {{ steps {{ state entered progressed lost disqualified stillOpen
  conversion }} }}
    velocity(period: $period, filter: $filter) {{ openQualified winRate medianWonValue {MONEY} }} }} }}"""
GAINED = ("created", "increased", "pulledIn", "reopened", "revalued")
LOST = ("decreased", "pushedOut", "lost", "disqualified", "won")


@pytest.fixture
async def organization(organization: TestOrganization) -> TestOrganization:
    """Three open deals, one won after 20 days, one lost after 40, and a target of 10,000."""
    born = datetime(2026, 1, 5, 9, tzinfo=NOW.tzinfo)
    states = OpportunityState
    given: tuple[tuple[OpportunityState, int, dict[str, Any]], ...] = (
        (states.LEAD, 1000, {}),
        (states.QUALIFIED, 2000, {"expected_close_date": date(2026, 3, 20)}),
        (states.PROGRESSING, 4000, {"expected_close_date": date(2026, 3, 31)}),
        (states.WON, 3000, {"closed_on": date(2026, 1, 25), "win_reason": WinReason.SPEED}),
        (states.LOST, 500, {"closed_on": date(2026, 2, 14), "loss_reason": LossReason.PRICE}),
        (
            states.DISQUALIFIED,
            50,
            {"closed_on": date(2026, 2, 1), "disqualify_reason": DisqualifyReason.NO_PAIN},
        ),
    )
    rows = [
        ImportRow(
            external_id=state,
            name=f"Deal {state}",
            account_name="Acme",
            state=state,
            value=MoneyAmount(Decimal(value), "EUR"),
            created_at=born,
            **more,
        )
        for state, value, more in given
    ]
    await import_rows(organization.ctx, "crm", rows)
    aim = MoneyAmount(Decimal(10_000), "EUR")
    await set_target(organization.ctx, NewTarget(None, None, date(2026, 1, 1), date(2026, 3, 31), aim))
    return organization


async def figures(server: Server, key: str, **more: Any) -> dict[str, Any]:
    """Return every report of the quarter."""
    body = await server.ask(key, FIGURES, **{"period": QUARTER, **more})
    assert "errors" not in body, body
    reports: dict[str, Any] = body["data"]["reports"]
    return reports


def amount(money: dict[str, str]) -> float:
    """Return an amount in the base currency."""
    assert money["currency"] == "EUR"
    return float(money["amount"])


async def test_each_figure_matches_a_calculation_by_hand(
    server: Server, organization: TestOrganization
) -> None:
    """Check that a lead is not part of the forecast and weighs nothing."""
    found = await figures(server, organization.api_key)

    rows = {
        row["key"]: (row["count"], amount(row["value"]), amount(row["weighted"]))
        for row in found["pipeline"]["rows"]
    }
    assert rows == {"LEAD": (1, 1000, 0), "QUALIFIED": (1, 2000, 500), "PROGRESSING": (1, 4000, 2000)}
    assert amount(found["pipeline"]["total"]["weighted"]) == 2500
    forecast = found["forecast"]
    assert (amount(forecast["won"]), amount(forecast["target"])) == (3000, 10_000)
    assert forecast["coverage"] == pytest.approx(6000 / 7000)
    total = found["outcomes"]["total"]
    assert (total["won"], total["lost"], total["disqualified"], total["winRate"]) == (1, 1, 1, 0.5)
    assert {row["key"]: row["label"] for row in found["outcomes"]["rows"]} == {
        "SPEED": "Speed",
        "PRICE": "Price",
        "NO_PAIN": "No pain",
    }
    assert (found["velocity"]["openQualified"], amount(found["velocity"]["medianWonValue"])) == (2, 3000)


async def test_opening_and_closing_slippage_differ_by_the_columns_between(
    server: Server, organization: TestOrganization
) -> None:
    bridge = {
        name: amount(money)
        for name, money in (await figures(server, organization.api_key))["slippage"].items()
    }

    gained = sum(bridge[name] for name in GAINED)
    gone = sum(bridge[name] for name in LOST)
    assert bridge["opening"] + gained - gone == bridge["closing"]
    assert bridge["created"] > 0


async def test_every_deal_that_entered_a_state_is_accounted_for(
    server: Server, organization: TestOrganization
) -> None:
    steps = (await figures(server, organization.api_key))["funnel"]["steps"]

    assert [step["state"] for step in steps] == ["LEAD", "QUALIFIED", "PROGRESSING", "WON"]
    assert steps[0]["entered"] == 6
    for step in steps:
        assert step["entered"] == step["progressed"] + step["lost"] + step["disqualified"] + step["stillOpen"]


async def test_a_past_day_is_reported_and_a_future_day_refused(
    server: Server, organization: TestOrganization
) -> None:
    before = await figures(server, organization.api_key, asOf="2026-01-04")
    to_come = await server.ask(organization.api_key, FIGURES, period=QUARTER, asOf="2999-01-01")

    assert before["pipeline"]["total"]["count"] == 0
    assert to_come["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert to_come["errors"][0]["message"].startswith("`asOf` is 2999-01-01; it must be ")


async def test_hidden_deals_are_not_counted(server: Server, organization: TestOrganization) -> None:
    key = await organization.key(Role.REP, "own@example.com")
    await Member.filter(organization_id=organization.id, email="own@example.com").update(
        visibility=Visibility.OWN
    )

    found = await figures(server, key)

    assert found["pipeline"] == {
        "rows": [],
        "total": {
            "count": 0,
            **{name: {"amount": "0.00", "currency": "EUR"} for name in ("value", "weighted")},
        },
    }
    assert found["outcomes"]["total"]["winRate"] is None
    assert {step["entered"] for step in found["funnel"]["steps"]} == {0}
