"""Reports on the published data set, each figure compared with a group-by of its files."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from api.demo import crm_sales_opportunities as crm
from api.files.import_batches import ImportTally
from tests.support.organizations import NOW, TestOrganization, new_organization
from tests.support.serving import ROOT
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.people.people import OrganizationRow, find_organization
from workflow.queries.reports.funnel import cohorts
from workflow.queries.reports.outcomes import outcomes, velocity
from workflow.queries.reports.pipeline import as_of, open_deals, won_value
from workflow.rules.enums import OpportunityState, OutcomeGrouping, PipelineGrouping
from workflow.rules.reports.funnel import funnel_figures
from workflow.rules.reports.outcomes import OutcomeFigures, outcome_total
from workflow.rules.reports.outcomes import outcome_figures as grouped
from workflow.rules.reports.pipeline import pipeline_figures

DATA = ROOT / "api" / "demo" / "data"
ALL = OpportunityFilter()
EVER = Days(date(2000, 1, 1), date(2030, 1, 1))
QUARTERS = [
    Days(date(2017, month, 1), date(2017, month + 2, 30 if month in (4, 7) else 31))
    for month in (1, 4, 7, 10)
]
Row = tuple[int, int, int, float | None]


@pytest.fixture(scope="module")
def lines() -> pl.DataFrame:
    """The deals of the data set's files with their seller, manager and account."""
    deals = pl.read_csv(DATA / "sales_pipeline.csv", try_parse_dates=True)
    teams = pl.read_csv(DATA / "sales_teams.csv")
    return deals.join(teams, on="sales_agent").with_columns(
        account=pl.col("account").fill_null("(no account)"),
        product=pl.col("product").replace("GTXPro", "GTX Pro"),
        days=(pl.col("close_date") - pl.col("engage_date")).dt.total_days(),
    )


_IMPORTED: list[TestOrganization] = []
"""The organization, created by the first test that reads it."""


@pytest.fixture
async def organization() -> TestOrganization:
    """An organization that has imported the data set."""
    if not _IMPORTED:
        made = await new_organization(currency="USD")
        await crm.import_data_set(
            made.ctx, DATA / crm.PIPELINE, crm.DataSetOptions("USD", ZoneInfo("UTC")), ImportTally()
        )
        _IMPORTED.append(made)
    return _IMPORTED[0]


@pytest.fixture
async def organization_row(organization: TestOrganization) -> OrganizationRow:
    """The organization's row."""
    return await find_organization(str(organization.id))


def expected(lines: pl.DataFrame, by: str) -> dict[str, Row]:
    """Return the won and lost deals, the won value and the median days to close by a column."""
    closed = lines.filter(pl.col("deal_stage").is_in(["Won", "Lost"]))
    rows = closed.group_by(by).agg(
        won=(pl.col("deal_stage") == "Won").sum(),
        lost=(pl.col("deal_stage") == "Lost").sum(),
        value=pl.col("close_value").filter(pl.col("deal_stage") == "Won").sum(),
        days=pl.col("days").median(),
    )
    return {str(row[by]): (row["won"], row["lost"], row["value"], row["days"]) for row in rows.to_dicts()}


async def reported(
    organization: TestOrganization, own: OrganizationRow, by: OutcomeGrouping, days: Days
) -> dict[str, Row]:
    """Return the same figures from the report by the labels of its groups."""
    found = await outcomes(organization.ctx.viewer, ALL, by, own, days)
    return {row.label: _row(row) for row in grouped(found.groups, found.medians)}


def _row(row: OutcomeFigures) -> Row:
    return row.won, row.lost, row.won_value // 100, row.median_days_to_close


async def test_outcomes_match_the_files(
    organization: TestOrganization, organization_row: OrganizationRow, lines: pl.DataFrame
) -> None:
    found = await outcomes(organization.ctx.viewer, ALL, None, organization_row, EVER)
    total = outcome_total(found.groups, found.medians.get("TOTAL"))
    named = lines.with_columns(
        team=pl.format("{} ({})", "regional_office", "manager"),
        month=pl.col("close_date").dt.strftime("%Y-%m"),
    )

    assert (total.won_value, total.won, total.lost, total.win_rate) == (
        1_000_553_400,
        4_238,
        2_473,
        4_238 / 6_711,
    )
    for by, column in (
        ("OWNER", "sales_agent"),
        ("TEAM", "team"),
        ("ACCOUNT", "account"),
        ("MONTH", "month"),
    ):
        assert await reported(organization, organization_row, OutcomeGrouping(by), EVER) == expected(
            named, column
        ), by


async def test_quarters_and_products_match_the_files(
    organization: TestOrganization, organization_row: OrganizationRow, lines: pl.DataFrame
) -> None:
    for days in QUARTERS:
        part = lines.filter(pl.col("close_date").is_between(days.start, days.end))
        assert await reported(organization, organization_row, OutcomeGrouping.OWNER, days) == expected(
            part, "sales_agent"
        ), days
        value = part.filter(pl.col("deal_stage") == "Won")["close_value"].sum()
        now = as_of(None, organization_row, NOW, NOW.date())
        assert await won_value(organization.ctx.viewer, ALL, days, now) == value * 100
    for product in lines["product"].unique():
        # Each word may be in the product, the account or the owner: "GTX Plus Basic" finds "GTX Basic" of
        # the account Plussunin.
        names = pl.concat_str(["product", "account", "sales_agent"], separator=" ", ignore_nulls=True)
        words = product.lower().split()
        found = pl.all_horizontal(names.str.to_lowercase().str.contains(word, literal=True) for word in words)
        [row] = expected(lines.filter(found).with_columns(product=pl.lit(product)), "product").values()
        sold = await outcomes(
            organization.ctx.viewer, OpportunityFilter(text=f"{product} for"), None, organization_row, EVER
        )
        alone = await outcomes(
            organization.ctx.viewer, OpportunityFilter(text=product), None, organization_row, EVER
        )
        total = outcome_total(alone.groups, alone.medians.get("TOTAL"))
        assert _row(total) == row, product
        assert outcome_total(sold.groups, None).won <= total.won


async def test_the_pipeline_now_and_as_of_a_day_matches_the_files(
    organization: TestOrganization, organization_row: OrganizationRow, lines: pl.DataFrame
) -> None:
    day = date(2017, 6, 30)
    viewer = organization.ctx.viewer
    open_now = lines.filter(pl.col("deal_stage").is_in(["Engaging", "Prospecting"]))
    then = lines.filter(
        (pl.col("engage_date") <= day) & (pl.col("close_date").is_null() | (pl.col("close_date") > day))
    )

    for of, part in (
        (as_of(None, organization_row, NOW, NOW.date()), open_now),
        (as_of(day, organization_row, NOW, NOW.date()), then),
    ):
        found = pipeline_figures(await open_deals(viewer, ALL, PipelineGrouping.OWNER, organization_row, of))
        counts: Mapping[str, int] = dict(part.group_by("sales_agent").len().iter_rows())
        worth = dict(part.group_by("sales_agent").agg(pl.col("close_value").sum()).iter_rows())
        assert {row.label: row.count for row in found} == counts
        assert {row.label: row.value for row in found} == {
            name: (value or 0) * 100 for name, value in worth.items()
        }


async def test_velocity_and_funnel_match_the_files(
    organization: TestOrganization, organization_row: OrganizationRow, lines: pl.DataFrame
) -> None:
    days = QUARTERS[1]
    viewer = organization.ctx.viewer
    closed = lines.filter(pl.col("close_date").is_between(days.start, days.end))
    sold, lost = (closed.filter(pl.col("deal_stage") == fixtures) for fixtures in ("Won", "Lost"))
    entered = lines.filter(pl.col("engage_date").is_between(days.start, days.end))
    by_stage: Mapping[str, int] = dict(entered.group_by("deal_stage").len().iter_rows())

    pace = await velocity(viewer, ALL, organization_row, days)
    found = await cohorts(viewer, ALL, organization_row, days)
    steps = {step.state: step for step in funnel_figures(found.groups, found.medians)}

    median = sold["close_value"].median()
    mean = Decimal(sold["close_value"].sum()) / len(sold)
    assert pace.open_qualified == len(lines.filter(pl.col("deal_stage") == "Engaging"))
    assert pace.win_rate == len(sold) / (len(sold) + len(lost))
    assert (pace.median_won, pace.median_cycle_days) == (float(str(median)) * 100, sold["days"].median())
    assert pace.average_won is not None and abs(Decimal(pace.average_won) - mean * 100) < Decimal("0.001")
    progressing = steps[OpportunityState.PROGRESSING]
    assert progressing.entered == len(entered)
    assert progressing.progressed == by_stage["Won"]
    assert (progressing.lost, progressing.still_open) == (by_stage["Lost"], by_stage.get("Engaging", 0))
    stays = entered.filter(pl.col("days") > 0)["days"]
    assert progressing.median_days == stays.median()
