"""Import JSON lines of accounts and of contacts, each line in a transaction of its own."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from api.files.cells import Record, RecordKind
from api.files.import_batches import ImportTally
from api.files.jsonl_fields import ACCOUNT_FIELDS, CONTACT_FIELDS, FieldTable
from api.files.jsonl_rows import LINE_COLUMN, lines, parse_fields, parse_object
from api.files.parsed_line import ParsedLine
from workflow.operations.core.context import Ctx
from workflow.operations.transfer.accounts_contacts import upsert_account, upsert_contact
from workflow.operations.transfer.dry_run import in_own_transaction
from workflow.rules.enums import ImportOutcome
from workflow.rules.errors import InvalidInputError, Refusal, invalid_field

IGNORED_FIELDS = frozenset({"id", "accountId", "version", "createdAt", "updatedAt"})
"""The fields that an import ignores: ids, versions and times belong to one organization."""


@dataclass(frozen=True, slots=True)
class JsonlFormat:
    """A kind of line: its fields, the required ones, and the operation that stores it."""

    fields: FieldTable
    required: tuple[str, ...]
    store: Callable[[Ctx, Record], Awaitable[ImportOutcome]]


def detect_kind(file: Path) -> RecordKind:
    """Return the kind of a file's lines by the fields of its first line."""
    first = next(lines(file), "")
    try:
        data = json.loads(first)
    except (ValueError, RecursionError):
        return RecordKind.OPPORTUNITIES
    names = data.keys() if isinstance(data, Mapping) else ()
    if "accountName" in names:
        return RecordKind.CONTACTS if "accountId" in names else RecordKind.OPPORTUNITIES
    return RecordKind.ACCOUNTS if "name" in names else RecordKind.OPPORTUNITIES


async def import_records(
    ctx: Ctx, kind: RecordKind, file: Path, tally: ImportTally, *, dry_run: bool
) -> None:
    """Import the lines of a file one by one. A dry run rolls each of them back."""
    for text in lines(file):
        try:
            outcome = await _import_line(ctx, JSONL_FORMATS[kind], text, dry_run=dry_run)
        except Refusal as problem:
            outcome = ImportOutcome.REJECTED
            tally.on_reject(
                ParsedLine({LINE_COLUMN: text.strip()}, "", "", _as_fault(problem)), problem.message
            )
        tally.counts[outcome] += 1
        tally.on_progress(tally.done)


async def _import_line(ctx: Ctx, jsonl_format: JsonlFormat, text: str, *, dry_run: bool) -> ImportOutcome:
    record = parse_fields(parse_object(text), jsonl_format.fields, jsonl_format.required, IGNORED_FIELDS)

    async def store() -> ImportOutcome:
        # A copy, because a transaction that collides with another one runs this again.
        return await jsonl_format.store(ctx, dict(record))

    return await in_own_transaction(store, dry_run=dry_run)


def _as_fault(problem: Refusal) -> InvalidInputError:
    if isinstance(problem, InvalidInputError):
        return problem
    return invalid_field(LINE_COLUMN, message=problem.message)


async def _store_account(ctx: Ctx, record: Record) -> ImportOutcome:
    return await upsert_account(ctx, record)  # type: ignore[arg-type]  # parsed by ACCOUNT_FIELDS


async def _store_contact(ctx: Ctx, record: Record) -> ImportOutcome:
    account = record.pop("account_name")
    return await upsert_contact(ctx, account, record)  # type: ignore[arg-type]  # parsed by CONTACT_FIELDS


JSONL_FORMATS: Mapping[RecordKind, JsonlFormat] = {
    RecordKind.ACCOUNTS: JsonlFormat(ACCOUNT_FIELDS, ("name",), _store_account),
    RecordKind.CONTACTS: JsonlFormat(CONTACT_FIELDS, ("name", "accountName"), _store_contact),
}
"""The format of each kind that is imported line by line."""
