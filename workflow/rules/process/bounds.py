"""Limits of the numbers, texts and lists of a process document, as tables by field."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal

from workflow.rules.codec import UNSTORABLE, camel
from workflow.rules.errors import FieldProblem
from workflow.rules.process.document import (
    AlertRule,
    Criterion,
    MilestoneTemplate,
    ProcessDocument,
    RequiredRole,
    RequirementTest,
    RoleTest,
    StateSettings,
)

Path = tuple[str, ...]
KEY_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
MAX_TEXT_LENGTH = 1000
MAX_LIST_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Range:
    """Smallest and largest value of a number."""

    minimum: int
    maximum: int


DAYS = Range(1, 3650)
RANGES: Mapping[tuple[type, str], Range] = {
    (Criterion, "weight"): Range(0, 1000),
    (Criterion, "stale_after_days"): DAYS,
    (RequiredRole, "minimum"): Range(1, 100),
    (MilestoneTemplate, "weight"): Range(0, 1000),
    (MilestoneTemplate, "due_after_days"): Range(0, 3650),
    (RoleTest, "minimum"): Range(1, 100),
    (RequirementTest, "activity_within_days"): DAYS,
    (AlertRule, "threshold"): Range(-3650, 100_000),
    (StateSettings, "probability"): Range(0, 1),
    (StateSettings, "expected_days"): DAYS,
}
NON_EMPTY_LISTS = frozenset({(RequiredRole, "any_of")})
MAX_LENGTHS: Mapping[tuple[type, str], int] = {
    (ProcessDocument, "key"): 64,
    (ProcessDocument, "name"): 255,
    (Criterion, "key"): 64,
    (MilestoneTemplate, "key"): 64,
    (MilestoneTemplate, "name"): 255,
}
"""Lengths of the columns in which deals and assessments store texts of the document."""


def find_out_of_bounds(document: ProcessDocument) -> Iterator[FieldProblem]:
    """Find numbers out of range, texts that are blank or too long, and lists that are too long."""
    yield from _check_record(document, ())


def _check_record(record: object, path: Path) -> Iterator[FieldProblem]:
    assert is_dataclass(record)
    for field in fields(record):
        value = getattr(record, field.name)
        field_path = (*path, camel(field.name))
        if sentence := _value_fault(type(record), field.name, value):
            yield FieldProblem(field_path, sentence)
        yield from _check_parts(value, field_path)


def _check_parts(value: object, path: Path) -> Iterator[FieldProblem]:
    if is_dataclass(value):
        yield from _check_record(value, path)
    if isinstance(value, tuple | list):
        for index, part in enumerate(value):
            yield from _check_parts(part, (*path, str(index)))
            if isinstance(part, str) and (sentence := _text_fault("text", part)):
                yield FieldProblem((*path, str(index)), sentence)


def _value_fault(shape: type, name: str, value: object) -> str | None:
    if isinstance(value, tuple | list):
        return _list_fault(shape, name, len(value))
    if isinstance(value, str):
        return _text_fault(name, value, MAX_LENGTHS.get((shape, name), MAX_TEXT_LENGTH))
    bounds = RANGES.get((shape, name))
    if bounds is None or not isinstance(value, int | Decimal) or bounds.minimum <= value <= bounds.maximum:
        return None
    return f"{camel(name)} must be from {bounds.minimum} to {bounds.maximum}."


def _list_fault(shape: type, name: str, length: int) -> str | None:
    if length == 0 and (shape, name) in NON_EMPTY_LISTS:
        return f"{camel(name)} must not be empty."
    return f"{camel(name)} can have at most {MAX_LIST_LENGTH} entries." if length > MAX_LIST_LENGTH else None


def _text_fault(name: str, value: str, max_length: int = MAX_TEXT_LENGTH) -> str | None:
    if name == "key" and not KEY_PATTERN.fullmatch(value):
        return "A key has 1 to 100 letters, digits, dots, dashes or underscores, the first a letter or digit."
    if not value.strip():
        return f"{camel(name)} must not be blank."
    if UNSTORABLE.search(value):
        return f"{camel(name)} contains a NUL or an incomplete character. Remove it."
    return f"{camel(name)} can have at most {max_length} characters." if len(value) > max_length else None
