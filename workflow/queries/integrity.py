"""Integrity checks on stored rows, for `pursuit verify`; they change nothing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workflow.models import Event, Organization
from workflow.models.engine.database import dialect, fetch, read_consistently
from workflow.queries.conditions import where
from workflow.rules.events.audit import AUDITED_KINDS, GENESIS_HASH, chain_hash

BATCH_SIZE = 1_000
MAX_REPORTED = 20
"""Faults of one check that are listed; the rest are counted."""
BROKEN_HISTORIES = """
WITH ordered_transition AS (
    SELECT opportunity_id, sequence, from_state, to_state,
        ROW_NUMBER() OVER by_sequence AS position,
        LAG(to_state, 1, 'LEAD') OVER by_sequence AS state_before,
        LEAD(sequence) OVER by_sequence AS next_sequence
    FROM transition WINDOW by_sequence AS (PARTITION BY opportunity_id ORDER BY sequence)
), history AS (
    SELECT opportunity_id, MAX(CASE WHEN next_sequence IS NULL THEN to_state END) AS last_state,
        MAX(CASE WHEN sequence <> position THEN position END) AS missing_sequence,
        MAX(CASE WHEN from_state <> state_before THEN sequence END) AS disconnected_sequence
    FROM ordered_transition GROUP BY opportunity_id
)
SELECT number, organization_id, state AS stored_state, COALESCE(last_state, 'LEAD') AS last_state,
    missing_sequence, disconnected_sequence
FROM opportunity LEFT JOIN history ON opportunity_id = id
WHERE state <> COALESCE(last_state, 'LEAD')
    OR missing_sequence IS NOT NULL OR disconnected_sequence IS NOT NULL
ORDER BY organization_id, number"""
BROKEN_VERSIONS = """
WITH recorded AS (
    SELECT aggregateid,
        MAX({version}) AS newest, MIN({version}) AS oldest, COUNT(DISTINCT {version}) AS versions
    FROM event WHERE aggregatetype = 'opportunity' GROUP BY aggregateid
)
SELECT number, organization_id, version, newest, oldest, versions
FROM opportunity LEFT JOIN recorded ON aggregateid = id
WHERE newest IS NULL OR newest <> version OR oldest <> 1 OR versions <> newest
ORDER BY organization_id, number"""
BROKEN_SNAPSHOTS = """
WITH ordered_snapshot AS (
    SELECT snapshot.*, LAG(until) OVER by_time AS until_before, LAG(pos) OVER by_time AS pos_before
    FROM snapshot WINDOW by_time AS (PARTITION BY opportunity_id ORDER BY since)
), chain AS (
    SELECT opportunity_id, MIN(since) AS first, COUNT(*) - COUNT(until) AS open,
        MAX(CASE WHEN pos_before IS NOT NULL AND (until_before IS NULL OR until_before <> since)
            THEN 1 ELSE 0 END) AS has_gap
    FROM ordered_snapshot GROUP BY opportunity_id
)
SELECT opportunity.number, opportunity.organization_id FROM opportunity
LEFT JOIN chain ON chain.opportunity_id = opportunity.id
LEFT JOIN snapshot latest ON latest.opportunity_id = opportunity.id AND latest.until IS NULL
WHERE chain.opportunity_id IS NULL OR chain.open <> 1 OR has_gap = 1 OR first <> opportunity.created_at
    OR latest.state <> opportunity.state OR latest.owner_id <> opportunity.owner_id
    OR COALESCE(latest.value_minor, -1) <> COALESCE(opportunity.value_minor, -1)
    OR COALESCE(latest.value_currency, '') <> COALESCE(opportunity.value_currency, '')
    OR COALESCE(CAST(latest.expected_close_date AS TEXT), '')
        <> COALESCE(CAST(opportunity.expected_close_date AS TEXT), '')
    OR COALESCE(CAST(latest.closed_on AS TEXT), '') <> COALESCE(CAST(opportunity.closed_on AS TEXT), '')
    OR latest.probability <> opportunity.probability
    OR latest.forecast_category <> opportunity.forecast_category
ORDER BY opportunity.organization_id, opportunity.number"""
PAYLOAD_VERSION = {"sqlite": "json_extract(payload, '$.version')", "postgres": "(payload->>'version')::int"}
# SQLite numbers events without a gap. On PostgreSQL a rolled-back transaction leaves one, but none of its
# events is from a transaction that has not begun; events from before a restore have an older epoch.
BROKEN_CURSORS = {
    "sqlite": """
        SELECT pos FROM (SELECT pos, LAG(pos, 1, 0) OVER (ORDER BY pos) AS pos_before, epoch FROM event)
        WHERE pos <> pos_before + 1 OR epoch > (SELECT epoch FROM feed_epoch) ORDER BY pos""",
    "postgres": """
        SELECT pos FROM event WHERE epoch > (SELECT epoch FROM feed_epoch)
            OR (epoch = (SELECT epoch FROM feed_epoch)
                AND xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
        ORDER BY pos""",
}
FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent,
    child.attname AS child_column, parent.attname AS parent_column
FROM pg_constraint
JOIN pg_attribute child ON child.attrelid = conrelid AND child.attnum = conkey[1]
JOIN pg_attribute parent ON parent.attrelid = confrelid AND parent.attnum = confkey[1]
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 3"""


@dataclass(frozen=True, slots=True)
class IntegrityResult:
    """The result of one check: its finding if it passed, else its faults, one sentence each."""

    name: str
    finding: str
    faults: tuple[str, ...] = ()


async def verify(report: Callable[[IntegrityResult], None]) -> bool:
    """Run every check on one consistent state of the database and report each result.

    Return True if all passed.
    """
    return await read_consistently(lambda: _verify(report))


async def _verify(report: Callable[[IntegrityResult], None]) -> bool:
    valid = True
    async for result in _run_checks():
        report(result)
        valid = valid and not result.faults
    return valid


async def _run_checks() -> AsyncIterator[IntegrityResult]:
    for name, check in _CHECKS:
        finding, faults = await check()
        yield IntegrityResult(name, finding, _shorten(faults))
    for organization in (
        await Organization.all().order_by("id").values("id", "name", "audit_number", "audit_hash")
    ):
        finding, faults = await _audit_trail(organization)
        yield IntegrityResult(f"audit trail of {organization['name']}", finding, _shorten(faults))


def _shorten(faults: list[str]) -> tuple[str, ...]:
    more = len(faults) - MAX_REPORTED
    return (*faults[:MAX_REPORTED], *([f"… and {more:,} more."] if more > 0 else []))


async def _foreign_keys() -> tuple[str, list[str]]:
    if dialect() == "sqlite":
        orphans = await fetch("PRAGMA foreign_key_check")
        return "every foreign key leads to a row", [
            f"A row of {row['table']} refers to a row of {row['parent']} that does not exist."
            for row in orphans
        ]
    keys = await fetch(FOREIGN_KEYS)
    faults: list[str] = []
    for key in keys:
        child = key["child"]
        parent = key["parent"]
        column = key["child_column"]
        orphans = await fetch(
            f"SELECT count(*) AS n FROM {child} WHERE {column} IS NOT NULL AND NOT EXISTS "
            f"(SELECT FROM {parent} parent WHERE parent.{key['parent_column']} = {child}.{column})"
        )
        if orphans[0]["n"]:
            faults.append(
                f"{orphans[0]['n']:,} rows of {child} refer by {column} "
                f"to rows of {parent} that do not exist."
            )
    return f"each of {len(keys)} foreign keys leads to a row", faults


async def _histories() -> tuple[str, list[str]]:
    broken = await fetch(BROKEN_HISTORIES)
    count = (await fetch("SELECT COUNT(*) AS n FROM opportunity"))[0]["n"]
    return f"the transitions of {count:,} opportunities lead to their states", [
        _history_fault(row) for row in broken
    ]


def _history_fault(row: Mapping[str, Any]) -> str:
    subject = f"Opportunity {row['number']} of organization {row['organization_id']}"
    if row["missing_sequence"] is not None:
        return f"{subject}: its transition {row['missing_sequence']} is missing."
    if row["disconnected_sequence"] is not None:
        return (
            f"{subject}: its transition {row['disconnected_sequence']} "
            "does not start in the state where the one before it ended."
        )
    return f"{subject} is stored as {row['stored_state']}, but its transitions lead to {row['last_state']}."


async def _snapshots() -> tuple[str, list[str]]:
    broken = await fetch(BROKEN_SNAPSHOTS)
    count = (await fetch("SELECT COUNT(*) AS n FROM snapshot"))[0]["n"]
    return f"{count:,} snapshots lead without a gap to the current values of each opportunity", [
        f"The snapshots of opportunity {row['number']} of organization {row['organization_id']} "
        "have a gap, or the last one differs from the opportunity."
        for row in broken
    ]


async def _versions() -> tuple[str, list[str]]:
    broken = await fetch(BROKEN_VERSIONS.format(version=PAYLOAD_VERSION[dialect()]))
    return "every version of every opportunity has an event", [_version_fault(row) for row in broken]


def _version_fault(row: Mapping[str, Any]) -> str:
    subject = f"Opportunity {row['number']} of organization {row['organization_id']}"
    if row["newest"] != row["version"]:
        newest = row["newest"] or "none"
        return f"{subject} is at version {row['version']}, but its last event has version {newest}."
    return f"{subject}: events exist for {row['versions']} of its {row['version']} versions."


async def _cursors() -> tuple[str, list[str]]:
    broken = await fetch(BROKEN_CURSORS[dialect()])
    count = (await fetch("SELECT COUNT(*) AS n FROM event"))[0]["n"]
    described = "without a gap" if dialect() == "sqlite" else "at positions that the database has assigned"
    return f"{count:,} events are in the feed {described}", [
        f"The event at position {row['pos']} follows a gap, or the database has not assigned its position."
        for row in broken
    ]


async def _audit_trail(organization: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Compute the audit chain again from its events and compare it with the stored hashes."""
    last = GENESIS_HASH
    number = 0
    events = Event.filter(organization_id=organization["id"])
    while (
        batch := await events.filter(where("audit_number__gt", number))
        .order_by("audit_number")
        .limit(BATCH_SIZE)
        .values(*_AUDITED_COLUMNS, "audit_number", "audit_hash")
    ):
        for event in batch:
            stored_hash = event.pop("audit_hash")
            if event.pop("audit_number") != number + 1:
                return "", [f"Audit event {number + 1} is missing."]
            number += 1
            last = chain_hash(last, number, event)
            if stored_hash != last:
                return "", [
                    f"Audit event {number} ({event['type']}, id {event['id']}) "
                    "or one before it is not as recorded."
                ]
    if (number, last) != (organization["audit_number"], organization["audit_hash"]):
        return "", [
            f"It ends with audit event {number}, "
            f"but the organization has recorded {organization['audit_number']}."
        ]
    unaudited = await events.filter(aggregatetype__in=sorted(AUDITED_KINDS), audit_number=None).count()
    older = f", and {unaudited:,} older ones without a number" if unaudited else ""
    return f"{number:,} audit events{older}; the last hash is {last}", []


_AUDITED_COLUMNS = (
    "id", "organization_id", "aggregatetype", "aggregateid", "type", "payload", "at", "request_id",
    "actor_kind", "actor_name", "actor_member_id",
)  # fmt: skip
_CHECKS: tuple[tuple[str, Callable[[], Awaitable[tuple[str, list[str]]]]], ...] = (
    ("foreign keys", _foreign_keys),
    ("history", _histories),
    ("snapshots", _snapshots),
    ("versions", _versions),
    ("event cursors", _cursors),
)
