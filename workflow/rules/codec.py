"""Codec between frozen dataclasses and the plain data of YAML, JSON and GraphQL inputs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from workflow.rules.errors import FieldProblem, InvalidInputError

T = TypeVar("T")
Path = tuple[str, ...]

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that PostgreSQL or SQLite cannot store in a text: NUL, and lone surrogates."""

FIRST_YEAR = 1900
LAST_YEAR = 9998
"""Years that a date may have."""

SECRET_FIELD = "secret"
"""Metadata key of a field that is never encoded; decoding gives its default."""


def decode(shape: type[T], data: object, *, at: Path = ()) -> T:
    """Return the value that the data describes; InvalidInput lists every fault with its path."""
    problems: list[FieldProblem] = []
    value: T = _decode_value(shape, data, at, problems)
    if problems:
        raise InvalidInputError(problems)
    return value


def encode(value: object) -> object:
    """Return plain data that decodes to the same value: without nulls, with numbers as in JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        public = (field for field in fields(value) if not field.metadata.get(SECRET_FIELD))
        named = {camel(field.name): getattr(value, field.name) for field in public}
        return {name: encode(part) for name, part in named.items() if part is not None}
    if isinstance(value, tuple | list):
        return [encode(part) for part in value]
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): encode(part) for key, part in value.items()}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | float):
        return float(value) or 0.0  # not -0.0: the databases differ in keeping the sign
    return value


def has_secret(value: object) -> bool:
    """Return True if a value has a field that is never encoded."""
    all_fields = fields(value) if is_dataclass(value) else ()
    return any(field.metadata.get(SECRET_FIELD) for field in all_fields)


def is_id(text: str) -> bool:
    """Return True if a text is a UUID."""
    return _uuid(text) is not None


@lru_cache(4_096)
def camel(name: str) -> str:
    """Return a field's name in camelCase."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _decode_value(
    shape: Any, data: object, at: Path, faults: list[FieldProblem]
) -> Any:  # Any: a type as a value
    if get_origin(shape) is UnionType:
        inner = next(part for part in get_args(shape) if part is not NoneType)
        return None if data is None else _decode_value(inner, data, at, faults)
    if get_origin(shape) is tuple:
        return _decode_list(get_args(shape)[0], data, at, faults)
    if is_dataclass(shape):
        return _decode_record(shape, data, at, faults)
    if isinstance(shape, type) and issubclass(shape, StrEnum):
        return _decode_enum(shape, data, at, faults)
    convert, sentence = _SCALAR_DECODERS[shape]
    value = convert(data)
    return _add_fault(faults, at, sentence) if value is None else value


def _decode_list(shape: Any, data: object, at: Path, faults: list[FieldProblem]) -> Any:
    if not isinstance(data, list | tuple):
        return _add_fault(faults, at, "must be a list")
    return tuple(_decode_value(shape, part, (*at, str(index)), faults) for index, part in enumerate(data))


def _decode_record(shape: Any, data: object, at: Path, faults: list[FieldProblem]) -> Any:
    if not isinstance(data, Mapping):
        return _add_fault(faults, at, "must be an object with named fields")
    known = _named_fields(shape)
    for name in data.keys() - known.keys():
        _add_fault(faults, (*at, str(name)), f"is not a known field; known fields are {', '.join(known)}")
    before = len(faults)
    values = {}
    for name, (field, kind) in known.items():
        if name in data:
            values[field.name] = _decode_value(kind, data[name], (*at, name), faults)
        # GraphQL leaves out optional fields, and YAML writes them as null: both mean None.
        elif NoneType in get_args(kind) and field.default is MISSING:
            values[field.name] = None
        elif field.default is MISSING and field.default_factory is MISSING:
            _add_fault(faults, (*at, name), "is missing")
    return shape(**values) if len(faults) == before else None


def _decode_enum(shape: type[StrEnum], data: object, at: Path, faults: list[FieldProblem]) -> Any:
    if isinstance(data, str) and data in shape.__members__:
        return shape(data)
    return _add_fault(faults, at, f"must be one of {', '.join(shape)}")


def _add_fault(faults: list[FieldProblem], at: Path, sentence: str) -> None:
    faults.append(FieldProblem(at, f"{'.'.join(at) or 'The document'} {sentence}."))


@cache
def _named_fields(shape: type) -> "dict[str, tuple[Field[Any], Any]]":
    hints = get_type_hints(shape)
    return {camel(field.name): (field, hints[field.name]) for field in fields(shape)}


def _text(data: object) -> str | None:
    return str(data) if isinstance(data, str) else None


def _integer(data: object) -> int | None:
    # In Python, True is an int.
    return data if isinstance(data, int) and not isinstance(data, bool) else None


def _uuid(data: object) -> UUID | None:
    try:
        return UUID(data) if isinstance(data, str) else None
    except ValueError:
        return None


def _boolean(data: object) -> bool | None:
    return data if isinstance(data, bool) else None


def _number(data: object) -> Decimal | None:
    if isinstance(data, bool) or not isinstance(data, int | float | Decimal):
        return None
    try:
        value = Decimal(str(data))  # by way of the text: Decimal(0.1) has 55 digits
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < 10**15 else None


def _float(data: object) -> float | None:
    number = _number(data)
    return None if number is None else float(number)


def _day(data: object) -> date | None:
    try:
        day = date.fromisoformat(data) if isinstance(data, str) else None
    except ValueError:
        return None
    return day if day is not None and FIRST_YEAR <= day.year <= LAST_YEAR else None


def _instant(data: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(data) if isinstance(data, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None and FIRST_YEAR <= at.year <= LAST_YEAR else None


def _json(data: object) -> object:
    parts = data if isinstance(data, list | tuple) else [data]
    if not all(isinstance(part, str | int) or _number(part) is not None for part in parts):
        return None
    return list(parts) if isinstance(data, list | tuple) else data


_SCALAR_DECODERS: dict[Any, tuple[Callable[[object], object], str]] = {
    str: (_text, "must be a text"),
    int: (_integer, "must be a whole number"),
    bool: (_boolean, "must be true or false"),
    Decimal: (_number, "must be a number"),
    UUID: (_uuid, "must be an id"),
    float: (_float, "must be a number"),
    date: (_day, "must be a day such as 2026-03-31"),
    datetime: (_instant, "must be an instant such as 2026-03-31T09:30:00+00:00"),
    Any: (_json, "must be a text, a number, true, false or a list of these"),
}
