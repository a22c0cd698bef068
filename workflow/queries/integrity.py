"""What must hold in a database whatever was done to it, asked of the stored rows themselves: a reading, nothing is mended."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workflow.models import Event, Organization
from workflow.models.engine.database import dialect, fetch, read_consistently
from workflow.queries.conditions import where
from workflow.rules.events.audit import AUDITED_KINDS, GENESIS_HASH, chain_hash

BATCH_SIZE = 1_000
MAX_REPORTED = 20
"""Faults of one kind that are told one by one; more are only counted."""
BROKEN_HISTORIES = """
WITH step AS (
    SELECT opportunity_id, sequence, from_state, to_state,
        ROW_NUMBER() OVER ordered AS place,
        LAG(to_state, 1, 'LEAD') OVER ordered AS before,
        LEAD(sequence) OVER ordered AS next
    FROM transition WINDOW ordered AS (PARTITION BY opportunity_id ORDER BY sequence)
), folded AS (
    SELECT opportunity_id, MAX(CASE WHEN next IS NULL THEN to_state END) AS state,
        MAX(CASE WHEN sequence <> place THEN place END) AS missing,
        MAX(CASE WHEN from_state <> before THEN sequence END) AS torn
    FROM step GROUP BY opportunity_id
)
SELECT number, organization_id, opportunity.state AS stored, COALESCE(folded.state, 'LEAD') AS folded, missing, torn
FROM opportunity LEFT JOIN folded ON opportunity_id = id
WHERE opportunity.state <> COALESCE(folded.state, 'LEAD') OR missing IS NOT NULL OR torn IS NOT NULL
ORDER BY organization_id, number"""
BROKEN_VERSIONS = """
WITH told AS (
    SELECT aggregateid, MAX({version}) AS newest, MIN({version}) AS oldest, COUNT(DISTINCT {version}) AS versions
    FROM event WHERE aggregatetype = 'opportunity' GROUP BY aggregateid
)
SELECT number, organization_id, version, newest, oldest, versions FROM opportunity LEFT JOIN told ON aggregateid = id
WHERE newest IS NULL OR newest <> version OR oldest <> 1 OR versions <> newest
ORDER BY organization_id, number"""
BROKEN_SNAPSHOTS = """
WITH kept AS (
    SELECT snapshot.*, LAG(until) OVER ordered AS before, LAG(pos) OVER ordered AS earlier
    FROM snapshot WINDOW ordered AS (PARTITION BY opportunity_id ORDER BY since)
), folded AS (
    SELECT opportunity_id, MIN(since) AS first, COUNT(*) - COUNT(until) AS open,
        MAX(CASE WHEN earlier IS NOT NULL AND (before IS NULL OR before <> since) THEN 1 ELSE 0 END) AS torn
    FROM kept GROUP BY opportunity_id
)
SELECT opportunity.number, opportunity.organization_id FROM opportunity
LEFT JOIN folded ON folded.opportunity_id = opportunity.id
LEFT JOIN snapshot now ON now.opportunity_id = opportunity.id AND now.until IS NULL
WHERE folded.opportunity_id IS NULL OR folded.open <> 1 OR torn = 1 OR first <> opportunity.created_at
    OR now.state <> opportunity.state OR now.owner_id <> opportunity.owner_id
    OR COALESCE(now.value_minor, -1) <> COALESCE(opportunity.value_minor, -1)
    OR COALESCE(now.value_currency, '') <> COALESCE(opportunity.value_currency, '')
    OR COALESCE(CAST(now.expected_close_date AS TEXT), '') <> COALESCE(CAST(opportunity.expected_close_date AS TEXT), '')
    OR COALESCE(CAST(now.closed_on AS TEXT), '') <> COALESCE(CAST(opportunity.closed_on AS TEXT), '')
    OR now.probability <> opportunity.probability OR now.forecast_category <> opportunity.forecast_category
ORDER BY opportunity.organization_id, opportunity.number"""
PAYLOAD_VERSION = {"sqlite": "json_extract(payload, '$.version')", "postgres": "(payload->>'version')::int"}
BROKEN_CURSORS = {
    "sqlite": """
        SELECT pos FROM (SELECT pos, LAG(pos, 1, 0) OVER (ORDER BY pos) AS before, epoch FROM event)
        WHERE pos <> before + 1 OR epoch > (SELECT epoch FROM feed_epoch) ORDER BY pos""",
    "postgres": """
        SELECT pos FROM event WHERE epoch > (SELECT epoch FROM feed_epoch) OR (epoch = (SELECT epoch FROM feed_epoch)
            AND xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint) ORDER BY pos""",
}
FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS child, confrelid::regclass::text AS parent, child.attname AS named, parent.attname AS key
FROM pg_constraint
JOIN pg_attribute child ON child.attrelid = conrelid AND child.attnum = conkey[1]
JOIN pg_attribute parent ON parent.attrelid = confrelid AND parent.attnum = confkey[1]
WHERE contype = 'f' AND connamespace = current_schema()::regnamespace ORDER BY 1, 3"""


@dataclass(frozen=True, slots=True)
class IntegrityResult:
    """One thing looked at: what was found where it holds, else its faults, each a sentence."""

    name: str
    finding: str
    faults: tuple[str, ...] = ()


async def verify(report: Callable[[IntegrityResult], None]) -> bool:
    """Look at everything that must hold, at one moment; each thing is told as it is found. True where all holds."""
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
    for organization in await Organization.all().order_by("id").values("id", "name", "audit_number", "audit_hash"):
        finding, faults = await _audit_trail(organization)
        yield IntegrityResult(f"audit trail of {organization['name']}", finding, _shorten(faults))


def _shorten(faults: list[str]) -> tuple[str, ...]:
    more = len(faults) - MAX_REPORTED
    return (*faults[:MAX_REPORTED], *([f"… and {more:,} more."] if more > 0 else []))


async def _foreign_keys() -> tuple[str, list[str]]:
    if dialect() == "sqlite":
        orphans = await fetch("PRAGMA foreign_key_check")
        return "every one leads to a row", [
            f"A row of {row['table']} names a row of {row['parent']} that is not there." for row in orphans
        ]
    keys, faults = await fetch(FOREIGN_KEYS), list[str]()
    for key in keys:
        child, parent, column = key["child"], key["parent"], key["named"]
        orphans = await fetch(
            f"SELECT count(*) AS n FROM {child} WHERE {column} IS NOT NULL AND NOT EXISTS "
            f"(SELECT FROM {parent} parent WHERE parent.{key['key']} = {child}.{column})"
        )
        if orphans[0]["n"]:
            faults.append(f"{orphans[0]['n']:,} rows of {child} name by {column} a row of {parent} that is not there.")
    return f"each of {len(keys)} leads to a row", faults


async def _histories() -> tuple[str, list[str]]:
    broken = await fetch(BROKEN_HISTORIES)
    count = (await fetch("SELECT COUNT(*) AS n FROM opportunity"))[0]["n"]
    return f"the transitions of {count:,} opportunities lead to their states", [_history_fault(row) for row in broken]


def _history_fault(row: Mapping[str, Any]) -> str:
    subject = f"Opportunity {row['number']} of organization {row['organization_id']}"
    if row["missing"] is not None:
        return f"{subject}: its transition {row['missing']} is missing."
    if row["torn"] is not None:
        return f"{subject}: its transition {row['torn']} does not begin where the one before it ended."
    return f"{subject} is stored as {row['stored']}, and its transitions lead to {row['folded']}."


async def _snapshots() -> tuple[str, list[str]]:
    broken = await fetch(BROKEN_SNAPSHOTS)
    count = (await fetch("SELECT COUNT(*) AS n FROM snapshot"))[0]["n"]
    return f"{count:,} standings follow one another to how each opportunity stands now", [
        f"Opportunity {row['number']} of organization {row['organization_id']} does not stand as its standings tell, or they have a gap."
        for row in broken
    ]


async def _versions() -> tuple[str, list[str]]:
    broken = await fetch(BROKEN_VERSIONS.format(version=PAYLOAD_VERSION[dialect()]))
    return "every version of an opportunity is told by an event, without a gap", [_version_fault(row) for row in broken]


def _version_fault(row: Mapping[str, Any]) -> str:
    subject = f"Opportunity {row['number']} of organization {row['organization_id']}"
    if row["newest"] != row["version"]:
        return f"{subject} is at version {row['version']}, and its events tell of {row['newest'] or 'none'}."
    return f"{subject}: its events tell {row['versions']} of its {row['version']} versions."


async def _cursors() -> tuple[str, list[str]]:
    broken = await fetch(BROKEN_CURSORS[dialect()])
    count = (await fetch("SELECT COUNT(*) AS n FROM event"))[0]["n"]
    finding = f"{count:,} events stand in the feed {'without a gap' if dialect() == 'sqlite' else 'at places that were given out'}"
    return finding, [
        f"The event at {row['pos']} follows a gap, or stands at a place that was not given out." for row in broken
    ]


async def _audit_trail(organization: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The chain anew from the facts, against what each fact and the organization keep of it."""
    last, number = GENESIS_HASH, 0
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
                return "", [f"Fact {number + 1} is missing."]
            number += 1
            last = chain_hash(last, number, event)
            if stored_hash != last:
                return "", [
                    f"Fact {number} ({event['type']}, event {event['id']}) is not what was recorded, or one before it is not."
                ]
    if (number, last) != (organization["audit_number"], organization["audit_hash"]):
        return "", [
            f"It ends with fact {number}, and the organization keeps {organization['audit_number']} as its last."
        ]
    unaudited = await events.filter(aggregatetype__in=sorted(AUDITED_KINDS), audit_number=None).count()
    older = f", {unaudited:,} older than it" if unaudited else ""
    return f"{number:,} facts{older}; the last is {last}", []


_AUDITED_COLUMNS = (
    "id", "organization_id", "aggregatetype", "aggregateid", "type", "payload", "at", "request_id",
    "actor_kind", "actor_name", "actor_member_id",
)  # fmt: skip
_CHECKS: tuple[tuple[str, Callable[[], Awaitable[tuple[str, list[str]]]]], ...] = (
    ("foreign keys", _foreign_keys),
    ("history", _histories),
    ("standings", _snapshots),
    ("versions", _versions),
    ("event cursors", _cursors),
)
