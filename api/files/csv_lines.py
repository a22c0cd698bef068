"""The lines of a CSV file, whatever wrote it: encoding and delimiter told apart by looking, and no more than a line in memory."""

import codecs
import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MAX_LINE_BYTES = 1_000_000
"""Bytes of a line; a longer one is rejected and not kept."""
DELIMITERS = (",", ";", "\t", "|")
SNIFFED_BYTES = 64_000
"""Bytes at the beginning by which the delimiter is told."""


class UnreadableFileError(Exception):
    """The file cannot be read, or is no CSV; told in a sentence."""


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a file is written."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CsvLine:
    """One line's cells by the names of the header, or why it has none that can be told apart."""

    cells: Mapping[str, str]
    fault: str | None = None


def detect_format(file: Path) -> CsvFormat:
    """Look at a file; UnreadableFile where there is nothing to be read."""
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
    """The lines after the header; empty ones are left out."""
    past_header = False
    for row in _rows(file, csv_format.encoding, csv_format.delimiter):
        if isinstance(row, str):
            yield CsvLine(dict.fromkeys(csv_format.header, ""), row)
        elif not any(cell.strip() for cell in row):
            continue
        elif not past_header:
            past_header = True
        else:
            cells = dict(zip(csv_format.header, [cell.strip() for cell in row], strict=False))
            fault = None if len(row) == len(csv_format.header) else _cell_count_fault(len(row), len(csv_format.header))
            if any("\ufffd" in cell for cell in row):
                fault = f"The line holds bytes that are no text in {csv_format.encoding}. Save the file in UTF-8."
            yield CsvLine({name: cells.get(name, "") for name in csv_format.header}, fault)


def _cell_count_fault(found: int, expected: int) -> str:
    return f"The line has {found} cells and the header {expected}. Mend its delimiters and quotes."


def _rows(file: Path, encoding: str, delimiter: str) -> Iterator[list[str] | str]:
    """Rows of cells; a sentence for one that is none."""
    csv.field_size_limit(MAX_LINE_BYTES)
    reader = csv.reader(_decode_lines(file, encoding), delimiter=delimiter)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield f"The line cannot be read: {problem}. Mend its quotes."
            continue
        yield _TOO_LONG if row == [_TOO_LONG] else row


_TOO_LONG = f"The line is longer than {MAX_LINE_BYTES:,} bytes. Shorten it."


def _decode_lines(file: Path, encoding: str) -> Iterator[str]:
    """Lines as text, bounded; whatever cannot be decoded is said to be so by its mark."""
    if encoding.startswith("utf-16"):
        with file.open(encoding=encoding, errors="replace", newline="") as wide:
            while text := wide.readline(MAX_LINE_BYTES):
                yield text
        return
    with file.open("rb") as opened:
        first = True
        while line := opened.readline(MAX_LINE_BYTES + 1):
            if len(line) > MAX_LINE_BYTES:
                while line and not line.endswith(b"\n"):
                    line = opened.readline(MAX_LINE_BYTES)
                yield f'"{_TOO_LONG}"\n'
                continue
            yield line.decode(encoding if first else encoding.replace("utf-8-sig", "utf-8"), errors="replace")
            first = False


def _detect_encoding(file: Path) -> str:
    """By its mark, else UTF-8 where every byte is, else Windows' own."""
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
    """How often a mark stands outside quotes."""
    return sum(part.count(mark) for part in line.split('"')[::2])


def _unique_names(names: Iterator[str]) -> tuple[str, ...]:
    """Names of columns, each once: a second one of a name has its number."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(unique)


def count_lines(file: Path, csv_format: CsvFormat) -> int:
    """How many lines there are after the header."""
    return sum(1 for _ in lines(file, csv_format))


def column_values(file: Path, csv_format: CsvFormat, names: Sequence[str]) -> Iterator[str]:
    """The cells of some columns, line by line, those that are not empty."""
    for line in lines(file, csv_format):
        yield from (line.cells[name] for name in names if line.cells[name])
