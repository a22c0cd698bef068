"""Read a CSV file of any encoding and delimiter line by line, with a limit on the size of a line."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_LINE_BYTES = 1_000_000
"""The longest line in bytes; a longer one is rejected."""
DELIMITERS = (",", ";", "\t", "|")
SNIFFED_BYTES = 64_000
"""The bytes at the start of a file that the delimiter is detected from."""


class UnreadableFileError(Exception):
    """The file cannot be read, or is not CSV; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """The encoding, delimiter and columns of a file."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CsvLine:
    """The cells of a line by column, and the reason if they cannot be assigned to columns."""

    cells: Mapping[str, str]
    fault: str | None = None


def detect_format(file: Path) -> CsvFormat:
    """Return the format of a file; UnreadableFileError if it is empty or cannot be read."""
    try:
        encoding = _detect_encoding(file)
        with file.open("rb") as opened:
            start = opened.read(SNIFFED_BYTES).decode(encoding, errors="ignore")
    except OSError as problem:
        raise UnreadableFileError(f"{file} cannot be read: {problem.strerror}. Check the path.") from problem
    first = next((line for line in start.splitlines() if line.strip()), "")
    if not first:
        raise UnreadableFileError(f"{file} is empty. Give a CSV file whose first line names its columns.")
    delimiter = max(DELIMITERS, key=lambda mark: (_count_unquoted(first, mark), -DELIMITERS.index(mark)))
    rows = _rows(file, encoding, delimiter)
    header = next((row for row in rows if isinstance(row, list) and any(cell.strip() for cell in row)), [])
    return CsvFormat(encoding, delimiter, _unique_names(cell.strip() for cell in header))


def lines(file: Path, csv_format: CsvFormat) -> Iterator[CsvLine]:
    """Yield the lines after the header; empty lines are left out."""
    past_header = False
    for row in _rows(file, csv_format.encoding, csv_format.delimiter):
        if isinstance(row, str):
            yield CsvLine(dict.fromkeys(csv_format.header, ""), row)
        elif not any(cell.strip() for cell in row):
            continue
        elif not past_header:
            past_header = True
        else:
            yield _line(row, csv_format)


def _line(row: list[str], csv_format: CsvFormat) -> CsvLine:
    header = csv_format.header
    cells = dict(zip(header, [cell.strip() for cell in row], strict=False))
    fault = None
    if len(row) != len(header):
        fault = _cell_count_fault(len(row), len(header))
    # The decoder puts this character in place of bytes that it cannot decode.
    if any("\ufffd" in cell for cell in row):
        fault = f"The line has bytes that are not text in {csv_format.encoding}. Save the file in UTF-8."
    return CsvLine({name: cells.get(name, "") for name in header}, fault)


def _cell_count_fault(found: int, expected: int) -> str:
    return f"The line has {found} cells, but the header has {expected}. Correct its delimiters and quotes."


def _rows(file: Path, encoding: str, delimiter: str) -> Iterator[list[str] | str]:
    """Yield the cells of each row, or a message for a row that cannot be read."""
    csv.field_size_limit(MAX_LINE_BYTES)
    reader = csv.reader(_decode_lines(file, encoding), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield f"The line cannot be read: {problem}. Correct its quotes."
            continue
        # A line that is too long comes from `_decode_lines` as one cell with this message.
        yield _TOO_LONG if row == [_TOO_LONG] else row


_TOO_LONG = f"The line is longer than {MAX_LINE_BYTES:,} bytes. Shorten it."


def _decode_lines(file: Path, encoding: str) -> Iterator[str]:
    """Yield the lines as text of limited length.

    Bytes that cannot be decoded become replacement characters.
    """
    if encoding.startswith("utf-16"):
        with file.open(encoding=encoding, errors="replace", newline="") as wide:
            while text := wide.readline(MAX_LINE_BYTES):
                yield text
        return
    with file.open("rb") as opened:
        is_first = True
        while line := opened.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = opened.readline(MAX_LINE_BYTES)
                yield f'"{_TOO_LONG}"\n'
                continue
            # Only the first line of the file begins with a byte order mark.
            yield line.decode(
                encoding if is_first else encoding.replace("utf-8-sig", "utf-8"), errors="replace"
            )
            is_first = False


def _detect_encoding(file: Path) -> str:
    """Return the encoding of the byte order mark, or UTF-8 if the file is valid, or Windows-1252."""
    with file.open("rb") as opened:
        start = opened.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        if start.startswith(codecs.BOM_UTF8):
            return "utf-8-sig"
        opened.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while part := opened.read(MAX_LINE_BYTES):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _count_unquoted(line: str, mark: str) -> int:
    """Return the number of times that a mark is outside quotes."""
    return sum(part.count(mark) for part in line.split('"')[::2])


def _unique_names(names: Iterator[str]) -> tuple[str, ...]:
    """Return the names of the columns; a repeated name gets a number."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)


def count_lines(file: Path, csv_format: CsvFormat) -> int:
    """Return the number of lines after the header."""
    return sum(1 for _ in lines(file, csv_format))


def column_values(file: Path, csv_format: CsvFormat, names: Sequence[str]) -> Iterator[str]:
    """Yield the cells of some columns, line by line; empty cells are left out."""
    for line in lines(file, csv_format):
        yield from (line.cells[name] for name in names if line.cells[name])
