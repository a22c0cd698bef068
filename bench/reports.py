"""Benchmark of reports over a million opportunities on PostgreSQL, compared with hand-written SQL."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.support.databases import databases
from tests.support.organizations import TestOrganization, new_organization
from workflow.models.engine.database import fetch, open_database, transaction
from workflow.queries.conditions import Days
from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.people.people import OrganizationRow, find_organization
from workflow.queries.reports.funnel import cohorts
from workflow.queries.reports.outcomes import outcomes, velocity
from workflow.queries.reports.pipeline import as_of, open_deals
from workflow.queries.reports.slippage import snapshot_changes
from workflow.rules.enums import OutcomeGrouping, PipelineGrouping

SIZE = 1_000_000
ROUNDS = 3
ALL = OpportunityFilter()
YEAR = Days(date(2025, 1, 1), date(2025, 12, 31))
QUARTER = Days(date(2025, 4, 1), date(2025, 6, 30))
TODAY = date(2026, 6, 30)
PAST_DAY = date(2025, 3, 31)
NOW = datetime.fromisoformat("2026-06-30T12:00:00+00:00")

FILL_STATEMENTS = (
    """INSERT INTO team (id, organization_id, name, created_at)
    SELECT md5('team' || n)::uuid, $1, 'Team ' || n, now() FROM generate_series(0, 7) n""",
    """INSERT INTO member (id, organization_id, name, email, role, visibility, active, team_id, created_at)
    SELECT md5('member' || n)::uuid, $1, 'Member ' || n, n || '@example.com', 'REP', 'ALL', true,
        md5('team' || n % 8)::uuid, now()
    FROM generate_series(0, 39) n""",
    """INSERT INTO account (id, organization_id, name, name_folded, version, attributes,
        created_at, updated_at)
    SELECT md5('account' || n)::uuid, $1, 'Account ' || n, 'account ' || n, 1, '{}', now(), now()
    FROM generate_series(0, 1999) n""",
    """INSERT INTO opportunity (id, organization_id, account_id, owner_id, process_id, number, name,
        name_folded, type, source, state, state_since, value_minor, value_currency, base_minor, probability,
        probability_is_manual, forecast_category,
        expected_close_date, push_count, next_step_agreed, purchase_process,
        health, closed_on,
        closed_from, win_reason,
        loss_reason, disqualify_reason,
        attributes, version, created_at, updated_at)
    SELECT id, $1, md5('account' || n % 2000)::uuid, md5('member' || n % 40)::uuid, $2, n, 'Deal ' || n,
        'deal ' || n, 'NEW_BUSINESS', 'Source ' || n % 7, state, state_since, value, 'EUR', value,
        CASE state WHEN 'LEAD' THEN 0.1 WHEN 'QUALIFIED' THEN 0.25 WHEN 'PROGRESSING' THEN 0.5
            WHEN 'WON' THEN 1 ELSE 0 END,
        false, CASE state WHEN 'QUALIFIED' THEN 'PIPELINE' WHEN 'PROGRESSING' THEN 'BEST_CASE'
            WHEN 'WON' THEN 'CLOSED' ELSE 'OMITTED' END,
        (created + interval '1 day' * (30 + n % 120))::date, 0, false, 'UNKNOWN',
        CASE WHEN closed THEN NULL ELSE (n % 101)::int END, CASE WHEN closed THEN state_since::date END,
        CASE WHEN closed THEN 'PROGRESSING' END, CASE state WHEN 'WON' THEN 'PRICE_VALUE' END,
        CASE state WHEN 'LOST' THEN 'PRICE' END, CASE state WHEN 'DISQUALIFIED' THEN 'NO_PAIN' END,
        '{}', 1, created, created
    FROM deal""",
    """INSERT INTO transition (id, organization_id, opportunity_id, process_id, sequence, trigger, from_state,
        to_state, at, seconds_in_previous_state, source,
        actor_kind, actor_name, requirements, forecast_category, probability)
    SELECT gen_random_uuid(), $1, id, $2, step, trigger, from_state,
        to_state, created + interval '1 day' * (step * days_per_step), 86400 * days_per_step, 'API',
        'SYSTEM', 'Bench', '[]', 'PIPELINE', 0.25
    FROM deal, LATERAL (VALUES
        (1, 'QUALIFY', 'LEAD', 'QUALIFIED'),
        (2, 'PROGRESS', 'QUALIFIED', 'PROGRESSING'),
        (3, CASE state WHEN 'WON' THEN 'WIN' WHEN 'LOST' THEN 'LOSE' ELSE 'DISQUALIFY' END,
            'PROGRESSING', state))
        AS edge (step, trigger, from_state, to_state)
    WHERE step <= steps""",
    """INSERT INTO snapshot (organization_id, opportunity_id, since,
        until,
        state,
        owner_id, value_minor, value_currency, expected_close_date,
        probability, forecast_category, slip_reason,
        closed_on, base_minor)
    SELECT $1, id, created + interval '1 day' * (step * days_per_step),
        CASE WHEN step < steps THEN created + interval '1 day' * ((step + 1) * days_per_step) END,
        CASE step WHEN 0 THEN 'LEAD' WHEN 1 THEN 'QUALIFIED' WHEN 2 THEN 'PROGRESSING' ELSE state END,
        md5('member' || n % 40)::uuid, value + step, 'EUR',
        (created + interval '1 day' * (30 + n % 120 + 20 * step))::date,
        0.25, 'PIPELINE', 'BUDGET',
        CASE WHEN step = 3 THEN state_since::date END, CASE WHEN step = 3 THEN value END
    FROM deal, generate_series(0, steps) AS step""",
)  # fmt: skip
DEALS_CTE = """WITH numbered AS (
    SELECT n, ('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id,
        timestamptz '2023-07-01' + interval '1 minute' * (n::bigint * 1500000 / $SIZE) AS created,
        100 * (1 + n::bigint * 7919 % 90000) AS value, 5 + n % 37 AS days_per_step,
        (n::bigint * 31 % 100)::int AS percentile
    FROM generate_series(1, $SIZE) n),
  with_state AS (
    SELECT *,
        CASE WHEN percentile < 15 THEN 'LEAD' WHEN percentile < 25 THEN 'QUALIFIED'
            WHEN percentile < 35 THEN 'PROGRESSING' WHEN percentile < 65 THEN 'WON'
            WHEN percentile < 90 THEN 'LOST' ELSE 'DISQUALIFIED' END AS state,
        CASE WHEN percentile < 15 THEN 0 WHEN percentile < 25 THEN 1 WHEN percentile < 35 THEN 2 ELSE 3 END
            AS steps
    FROM numbered),
  deal AS (
    SELECT *, created + interval '1 day' * (steps * days_per_step) AS state_since, steps = 3 AS closed
    FROM with_state)
"""
"""Deals created evenly over three years, with up to three transitions a few weeks apart; a third is open."""


@dataclass(frozen=True)
class ReportBenchmark:
    """A report by the product and by hand-written SQL, and how both results are counted to compare them."""

    name: str
    product: Callable[[TestOrganization, OrganizationRow], Awaitable[object]]
    sql: str
    count_product: Callable[[Any], int]
    count_columns: tuple[str, ...]
    values: tuple[object, ...] = ()


def _count_groups(result: Any) -> int:  # Any: each report has a type of its own
    return sum(group.count for group in getattr(result, "groups", result))


OPEN = "organization_id = $1 AND deleted_at IS NULL AND state IN ('LEAD', 'QUALIFIED', 'PROGRESSING')"
CLOSED = """organization_id = $1 AND deleted_at IS NULL AND state IN ('WON', 'LOST', 'DISQUALIFIED')
    AND closed_on BETWEEN $2 AND $3"""
QUALIFIED_CTE = """WITH qualified AS (
    SELECT opportunity_id, MIN(at) AS at FROM transition
    WHERE organization_id = $1 AND to_state = 'QUALIFIED' GROUP BY opportunity_id)"""
CYCLE_DAYS = "closed_on - (COALESCE(qualified.at, created_at) AT TIME ZONE 'UTC')::date"
PIPELINE_BY_OWNER_SQL = f"""
    SELECT owner_id, COUNT(*), SUM(base_minor), SUM(base_minor * probability), AVG(health),
        AVG(now() - created_at)
    FROM opportunity WHERE {OPEN} GROUP BY owner_id"""
PIPELINE_AS_OF_SQL = """
    SELECT snapshot.state, COUNT(*), SUM(snapshot.value_minor),
        SUM(snapshot.value_minor * snapshot.probability), AVG($2 - created_at)
    FROM snapshot JOIN opportunity ON opportunity.id = opportunity_id
    WHERE snapshot.organization_id = $1 AND deleted_at IS NULL
        AND since <= $2 AND (until IS NULL OR until > $2)
        AND snapshot.state IN ('LEAD', 'QUALIFIED', 'PROGRESSING')
    GROUP BY 1"""
OUTCOMES_SQL = f"""{QUALIFIED_CTE}
    SELECT owner_id, COUNT(*) FILTER (WHERE state = 'WON') AS won,
        COUNT(*) FILTER (WHERE state = 'LOST') AS lost,
        COUNT(*) FILTER (WHERE state = 'DISQUALIFIED') AS disqualified,
        SUM(base_minor) FILTER (WHERE state = 'WON'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY {CYCLE_DAYS}) FILTER (WHERE state <> 'DISQUALIFIED')
    FROM opportunity LEFT JOIN qualified ON qualified.opportunity_id = opportunity.id
    WHERE {CLOSED} GROUP BY owner_id"""
VELOCITY_SQL = f"""{QUALIFIED_CTE}
    SELECT COUNT(*) FILTER (WHERE state = 'WON'), COUNT(*) FILTER (WHERE state = 'LOST'),
        AVG(base_minor) FILTER (WHERE state = 'WON'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY base_minor) FILTER (WHERE state = 'WON'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY {CYCLE_DAYS}) FILTER (WHERE state = 'WON'),
        (SELECT COUNT(*) FROM opportunity WHERE organization_id = $1 AND deleted_at IS NULL
            AND state IN ('QUALIFIED', 'PROGRESSING')) AS open
    FROM opportunity LEFT JOIN qualified ON qualified.opportunity_id = opportunity.id
    WHERE {CLOSED}"""
FUNNEL_SQL = """
    WITH ordered AS (
        SELECT opportunity_id, to_state, sequence, at, id,
            LEAD(seconds_in_previous_state) OVER in_order AS seconds_in_state,
            FIRST_VALUE(seconds_in_previous_state) OVER in_order AS seconds_as_lead,
            MAX(CASE WHEN to_state = 'QUALIFIED' THEN sequence END) OVER of_deal AS last_qualified,
            MAX(CASE WHEN to_state = 'PROGRESSING' THEN sequence END) OVER of_deal AS last_progressing
        FROM transition WHERE organization_id = $1
        WINDOW in_order AS (PARTITION BY opportunity_id ORDER BY sequence),
            of_deal AS (PARTITION BY opportunity_id)),
    first_entry AS (
        SELECT DISTINCT ON (opportunity_id, to_state)
            opportunity_id, to_state AS state, sequence, seconds_in_state, last_progressing, id
        FROM ordered WHERE at BETWEEN $2 AND $3 AND to_state IN ('QUALIFIED', 'PROGRESSING', 'WON')
        ORDER BY opportunity_id, to_state, sequence)
    SELECT 'LEAD' AS state, CASE WHEN last_qualified IS NOT NULL THEN 'PROGRESSED'
            WHEN state IN ('LOST', 'DISQUALIFIED') THEN state ELSE 'OPEN' END,
        false, COUNT(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds_as_lead)
    FROM opportunity
    LEFT JOIN (SELECT opportunity_id, seconds_as_lead, last_qualified FROM ordered WHERE sequence = 1)
        AS first_transition ON first_transition.opportunity_id = opportunity.id
    WHERE organization_id = $1 AND deleted_at IS NULL AND created_at BETWEEN $2 AND $3 GROUP BY 1, 2
    UNION ALL
    SELECT first_entry.state, CASE
            WHEN first_entry.state = 'QUALIFIED' AND last_progressing > first_entry.sequence THEN 'PROGRESSED'
            WHEN first_entry.state IN ('PROGRESSING', 'WON') AND opportunity.state = 'WON' THEN 'PROGRESSED'
            WHEN opportunity.state IN ('LOST', 'DISQUALIFIED') THEN opportunity.state ELSE 'OPEN' END,
        override.id IS NOT NULL, COUNT(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds_in_state)
    FROM first_entry
    JOIN opportunity ON opportunity.id = first_entry.opportunity_id AND deleted_at IS NULL
    LEFT JOIN override ON override.transition_id = first_entry.id GROUP BY 1, 2, 3"""
SLIPPAGE_SQL = """
    SELECT was_due, is_due, was_open, is_open, is_first, is_last, state, slip_reason, COUNT(*),
        SUM(previous_minor), SUM(value_minor)
    FROM (
        SELECT opportunity_id, state, slip_reason, value_minor,
            LAG(value_minor) OVER in_order AS previous_minor,
            since < $2 AS is_first, until IS NULL OR until > $3 AS is_last,
            state IN ('LEAD', 'QUALIFIED', 'PROGRESSING') AS is_open,
            LAG(state IN ('LEAD', 'QUALIFIED', 'PROGRESSING')) OVER in_order AS was_open,
            state IN ('LEAD', 'QUALIFIED', 'PROGRESSING') AND expected_close_date BETWEEN $4 AND $5 AS is_due,
            LAG(state IN ('LEAD', 'QUALIFIED', 'PROGRESSING') AND expected_close_date BETWEEN $4 AND $5)
                OVER in_order AS was_due
        FROM snapshot
        JOIN (SELECT id FROM opportunity WHERE organization_id = $1 AND deleted_at IS NULL) AS visible
            ON visible.id = opportunity_id
        WHERE since <= $3 AND (until IS NULL OR until >= $2)
        WINDOW in_order AS (PARTITION BY opportunity_id ORDER BY since)) AS change
    WHERE was_due OR is_due GROUP BY 1, 2, 3, 4, 5, 6, 7, 8"""

REPORTS = (
    ReportBenchmark(
        "pipeline by owner",
        lambda test, own: open_deals(
            test.ctx.viewer, ALL, PipelineGrouping.OWNER, own, as_of(None, own, NOW, TODAY)
        ),
        PIPELINE_BY_OWNER_SQL,
        _count_groups,
        ("count",),
    ),
    ReportBenchmark(
        "pipeline as of a day",
        lambda test, own: open_deals(
            test.ctx.viewer, ALL, PipelineGrouping.STATE, own, as_of(PAST_DAY, own, NOW, TODAY)
        ),
        PIPELINE_AS_OF_SQL,
        _count_groups,
        ("count",),
        (datetime.fromisoformat("2025-04-01T00:00:00+00:00") - timedelta(microseconds=1),),
    ),
    ReportBenchmark(
        "outcomes by owner, a year",
        lambda test, own: outcomes(test.ctx.viewer, ALL, OutcomeGrouping.OWNER, own, YEAR),
        OUTCOMES_SQL,
        _count_groups,
        ("won", "lost", "disqualified"),
        (YEAR.start, YEAR.end),
    ),
    ReportBenchmark(
        "velocity, a year",
        lambda test, own: velocity(test.ctx.viewer, ALL, own, YEAR),
        VELOCITY_SQL,
        lambda figures: figures.open_qualified,
        ("open",),
        (YEAR.start, YEAR.end),
    ),
    ReportBenchmark(
        "funnel, a year",
        lambda test, own: cohorts(test.ctx.viewer, ALL, own, YEAR),
        FUNNEL_SQL,
        _count_groups,
        ("count",),
        (
            datetime.fromisoformat("2025-01-01T00:00:00+00:00"),
            datetime.fromisoformat("2025-12-31T23:59:59+00:00"),
        ),
    ),
    ReportBenchmark(
        "slippage, a quarter",
        lambda test, own: snapshot_changes(test.ctx.viewer, ALL, own, QUARTER),
        SLIPPAGE_SQL,
        _count_groups,
        ("count",),
        (
            datetime.fromisoformat("2025-04-01T00:00:00+00:00"),
            datetime.fromisoformat("2025-06-30T23:59:59+00:00"),
            QUARTER.start,
            QUARTER.end,
        ),
    ),
)


async def main(size: int) -> None:
    """Fill a database, run each report both ways in turn, and print the medians."""
    os.environ["PURSUIT_TEST_DATABASE"] = "postgres"
    titles = ("product s", "by hand s", "ratio")
    table = Table("report", *titles, title=f"Reports over {size:,} opportunities on PostgreSQL")
    for column in table.columns[1:]:
        column.justify = "right"
    async with databases() as template:
        url = await template.copy()
        async with open_database(url):
            organization = await new_organization()
            await _fill(organization, size)
            own = await find_organization(str(organization.id))
            for report in REPORTS:
                product, by_hand = await _time_both(report, organization, own)
                table.add_row(report.name, f"{product:.2f}", f"{by_hand:.2f}", f"{product / by_hand:.2f}")
    Console(width=100).print(table)


async def _time_both(
    report: ReportBenchmark, organization: TestOrganization, own: OrganizationRow
) -> tuple[float, float]:
    """Return the median seconds of the product and of the SQL, after a check that both counted the same."""
    product_times = []
    sql_times = []
    for _ in range(ROUNDS):
        started = perf_counter()
        result = await report.product(organization, own)
        product_times.append(perf_counter() - started)
        started = perf_counter()
        rows = await fetch(report.sql, organization.id, *report.values)
        sql_times.append(perf_counter() - started)
        counted = sum(int(row[column]) for row in rows for column in report.count_columns)
        assert report.count_product(result) == counted > 0, report.name
    return median(product_times), median(sql_times)


async def _fill(organization: TestOrganization, size: int) -> None:
    [row] = await fetch("SELECT id FROM sales_process WHERE organization_id = $1", organization.id)
    process: Any = row["id"]
    for text in FILL_STATEMENTS:
        values = (organization.id, process) if "$2" in text else (organization.id,)
        statement = DEALS_CTE.replace("$SIZE", str(size)) + text if "FROM deal" in text else text

        async def write(statement: str = statement, values: tuple[Any, ...] = values) -> None:
            await fetch(statement, *values)

        await transaction(write)
    for name in ("opportunity", "transition", "snapshot", "member", "account", "team"):
        await fetch(f"ANALYZE {name}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else SIZE))
