"""JSON lines of accounts and of contacts, as an export writes them, brought in one by one."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.files.cells import Kind, Record
from api.files.import_batches import Tally
from api.files.jsonl_rows import LINE, Fields, lines, money_of, object_of, parsed, text_of
from api.files.parsed_line import Read
from workflow.operations.core.context import Ctx
from workflow.operations.transfer.accounts_contacts import by_itself, keep_account, keep_contact
from workflow.rules.enums import ImportOutcome
from workflow.rules.errors import InvalidInput, Refusal, invalid

FOREIGN = frozenset({"id", "accountId", "version", "createdAt", "updatedAt"})
"""What an export tells besides, and what is another organization's: everything gets ids and times of its own."""


@dataclass(frozen=True, slots=True)
class Party:
    """A kind of line: its fields, those it cannot be without, and how one is kept."""

    fields: Fields
    needed: tuple[str, ...]
    keep: Callable[[Ctx, Record], Awaitable[ImportOutcome]]


def kind_of(file: Path) -> Kind:
    """What the lines of a file are, by the fields of the first; opportunities where they name neither."""
    first = next(lines(file), "")
    try:
        data = json.loads(first)
    except (ValueError, RecursionError):
        return Kind.OPPORTUNITIES
    names = data.keys() if isinstance(data, Mapping) else ()
    if "accountName" in names:
        return Kind.CONTACTS if "accountId" in names else Kind.OPPORTUNITIES
    return Kind.ACCOUNTS if "name" in names else Kind.OPPORTUNITIES


async def import_parties(ctx: Ctx, kind: Kind, file: Path, tally: Tally, *, dry_run: bool) -> None:
    """Each line in a transaction of its own; what is only tried is taken back."""
    party = PARTIES[kind]
    for text in lines(file):
        try:
            given = object_of(parsed(text), party.fields, party.needed, FOREIGN)
            outcome = await by_itself(lambda given=given: party.keep(ctx, given), dry_run=dry_run)  # type: ignore[misc]
        except Refusal as problem:
            outcome = ImportOutcome.REJECTED
            told = problem if isinstance(problem, InvalidInput) else invalid(LINE, message=problem.message)
            tally.reject(Read({LINE: text.strip()}, "", "", told), problem.message)
        tally.counts[outcome] += 1
        tally.progress(tally.done)


async def _account(ctx: Ctx, given: Record) -> ImportOutcome:
    return await keep_account(ctx, given)  # type: ignore[arg-type]  # the fields below are those of an account


async def _contact(ctx: Ctx, given: Record) -> ImportOutcome:
    return await keep_contact(ctx, given.pop("account_name"), given)  # type: ignore[arg-type]  # and these of a contact


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError
    return value


def _any(value: Any) -> Any:
    return value


KEYS: Fields = {
    "externalSystem": ("external_system", text_of),
    "externalId": ("external_id", text_of),
    "attributes": ("attributes", _any),
}
PARTIES: Mapping[Kind, Party] = {
    Kind.ACCOUNTS: Party(
        {
            **{name: (name, text_of) for name in ("name", "domain", "industry", "country")},
            "employeeCount": ("employee_count", _count),
            "annualRevenue": ("annual_revenue", money_of),
            **KEYS,
        },
        ("name",),
        _account,
    ),
    Kind.CONTACTS: Party(
        {
            "accountName": ("account_name", text_of),
            **{name: (name, text_of) for name in ("name", "email", "phone", "title")},
            **KEYS,
        },
        ("name", "accountName"),
        _contact,
    ),
}
