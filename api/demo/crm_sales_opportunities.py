"""Maven Analytics' "CRM sales opportunities" as rows of an import: the pipeline, and its sister files beside it."""

import csv
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from api.files.csv_lines import UnreadableFile
from api.files.import_batches import Tally, import_reads
from api.files.parsed_line import Read
from workflow.operations.accounts.accounts import AccountChanges, ensure_accounts
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyGiven
from workflow.operations.transfer.row import ImportRow
from workflow.operations.transfer.sellers import Seller, ensure_sellers
from workflow.rules.enums import OpportunityState
from workflow.rules.errors import InvalidInput, invalid

SYSTEM = "crm-sales-opportunities"
PIPELINE = "sales_pipeline.csv"
NO_ACCOUNT = "(no account)"
STATE_OF_STAGE = {
    "Prospecting": OpportunityState.LEAD,
    "Engaging": OpportunityState.PROGRESSING,
    "Won": OpportunityState.WON,
    "Lost": OpportunityState.LOST,
}
SPELLED_RIGHT = {"technolgy": "technology", "GTXPro": "GTX Pro", "Philipines": "Philippines"}
"""The data set's own slips, and what is meant."""
HEADER = (
    "opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date", "close_value",
)  # fmt: skip
COLUMNS = frozenset(HEADER)
ACCOUNT_COLUMNS = frozenset(
    {"account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of"}
)
SELLER_COLUMNS = frozenset({"sales_agent", "manager", "regional_office"})
BROKEN = "(broken)"
"""The mark of a line whose cells are not those of the header."""
_MILLION = 1_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """How the files are read: the currency of values, where a day begins, and by how many days all dates move."""

    currency: str
    zone: ZoneInfo
    shift: timedelta = timedelta(0)


async def import_data_set(
    ctx: Ctx, file: Path, reading: Reading, tally: Tally, *, only: Container[str] | None = None
) -> None:
    """Make sellers and accounts that are missing, then import the pipeline in batches; `only` some of it, by their ids."""
    await ensure_sellers(ctx, sellers(file.parent))
    await _ensure_accounts(ctx, file.parent)
    await import_reads(ctx, (read for read in pipeline(file, reading) if only is None or read.key in only), tally)


def pipeline(file: Path, reading: Reading) -> Iterator[Read]:
    """The opportunities, one line at a time."""
    for cells in _lines(file, COLUMNS):
        try:
            row: ImportRow | InvalidInput = _row(_whole(cells), reading)
        except InvalidInput as problem:
            row = problem
        yield Read(cells, cells["opportunity_id"], SYSTEM, row)


def count(file: Path) -> int:
    """How many opportunities the file holds."""
    return sum(1 for _ in _lines(file, COLUMNS))


def newest_day(file: Path) -> date:
    """The last day of the pipeline that anything happened."""
    days = (cells[name] for cells in _lines(file, COLUMNS) for name in ("engage_date", "close_date"))
    return max(date.fromisoformat(value) for value in days if value)


def sellers(folder: Path) -> list[Seller]:
    """The sellers, a team for each manager, named after the regional office."""
    return _understood(folder / "sales_teams.csv", SELLER_COLUMNS, _seller)


def accounts(folder: Path) -> list[AccountChanges]:
    """The accounts with all that is known of them."""
    return _understood(folder / "accounts.csv", ACCOUNT_COLUMNS, _account)


async def _ensure_accounts(ctx: Ctx, folder: Path) -> None:
    """Make the accounts that are missing by name; what is there stays as it is."""
    try:
        await ensure_accounts(ctx, accounts(folder))
    except InvalidInput as problem:
        raise UnreadableFile(f"An account of {folder / 'accounts.csv'} cannot be made: {problem}") from problem


def _lines(file: Path, columns: frozenset[str]) -> Iterator[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            lines = csv.DictReader(opened)
            if missing := columns - set(lines.fieldnames or ()):
                raise UnreadableFile(
                    f"{file} has no column {', '.join(sorted(missing))}. Give the data set's own {PIPELINE}, its sister files beside it."
                )
            for line in lines:
                yield {name: "" if value is None else value.strip() for name, value in line.items() if name} | (
                    {BROKEN: "yes"} if None in line or None in line.values() else {}
                )
    except OSError as problem:
        raise UnreadableFile(
            f"{file} cannot be read: {problem.strerror}. Check the path; the files stand in one folder."
        ) from problem
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UnreadableFile(f"{file} is no CSV in UTF-8: {problem}. Save it as such.") from problem


def _understood(file: Path, columns: frozenset[str], meaning: Callable[[Mapping[str, str]], T]) -> list[T]:
    """What each line of a sister file means; one that means nothing stops the import, by its number."""
    meant: list[T] = []
    for number, cells in enumerate(_lines(file, columns), 2):
        try:
            meant.append(meaning(_whole(cells)))
        except InvalidInput as problem:
            raise UnreadableFile(f"{file}, line {number}: {problem}") from problem
    return meant


def _whole(cells: Mapping[str, str]) -> Mapping[str, str]:
    if BROKEN in cells:
        raise invalid("line", message="The line has more or fewer cells than the header. Mend its commas and quotes.")
    return cells


def _row(cells: Mapping[str, str], reading: Reading) -> ImportRow:
    state = STATE_OF_STAGE.get(cells["deal_stage"])
    if state is None:
        raise invalid("deal_stage", message=f"`{cells['deal_stage']}` is no stage; it is {', '.join(STATE_OF_STAGE)}.")
    product, account = _spelled(cells["product"]), cells["account"]
    engaged, closed_on = _day(cells, "engage_date", reading), _day(cells, "close_date", reading)
    return ImportRow(
        external_id=cells["opportunity_id"],
        name=f"{product} for {account}" if account else product,
        account_name=account or NO_ACCOUNT,
        owner_email=_email(cells["sales_agent"]) if cells["sales_agent"] else None,
        state=state,
        value=_value(cells, reading.currency),
        created_at=None if engaged is None else datetime.combine(engaged, time(), reading.zone).astimezone(UTC),
        closed_on=closed_on,
        attributes={"product": product},
    )


def _seller(cells: Mapping[str, str]) -> Seller:
    for name in sorted(SELLER_COLUMNS):
        if not cells[name]:
            raise invalid(name, message=f"`{name}` is empty. Give it a text.")
    return Seller(
        name=cells["sales_agent"],
        email=_email(cells["sales_agent"]),
        team=f"{cells['regional_office']} ({cells['manager']})",
        manager=cells["manager"],
        manager_email=_email(cells["manager"]),
    )


def _account(cells: Mapping[str, str]) -> AccountChanges:
    attributes: dict[str, object] = {}
    if cells["year_established"].isdigit():
        attributes["year_established"] = int(cells["year_established"])
    if cells["subsidiary_of"]:
        attributes["subsidiary_of"] = cells["subsidiary_of"]
    revenue = _number(cells, "revenue")
    return {
        "name": cells["account"],
        "industry": _spelled(cells["sector"]) or None,
        "employee_count": int(cells["employees"]) if cells["employees"].isdigit() else None,
        "annual_revenue": None if revenue is None else MoneyGiven(revenue * _MILLION, "USD"),
        "country": _spelled(cells["office_location"]) or None,
        "attributes": attributes,
    }


def _spelled(word: str) -> str:
    return SPELLED_RIGHT.get(word, word)


def _email(name: str) -> str:
    return ".".join(name.lower().split()) + "@example.com"


def _value(cells: Mapping[str, str], currency: str) -> MoneyGiven | None:
    amount = _number(cells, "close_value")
    return None if amount is None else MoneyGiven(amount, currency)


def _number(cells: Mapping[str, str], name: str) -> Decimal | None:
    try:
        number = Decimal(cells[name]) if cells[name] else None
    except InvalidOperation:
        number = Decimal("NaN")
    if number is not None and not number.is_finite():
        raise invalid(name, message=f"`{cells[name]}` is no number such as 1054.")
    return number


def _day(cells: Mapping[str, str], name: str, reading: Reading) -> date | None:
    if not cells[name]:
        return None
    try:
        return date.fromisoformat(cells[name]) + reading.shift
    except (ValueError, OverflowError):
        raise invalid(name, message=f"`{cells[name]}` is no date such as 2017-03-01.") from None
