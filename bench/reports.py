"""How long each report takes over a million opportunities on PostgreSQL, beside the best SQL for it that was written by hand."""

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
YEAR, QUARTER = Days(date(2025, 1, 1), date(2025, 12, 31)), Days(date(2025, 4, 1), date(2025, 6, 30))
TODAY, PAST_DAY = date(2026, 6, 30), date(2025, 3, 31)
NOW = datetime.fromisoformat("2026-06-30T12:00:00+00:00")

FILL_STATEMENTS = (
    """INSERT INTO team (id, organization_id, name, created_at)
    SELECT md5('team' || n)::uuid, $1, 'Team ' || n, now() FROM generate_series(0, 7) n""",
    """INSERT INTO member (id, organization_id, name, email, role, visibility, active, team_id, created_at)
    SELECT md5('member' || n)::uuid, $1, 'Member ' || n, n || '@example.com', 'REP', 'ALL', true, md5('team' || n % 8)::uuid, now()
    FROM generate_series(0, 39) n""",
    """INSERT INTO account (id, organization_id, name, name_folded, version, attributes, created_at, updated_at)
    SELECT md5('account' || n)::uuid, $1, 'Account ' || n, 'account ' || n, 1, '{}', now(), now() FROM generate_series(0, 1999) n""",
    """INSERT INTO opportunity (id, organization_id, account_id, owner_id, process_id, number, name, name_folded, type, source, state,
        state_since, value_minor, value_currency, base_minor, probability, probability_is_manual, forecast_category, expected_close_date,
        push_count, next_step_agreed, purchase_process, health, closed_on, closed_from, win_reason, loss_reason, disqualify_reason,
        attributes, version, created_at, updated_at)
    SELECT id, $1, md5('account' || n % 2000)::uuid, md5('member' || n % 40)::uuid, $2, n, 'Deal ' || n, 'deal ' || n, 'NEW_BUSINESS',
        'Source ' || n % 7, state, since, worth, 'EUR', worth, CASE state WHEN 'LEAD' THEN 0.1 WHEN 'QUALIFIED' THEN 0.25
        WHEN 'PROGRESSING' THEN 0.5 WHEN 'WON' THEN 1 ELSE 0 END, false, CASE state WHEN 'QUALIFIED' THEN 'PIPELINE'
        WHEN 'PROGRESSING' THEN 'BEST_CASE' WHEN 'WON' THEN 'CLOSED' ELSE 'OMITTED' END, (born + interval '1 day' * (30 + n % 120))::date,
        0, false, 'UNKNOWN', CASE WHEN closed THEN NULL ELSE (n % 101)::int END, CASE WHEN closed THEN since::date END,
        CASE WHEN closed THEN 'PROGRESSING' END, CASE state WHEN 'WON' THEN 'PRICE_VALUE' END, CASE state WHEN 'LOST' THEN 'PRICE' END,
        CASE state WHEN 'DISQUALIFIED' THEN 'NO_PAIN' END, '{}', 1, born, born FROM made""",
    """INSERT INTO transition (id, organization_id, opportunity_id, process_id, sequence, trigger, from_state, to_state, at,
        seconds_in_previous_state, source, actor_kind, actor_name, requirements, forecast_category, probability)
    SELECT gen_random_uuid(), $1, id, $2, step, trigger, source, target, born + interval '1 day' * (step * spread), 86400 * spread, 'API',
        'SYSTEM', 'Bench', '[]', 'PIPELINE', 0.25 FROM made, LATERAL (VALUES (1, 'QUALIFY', 'LEAD', 'QUALIFIED'),
        (2, 'PROGRESS', 'QUALIFIED', 'PROGRESSING'), (3, CASE state WHEN 'WON' THEN 'WIN' WHEN 'LOST' THEN 'LOSE' ELSE 'DISQUALIFY' END,
        'PROGRESSING', state)) AS way (step, trigger, source, target) WHERE step <= arrows""",
    """INSERT INTO snapshot (organization_id, opportunity_id, since, until, state, owner_id, value_minor, value_currency,
        expected_close_date, probability, forecast_category, slip_reason, closed_on, base_minor)
    SELECT $1, id, born + interval '1 day' * (step * spread), CASE WHEN step < arrows THEN born + interval '1 day' * ((step + 1) * spread) END,
        CASE step WHEN 0 THEN 'LEAD' WHEN 1 THEN 'QUALIFIED' WHEN 2 THEN 'PROGRESSING' ELSE state END, md5('member' || n % 40)::uuid,
        worth + step, 'EUR', (born + interval '1 day' * (30 + n % 120 + 20 * step))::date, 0.25, 'PIPELINE', 'BUDGET',
        CASE WHEN step = 3 THEN since::date END, CASE WHEN step = 3 THEN worth END FROM made, generate_series(0, arrows) AS step""",
)  # fmt: skip
DEALS_CTE = """WITH drawn AS (
    SELECT n, ('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid AS id, timestamptz '2023-07-01' + interval '1 minute' * (n::bigint
        * 1500000 / $SIZE) AS born, 100 * (1 + n::bigint * 7919 % 90000) AS worth, 5 + n % 37 AS spread, (n::bigint * 31 % 100)::int AS fate
    FROM generate_series(1, $SIZE) n),
  made AS (SELECT *, born + interval '1 day' * (arrows * spread) AS since, arrows = 3 AS closed FROM (SELECT *,
    CASE WHEN fate < 15 THEN 'LEAD' WHEN fate < 25 THEN 'QUALIFIED' WHEN fate < 35 THEN 'PROGRESSING' WHEN fate < 65 THEN 'WON'
        WHEN fate < 90 THEN 'LOST' ELSE 'DISQUALIFIED' END AS state,
    CASE WHEN fate < 15 THEN 0 WHEN fate < 25 THEN 1 WHEN fate < 35 THEN 2 ELSE 3 END AS arrows FROM drawn) AS fated)
"""
"""Deals born evenly over three years, that take one to three steps a few weeks apart; a third is open."""


@dataclass(frozen=True)
class ReportBenchmark:
    """A report as the product asks it, and the same figures by hand, with what both must agree on."""

    name: str
    product: Callable[[TestOrganization, OrganizationRow], Awaitable[object]]
    sql: str
    check_counts: tuple[Callable[[Any], int], tuple[str, ...]]
    values: tuple[object, ...] = ()


OPEN = "organization_id = $1 AND deleted_at IS NULL AND state IN ('LEAD', 'QUALIFIED', 'PROGRESSING')"
CLOSED = "organization_id = $1 AND deleted_at IS NULL AND state IN ('WON', 'LOST', 'DISQUALIFIED') AND closed_on BETWEEN $2 AND $3"
CYCLE = """WITH qualified AS (SELECT opportunity_id, MIN(at) AS at FROM transition WHERE organization_id = $1 AND to_state = 'QUALIFIED'
    GROUP BY opportunity_id)"""
DAYS = "closed_on - (COALESCE(qualified.at, created_at) AT TIME ZONE 'UTC')::date"
REPORTS = (
    ReportBenchmark(
        "pipeline by owner",
        lambda made, own: open_deals(made.ctx.viewer, ALL, PipelineGrouping.OWNER, own, as_of(None, own, NOW, TODAY)),
        f"""SELECT owner_id, COUNT(*), SUM(base_minor), SUM(base_minor * probability), AVG(health), AVG(now() - created_at)
        FROM opportunity WHERE {OPEN} GROUP BY owner_id""",
        (lambda rows: sum(one.count for one in rows), ("count",)),
    ),
    ReportBenchmark(
        "pipeline as of a day",
        lambda made, own: open_deals(
            made.ctx.viewer, ALL, PipelineGrouping.STATE, own, as_of(PAST_DAY, own, NOW, TODAY)
        ),
        """SELECT snapshot.state, COUNT(*), SUM(snapshot.value_minor), SUM(snapshot.value_minor * snapshot.probability),
        AVG($2 - created_at) FROM snapshot JOIN opportunity ON opportunity.id = opportunity_id WHERE snapshot.organization_id = $1
        AND deleted_at IS NULL AND since <= $2 AND (until IS NULL OR until > $2)
        AND snapshot.state IN ('LEAD', 'QUALIFIED', 'PROGRESSING') GROUP BY 1""",
        (lambda rows: sum(one.count for one in rows), ("count",)),
        (datetime.fromisoformat("2025-04-01T00:00:00+00:00") - timedelta(microseconds=1),),
    ),
    ReportBenchmark(
        "outcomes by owner, a year",
        lambda made, own: outcomes(made.ctx.viewer, ALL, OutcomeGrouping.OWNER, own, YEAR),
        f"""{CYCLE} SELECT owner_id, COUNT(*) FILTER (WHERE state = 'WON') AS won, COUNT(*) FILTER (WHERE state = 'LOST') AS lost,
        COUNT(*) FILTER (WHERE state = 'DISQUALIFIED') AS disqualified, SUM(base_minor) FILTER (WHERE state = 'WON'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY {DAYS}) FILTER (WHERE state <> 'DISQUALIFIED')
        FROM opportunity LEFT JOIN qualified ON qualified.opportunity_id = opportunity.id WHERE {CLOSED} GROUP BY owner_id""",
        (lambda found: sum(one.count for one in found.groups), ("won", "lost", "disqualified")),
        (YEAR.start, YEAR.end),
    ),
    ReportBenchmark(
        "velocity, a year",
        lambda made, own: velocity(made.ctx.viewer, ALL, own, YEAR),
        f"""{CYCLE} SELECT COUNT(*) FILTER (WHERE state = 'WON'), COUNT(*) FILTER (WHERE state = 'LOST'), AVG(base_minor) FILTER
        (WHERE state = 'WON'), percentile_cont(0.5) WITHIN GROUP (ORDER BY base_minor) FILTER (WHERE state = 'WON'),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY {DAYS}) FILTER (WHERE state = 'WON'), (SELECT COUNT(*) FROM opportunity
        WHERE organization_id = $1 AND deleted_at IS NULL AND state IN ('QUALIFIED', 'PROGRESSING')) AS open
        FROM opportunity LEFT JOIN qualified ON qualified.opportunity_id = opportunity.id WHERE {CLOSED}""",
        (lambda found: found.open_qualified, ("open",)),
        (YEAR.start, YEAR.end),
    ),
    ReportBenchmark(
        "funnel, a year",
        lambda made, own: cohorts(made.ctx.viewer, ALL, own, YEAR),
        """WITH walked AS (SELECT opportunity_id, to_state, sequence, at, id, LEAD(seconds_in_previous_state) OVER way AS stayed,
        MAX(CASE WHEN to_state = 'QUALIFIED' THEN sequence END) OVER whole AS qualified,
        MAX(CASE WHEN to_state = 'PROGRESSING' THEN sequence END) OVER whole AS progressing,
        FIRST_VALUE(seconds_in_previous_state) OVER way AS first_stay FROM transition WHERE organization_id = $1
        WINDOW way AS (PARTITION BY opportunity_id ORDER BY sequence), whole AS (PARTITION BY opportunity_id)),
        entry AS (SELECT DISTINCT ON (opportunity_id, to_state) opportunity_id, to_state AS state, sequence, stayed, progressing, id FROM walked
        WHERE at BETWEEN $2 AND $3 AND to_state IN ('QUALIFIED', 'PROGRESSING', 'WON') ORDER BY opportunity_id, to_state, sequence)
        SELECT 'LEAD' AS state, CASE WHEN qualified IS NOT NULL THEN 'PROGRESSED' WHEN state IN ('LOST', 'DISQUALIFIED') THEN state
        ELSE 'OPEN' END, false, COUNT(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY first_stay) FROM opportunity
        LEFT JOIN (SELECT opportunity_id, first_stay, qualified FROM walked WHERE sequence = 1) AS born ON born.opportunity_id = opportunity.id
        WHERE organization_id = $1 AND deleted_at IS NULL AND created_at BETWEEN $2 AND $3 GROUP BY 1, 2
        UNION ALL SELECT entry.state, CASE WHEN (entry.state = 'QUALIFIED' AND progressing > entry.sequence)
        OR (entry.state IN ('PROGRESSING', 'WON') AND opportunity.state = 'WON') THEN 'PROGRESSED'
        WHEN opportunity.state IN ('LOST', 'DISQUALIFIED') THEN opportunity.state ELSE 'OPEN' END, override.id IS NOT NULL, COUNT(*),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY stayed) FROM entry
        JOIN opportunity ON opportunity.id = entry.opportunity_id AND deleted_at IS NULL
        LEFT JOIN override ON override.transition_id = entry.id GROUP BY 1, 2, 3""",
        (lambda found: sum(one.count for one in found.groups), ("count",)),
        (datetime.fromisoformat("2025-01-01T00:00:00+00:00"), datetime.fromisoformat("2025-12-31T23:59:59+00:00")),
    ),
    ReportBenchmark(
        "slippage, a quarter",
        lambda made, own: snapshot_changes(made.ctx.viewer, ALL, own, QUARTER),
        """SELECT was_due, is_due, was_open, is_open, opening, last, state, slip_reason, COUNT(*), SUM(before), SUM(minor) FROM (
        SELECT opportunity_id, state, slip_reason, value_minor AS minor, LAG(value_minor) OVER way AS before, since < $2 AS opening,
        until IS NULL OR until > $3 AS last, state IN ('LEAD', 'QUALIFIED', 'PROGRESSING') AS is_open,
        LAG(state IN ('LEAD', 'QUALIFIED', 'PROGRESSING')) OVER way AS was_open,
        state IN ('LEAD', 'QUALIFIED', 'PROGRESSING') AND expected_close_date BETWEEN $4 AND $5 AS is_due,
        LAG(state IN ('LEAD', 'QUALIFIED', 'PROGRESSING') AND expected_close_date BETWEEN $4 AND $5) OVER way AS was_due
        FROM snapshot JOIN (SELECT id FROM opportunity WHERE organization_id = $1 AND deleted_at IS NULL) AS mine ON mine.id = opportunity_id
        WHERE since <= $3 AND (until IS NULL OR until >= $2)
        WINDOW way AS (PARTITION BY opportunity_id ORDER BY since)) AS walked WHERE was_due OR is_due GROUP BY 1, 2, 3, 4, 5, 6, 7, 8""",
        (lambda rows: sum(one.count for one in rows), ("count",)),
        (
            datetime.fromisoformat("2025-04-01T00:00:00+00:00"),
            datetime.fromisoformat("2025-06-30T23:59:59+00:00"),
            QUARTER.start,
            QUARTER.end,
        ),
    ),
)


async def main(size: int) -> None:
    """Fill a database, ask each report both ways in turn, and print the middle of the rounds."""
    os.environ["PURSUIT_TEST_DATABASE"] = "postgres"
    table = Table(
        "report", "product s", "by hand s", "ratio", title=f"Reports over {size:,} opportunities on PostgreSQL"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    async with databases() as made:
        url = await made.copy()
        async with open_database(url):
            organization = await new_organization()
            await _fill(organization, size)
            own = await find_organization(str(organization.id))
            for report in REPORTS:
                ours, theirs = await _time_both(report, organization, own)
                table.add_row(report.name, f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.2f}")
    Console(width=100).print(table)


async def _time_both(
    report: ReportBenchmark, organization: TestOrganization, own: OrganizationRow
) -> tuple[float, float]:
    ours, theirs = [], []
    read, columns = report.check_counts
    for _ in range(ROUNDS):
        started = perf_counter()
        found = await report.product(organization, own)
        ours.append(perf_counter() - started)
        started = perf_counter()
        rows = await fetch(report.sql, organization.id, *report.values)
        theirs.append(perf_counter() - started)
        assert read(found) == sum(int(row[column]) for row in rows for column in columns) > 0, report.name
    return median(ours), median(theirs)


async def _fill(organization: TestOrganization, size: int) -> None:
    process: Any = (await fetch("SELECT id FROM sales_process WHERE organization_id = $1", organization.id))[0]["id"]
    for text in FILL_STATEMENTS:
        needs_deals = " FROM made" in text
        values = (organization.id, process) if "$2" in text else (organization.id,)
        text = DEALS_CTE.replace("$SIZE", str(size)) + text if needs_deals else text

        async def write(text: str = text, given: tuple[Any, ...] = values) -> None:
            await fetch(text, *given)

        await transaction(write)
    for name in ("opportunity", "transition", "snapshot", "member", "account", "team"):
        await fetch(f"ANALYZE {name}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else SIZE))
