"""Import the data set "CRM sales opportunities" of Maven Analytics, a folder of CSV files."""

import csv
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from api.files.csv_lines import UnreadableFileError
from api.files.import_batches import ImportTally, import_lines
from api.files.parsed_line import ParsedLine
from workflow.operations.accounts.accounts import AccountChanges, ensure_accounts
from workflow.operations.core.context import Ctx
from workflow.operations.core.validation import MoneyAmount
from workflow.operations.transfer.dry_run import in_own_transaction
from workflow.operations.transfer.row import ImportRow
from workflow.operations.transfer.sellers import Seller, ensure_sellers
from workflow.queries.people.people import OrganizationRow
from workflow.rules.enums import OpportunityState
from workflow.rules.errors import InvalidInputError, invalid_field

SYSTEM = "crm-sales-opportunities"
PIPELINE = "sales_pipeline.csv"
NO_ACCOUNT = "(no account)"
STATE_OF_STAGE = {
    "Prospecting": OpportunityState.LEAD,
    "Engaging": OpportunityState.PROGRESSING,
    "Won": OpportunityState.WON,
    "Lost": OpportunityState.LOST,
}
SPELLING_FIXES = {"technolgy": "technology", "GTXPro": "GTX Pro", "Philipines": "Philippines"}
"""The spelling mistakes of the data set, with the correct spelling."""
HEADER = (
    "opportunity_id", "sales_agent", "product", "account", "deal_stage",
    "engage_date", "close_date", "close_value",
)  # fmt: skip
COLUMNS = frozenset(HEADER)
ACCOUNT_COLUMNS = frozenset(
    {"account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of"}
)
SELLER_COLUMNS = frozenset({"sales_agent", "manager", "regional_office"})
MALFORMED = "(broken)"
"""The key that marks a line with more or fewer cells than the header."""
_MILLION = 1_000_000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DataSetOptions:
    """The currency of the values, the time zone of the days, and the offset that is added to every date."""

    currency: str
    zone: ZoneInfo
    date_shift: timedelta = timedelta(0)


async def import_data_set(
    ctx: Ctx,
    file: Path,
    options: DataSetOptions,
    tally: ImportTally,
    *,
    only_ids: Container[str] | None = None,
) -> None:
    """Create the missing sellers and accounts, then import the pipeline, or only the given ids of it."""
    await ensure_sellers(ctx, read_sellers(file.parent))
    await _ensure_accounts(ctx, file.parent)
    lines = (line for line in parse_pipeline(file, options) if only_ids is None or line.key in only_ids)
    await import_lines(ctx, lines, tally)


@dataclass(frozen=True, slots=True)
class DataSetFile:
    """The pipeline file as a format of the import command."""

    file: Path
    total: int
    header: Sequence[str] = HEADER

    async def run(
        self, ctx: Ctx, organization: OrganizationRow, tally: ImportTally, *, dry_run: bool
    ) -> None:
        """Import the data set.

        A dry run is one transaction, because its rows need the sellers and accounts.
        """
        tally.on_start()
        options = DataSetOptions(currency=organization.base_currency, zone=ZoneInfo(organization.time_zone))

        async def work() -> None:
            tally.counts.clear()
            await import_data_set(ctx, self.file, options, tally)

        if dry_run:
            await in_own_transaction(work, dry_run=True)
        else:
            await work()


def parse_pipeline(file: Path, options: DataSetOptions) -> Iterator[ParsedLine]:
    """Yield the opportunities of the pipeline file."""
    for cells in _read_rows(file, COLUMNS):
        try:
            row: ImportRow | InvalidInputError = _import_row(_check_cell_count(cells), options)
        except InvalidInputError as problem:
            row = problem
        yield ParsedLine(cells, cells["opportunity_id"], SYSTEM, row)


def count_rows(file: Path) -> int:
    """Return the number of opportunities in the pipeline file."""
    return sum(1 for _ in _read_rows(file, COLUMNS))


def latest_date(file: Path) -> date:
    """Return the latest date of the pipeline file."""
    days = (cells[name] for cells in _read_rows(file, COLUMNS) for name in ("engage_date", "close_date"))
    return max(date.fromisoformat(value) for value in days if value)


def read_sellers(folder: Path) -> list[Seller]:
    """Return the sellers. Each manager has a team, named after the regional office."""
    return _read_table(folder / "sales_teams.csv", SELLER_COLUMNS, _seller)


def read_accounts(folder: Path) -> list[AccountChanges]:
    """Return the accounts."""
    return _read_table(folder / "accounts.csv", ACCOUNT_COLUMNS, _account)


async def _ensure_accounts(ctx: Ctx, folder: Path) -> None:
    try:
        await ensure_accounts(ctx, read_accounts(folder))
    except InvalidInputError as problem:
        raise UnreadableFileError(
            f"An account of {folder / 'accounts.csv'} cannot be created: {problem}"
        ) from problem


def _read_rows(file: Path, columns: frozenset[str]) -> Iterator[dict[str, str]]:
    """Yield the cells of each line by column, a malformed line with its mark."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = columns - set(reader.fieldnames or ())
            if missing:
                raise UnreadableFileError(
                    f"{file} has no column {', '.join(sorted(missing))}. "
                    f"Give the data set's {PIPELINE} with the other files beside it."
                )
            for line in reader:
                # The reader collects surplus cells under None and gives missing cells the value None.
                is_malformed = None in line or None in line.values()
                cells = {name: (value or "").strip() for name, value in line.items() if name}
                yield {**cells, MALFORMED: "yes"} if is_malformed else cells
    except OSError as problem:
        message = (
            f"{file} cannot be read: {problem.strerror}. Check the path; the files belong in one folder."
        )
        raise UnreadableFileError(message) from problem
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UnreadableFileError(f"{file} is not CSV in UTF-8: {problem}. Save it as such.") from problem


def _read_table(file: Path, columns: frozenset[str], convert: Callable[[Mapping[str, str]], T]) -> list[T]:
    """Convert each line of a file beside the pipeline. A faulty line stops the import with its number."""
    results: list[T] = []
    for number, cells in enumerate(_read_rows(file, columns), 2):
        try:
            results.append(convert(_check_cell_count(cells)))
        except InvalidInputError as problem:
            raise UnreadableFileError(f"{file}, line {number}: {problem}") from problem
    return results


def _check_cell_count(cells: Mapping[str, str]) -> Mapping[str, str]:
    if MALFORMED in cells:
        message = "The line has more or fewer cells than the header. Correct its commas and quotes."
        raise invalid_field("line", message=message)
    return cells


def _import_row(cells: Mapping[str, str], options: DataSetOptions) -> ImportRow:
    state = STATE_OF_STAGE.get(cells["deal_stage"])
    if state is None:
        message = f"`{cells['deal_stage']}` is not a stage. The stages are {', '.join(STATE_OF_STAGE)}."
        raise invalid_field("deal_stage", message=message)
    product = _fix_spelling(cells["product"])
    account = cells["account"]
    engaged_on = _parse_day(cells, "engage_date", options)
    return ImportRow(
        external_id=cells["opportunity_id"],
        name=f"{product} for {account}" if account else product,
        account_name=account or NO_ACCOUNT,
        owner_email=_email_of(cells["sales_agent"]) if cells["sales_agent"] else None,
        state=state,
        value=_parse_value(cells, options.currency),
        created_at=None
        if engaged_on is None
        else datetime.combine(engaged_on, time(), options.zone).astimezone(UTC),
        closed_on=_parse_day(cells, "close_date", options),
        attributes={"product": product},
    )


def _seller(cells: Mapping[str, str]) -> Seller:
    for name in sorted(SELLER_COLUMNS):
        if not cells[name]:
            raise invalid_field(name, message=f"`{name}` is empty. Give it a text.")
    return Seller(
        name=cells["sales_agent"],
        email=_email_of(cells["sales_agent"]),
        team=f"{cells['regional_office']} ({cells['manager']})",
        manager=cells["manager"],
        manager_email=_email_of(cells["manager"]),
    )


def _account(cells: Mapping[str, str]) -> AccountChanges:
    attributes: dict[str, object] = {}
    if cells["year_established"].isdigit():
        attributes["year_established"] = int(cells["year_established"])
    if cells["subsidiary_of"]:
        attributes["subsidiary_of"] = cells["subsidiary_of"]
    revenue = _parse_number(cells, "revenue")
    return {
        "name": cells["account"],
        "industry": _fix_spelling(cells["sector"]) or None,
        "employee_count": int(cells["employees"]) if cells["employees"].isdigit() else None,
        "annual_revenue": None if revenue is None else MoneyAmount(revenue * _MILLION, "USD"),
        "country": _fix_spelling(cells["office_location"]) or None,
        "attributes": attributes,
    }


def _fix_spelling(word: str) -> str:
    return SPELLING_FIXES.get(word, word)


def _email_of(name: str) -> str:
    return ".".join(name.lower().split()) + "@example.com"


def _parse_value(cells: Mapping[str, str], currency: str) -> MoneyAmount | None:
    amount = _parse_number(cells, "close_value")
    return None if amount is None else MoneyAmount(amount, currency)


def _parse_number(cells: Mapping[str, str], name: str) -> Decimal | None:
    try:
        number = Decimal(cells[name]) if cells[name] else None
    except InvalidOperation:
        number = Decimal("NaN")
    if number is not None and not number.is_finite():
        raise invalid_field(name, message=f"`{cells[name]}` is not a number such as 1054.")
    return number


def _parse_day(cells: Mapping[str, str], name: str, options: DataSetOptions) -> date | None:
    if not cells[name]:
        return None
    try:
        return date.fromisoformat(cells[name]) + options.date_shift
    except (ValueError, OverflowError):
        raise invalid_field(name, message=f"`{cells[name]}` is not a date such as 2017-03-01.") from None
