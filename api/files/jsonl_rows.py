"""Read JSON lines, and parse those of opportunities as rows of an import. A line is one JSON object."""

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from decimal import InvalidOperation
from pathlib import Path
from typing import Any

from api.files.cells import Record
from api.files.csv_lines import UnreadableFileError
from api.files.jsonl_fields import OPPORTUNITY_FIELDS, FieldTable
from api.files.parsed_line import ParsedLine
from workflow.operations.transfer.row import OWN_SYSTEM, ImportRow
from workflow.rules.codec import camel, decode
from workflow.rules.errors import InvalidInputError, invalid_field
from workflow.rules.transfer.opportunity_document import DOCUMENT_FIELDS, OpportunityDocument

MAX_LINE_BYTES = 8_000_000
"""The longest line in bytes. It has a deal with all its parts."""
LINE_COLUMN = "line"
"""The column of the rejects file that has the line."""


def parse_lines(file: Path) -> Iterator[ParsedLine]:
    """Yield the parsed lines of opportunities; empty lines are left out."""
    for text in lines(file):
        try:
            yield _parse_line(text)
        except InvalidInputError as problem:
            yield ParsedLine({LINE_COLUMN: text.strip()}, "", OWN_SYSTEM, problem)


def count_lines(file: Path) -> int:
    """Return the number of lines that are not empty."""
    return sum(1 for _ in lines(file))


def lines(file: Path) -> Iterator[str]:
    """Yield the lines that are not empty. A line that is too long is replaced by a text that is not JSON."""
    try:
        with file.open("rb") as stream:
            while line := stream.readline(MAX_LINE_BYTES + 1):
                if len(line) > MAX_LINE_BYTES:
                    while line and not line.endswith(b"\n"):
                        line = stream.readline(MAX_LINE_BYTES)
                    yield "(a line that is too long)"
                elif line.strip():
                    yield line.decode(errors="replace")
    except OSError as problem:
        raise UnreadableFileError(f"{file} cannot be read: {problem.strerror}. Check the path.") from problem


def parse_object(text: str) -> Mapping[str, Any]:
    """Return the object of a line; InvalidInput if the line is not a JSON object."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        message = f"The line is not JSON, or longer than {MAX_LINE_BYTES:,} bytes. Write one object a line."
        raise invalid_field(LINE_COLUMN, message=message) from None
    if not isinstance(data, Mapping):
        raise invalid_field(LINE_COLUMN, message="The line is not a JSON object. Write one object a line.")
    return data


def parse_fields(
    data: Mapping[str, Any], fields: FieldTable, required: Sequence[str], ignored: Container[str] = ()
) -> Record:
    """Return the values by attribute; InvalidInput if a required field is missing or a field is unknown."""
    unknown = sorted(name for name in data.keys() - fields.keys() if name not in ignored)
    if unknown:
        message = f"`{unknown[0]}` is not a field of a line. A line may have {', '.join(fields)}."
        raise invalid_field(unknown[0], message=message)
    for name in required:
        if not isinstance(data.get(name), str):
            raise invalid_field(name, message=f"`{name}` is missing. Give it a text.")
    return {
        attribute: _parse_value(name, data[name], parse)
        for name, (attribute, parse) in fields.items()
        if name in data
    }


def _parse_line(text: str) -> ParsedLine:
    data = parse_object(text)
    fields = parse_fields(data, OPPORTUNITY_FIELDS, ("externalId", "name", "accountName"), _DOCUMENT_FIELDS)
    document = {name: data[name] for name in _DOCUMENT_FIELDS if name in data}
    system = fields.pop("external_system", OWN_SYSTEM)
    if not system:
        raise invalid_field(
            "externalSystem", message="`externalSystem` is empty. Give it a text or leave it out."
        )
    return ParsedLine(
        {LINE_COLUMN: text.strip()},
        fields["external_id"],
        system,
        ImportRow(**fields, document=decode(OpportunityDocument, document) if document else None),
    )


def _parse_value(name: str, value: object, parse: Callable[[Any], Any]) -> Any:
    # null clears a field, so no parser sees it.
    if value is None:
        return None
    try:
        return parse(value)
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        message = f"`{str(value)[:40]}` is not a valid `{name}`. Write it as the API does."
        raise invalid_field(name, message=message) from None


_DOCUMENT_FIELDS = tuple(camel(name) for name in DOCUMENT_FIELDS)
"""The fields that are read only if the line creates the opportunity."""
