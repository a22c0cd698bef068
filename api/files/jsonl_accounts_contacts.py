"""JSON lines of accounts and of contacts, as an export writes them, brought in one by one."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.files.cells import Record, RecordKind
from api.files.import_batches import ImportTally
from api.files.jsonl_rows import LINE_COLUMN, FieldParsers, lines, parse_fields, parse_money, parse_object, parse_text
from api.files.parsed_line import ParsedLine
from workflow.operations.core.context import Ctx
from workflow.operations.transfer.accounts_contacts import in_own_transaction, upsert_account, upsert_contact
from workflow.rules.enums import ImportOutcome
from workflow.rules.errors import InvalidInputError, Refusal, invalid_field

IGNORED_FIELDS = frozenset({"id", "accountId", "version", "createdAt", "updatedAt"})
"""What an export tells besides, and what is another organization's: everything gets ids and times of its own."""


@dataclass(frozen=True, slots=True)
class JsonlFormat:
    """A kind of line: its fields, those it cannot be without, and how one is kept."""

    fields: FieldParsers
    required: tuple[str, ...]
    store: Callable[[Ctx, Record], Awaitable[ImportOutcome]]


def detect_kind(file: Path) -> RecordKind:
    """What the lines of a file are, by the fields of the first; opportunities where they name neither."""
    first = next(lines(file), "")
    try:
        data = json.loads(first)
    except (ValueError, RecursionError):
        return RecordKind.OPPORTUNITIES
    names = data.keys() if isinstance(data, Mapping) else ()
    if "accountName" in names:
        return RecordKind.CONTACTS if "accountId" in names else RecordKind.OPPORTUNITIES
    return RecordKind.ACCOUNTS if "name" in names else RecordKind.OPPORTUNITIES


async def import_records(ctx: Ctx, kind: RecordKind, file: Path, tally: ImportTally, *, dry_run: bool) -> None:
    """Each line in a transaction of its own; what is only tried is taken back."""
    jsonl_format = JSONL_FORMATS[kind]
    for text in lines(file):
        try:
            record = parse_fields(parse_object(text), jsonl_format.fields, jsonl_format.required, IGNORED_FIELDS)
            outcome = await in_own_transaction(lambda given=record: jsonl_format.store(ctx, given), dry_run=dry_run)  # type: ignore[misc]
        except Refusal as problem:
            outcome = ImportOutcome.REJECTED
            error = (
                problem
                if isinstance(problem, InvalidInputError)
                else invalid_field(LINE_COLUMN, message=problem.message)
            )
            tally.on_reject(ParsedLine({LINE_COLUMN: text.strip()}, "", "", error), problem.message)
        tally.counts[outcome] += 1
        tally.on_progress(tally.done)


async def _store_account(ctx: Ctx, record: Record) -> ImportOutcome:
    return await upsert_account(ctx, record)  # type: ignore[arg-type]  # the fields below are those of an account


async def _store_contact(ctx: Ctx, record: Record) -> ImportOutcome:
    return await upsert_contact(ctx, record.pop("account_name"), record)  # type: ignore[arg-type]  # and these of a contact


def _parse_count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _parse_any(value: Any) -> Any:
    return value


EXTERNAL_KEY_FIELDS: FieldParsers = {
    "externalSystem": ("external_system", parse_text),
    "externalId": ("external_id", parse_text),
    "attributes": ("attributes", _parse_any),
}
JSONL_FORMATS: Mapping[RecordKind, JsonlFormat] = {
    RecordKind.ACCOUNTS: JsonlFormat(
        {
            **{name: (name, parse_text) for name in ("name", "domain", "industry", "country")},
            "employeeCount": ("employee_count", _parse_count),
            "annualRevenue": ("annual_revenue", parse_money),
            **EXTERNAL_KEY_FIELDS,
        },
        ("name",),
        _store_account,
    ),
    RecordKind.CONTACTS: JsonlFormat(
        {
            "accountName": ("account_name", parse_text),
            **{name: (name, parse_text) for name in ("name", "email", "phone", "title")},
            **EXTERNAL_KEY_FIELDS,
        },
        ("name", "accountName"),
        _store_contact,
    ),
}
