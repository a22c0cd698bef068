"""The formats of files that an import reads, one class for each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from api.files import csv_lines, jsonl_rows
from api.files.cells import RecordKind
from api.files.csv_lines import CsvFormat, CsvLine, UnreadableFileError
from api.files.import_batches import ImportTally, import_lines
from api.files.import_map import REQUIRED_FIELDS, ImportMap, best_preset
from api.files.jsonl_accounts_contacts import detect_kind, import_records
from api.files.mapped_rows import DATE_FIELDS, RowMapper, ValueFormat, detect_date_order, detect_decimal_mark
from api.files.parsed_line import ParsedLine
from workflow.operations.core.context import Ctx
from workflow.queries.people.people import OrganizationRow, emails_by_name
from workflow.rules.errors import InvalidInputError


class ImportFile(Protocol):
    """A file in one of the formats: its columns, the number of its rows, and its import."""

    @property
    def header(self) -> Sequence[str]:
        """The columns of the file, which the file of rejected rows has as well."""

    @property
    def total(self) -> int:
        """The number of rows."""

    async def run(
        self, ctx: Ctx, organization: OrganizationRow, tally: ImportTally, *, dry_run: bool
    ) -> None:
        """Import the rows and count their outcomes.

        Call the tally's `on_start` once the file is known to be readable.
        """


@dataclass(frozen=True, slots=True)
class JsonLinesFile:
    """JSON lines of opportunities, accounts or contacts."""

    file: Path
    kind: RecordKind
    total: int
    header: Sequence[str] = (jsonl_rows.LINE_COLUMN,)

    async def run(
        self, ctx: Ctx, organization: OrganizationRow, tally: ImportTally, *, dry_run: bool
    ) -> None:
        """Import opportunities in batches, accounts and contacts one by one."""
        tally.on_start()
        if self.kind is RecordKind.OPPORTUNITIES:
            await import_lines(ctx, jsonl_rows.parse_lines(self.file), tally, dry_run=dry_run)
        else:
            await import_records(ctx, self.kind, self.file, tally, dry_run=dry_run)


@dataclass(frozen=True, slots=True)
class MappedCsvFile:
    """A CSV file of another system, read by a map."""

    file: Path
    map: ImportMap
    csv_format: CsvFormat
    total: int

    @property
    def header(self) -> Sequence[str]:
        """The columns of the file."""
        return self.csv_format.header

    async def run(
        self, ctx: Ctx, organization: OrganizationRow, tally: ImportTally, *, dry_run: bool
    ) -> None:
        """Import the rows in batches; InvalidMapError if the order of day and month is ambiguous."""
        value_format = ValueFormat(
            zone=ZoneInfo(organization.time_zone),
            currency=organization.base_currency,
            dates=detect_date_order(self._values(DATE_FIELDS), self.map.dates),
            decimal=detect_decimal_mark(self._values(("amount",)), self.map.decimal),
            owners=await emails_by_name(ctx.viewer),
        )
        tally.on_start()
        mapper = RowMapper(self.map, self.header, value_format)
        await import_lines(ctx, self._parsed_lines(mapper), tally, dry_run=dry_run)

    def _values(self, fields: Iterable[str]) -> Iterator[str]:
        columns = [name for field in fields for name in self.map.columns_for(self.header, field)]
        return csv_lines.column_values(self.file, self.csv_format, columns)

    def _parsed_lines(self, mapper: RowMapper) -> Iterator[ParsedLine]:
        for line in csv_lines.lines(self.file, self.csv_format):
            yield self._parse_line(mapper, line)

    def _parse_line(self, mapper: RowMapper, line: CsvLine) -> ParsedLine:
        key = mapper.key(line)
        try:
            return ParsedLine(
                line.cells, key, self.map.external_system, mapper.row(line), mapper.contact(line)
            )
        except InvalidInputError as problem:
            return ParsedLine(line.cells, key, self.map.external_system, problem)


def open_json_lines(file: Path) -> JsonLinesFile:
    """Return a file of JSON lines with the kind of its records; UnreadableFileError if it cannot be read."""
    return JsonLinesFile(file, detect_kind(file), jsonl_rows.count_lines(file))


def open_mapped_csv(file: Path, map: ImportMap | None) -> MappedCsvFile | None:
    """Return a CSV file with its map, by default the preset that fits the header; None if no preset fits.

    UnreadableFileError if the file is not CSV or has no column for a required field.
    """
    csv_format = csv_lines.detect_format(file)
    found = map or best_preset(csv_format.header)
    if found is None:
        return None
    matched = found.match_header(csv_format.header)
    missing = [field for field in REQUIRED_FIELDS if field not in matched]
    if missing:
        columns = ", ".join(found.columns.get(missing[0], ())) or "none"
        raise UnreadableFileError(
            f"{file} has no column for `{missing[0]}`. The map reads it from: {columns}. "
            "Give a map of your own with --map; --dry-run without --map proposes one."
        )
    return MappedCsvFile(file, found, csv_format, csv_lines.count_lines(file, csv_format))
