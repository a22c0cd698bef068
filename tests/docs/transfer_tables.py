"""Tables of docs/import-export.md: columns of the CSV presets, and the fields of a JSON line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from graphql import GraphQLInputObjectType, build_schema

from api.files.import_map import PRESETS, TARGET_FIELDS, load_preset
from api.files.jsonl_accounts_contacts import JSONL_FORMATS
from schema import schema
from tests.docs.markdown import code, table
from workflow.rules.codec import camel
from workflow.rules.transfer.opportunity_document import REFERENCES, OpportunityDocument

KINDS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    date: "day",
    datetime: "instant",
}


def preset_columns() -> str:
    """Return the columns that each preset reads a field from."""
    maps = {name: load_preset(name) for name in PRESETS}
    rows = [
        (code(field), *(", ".join(one.columns.get(field, ())) or "–" for one in maps.values()))
        for field in TARGET_FIELDS
    ]
    return table(("field", *(code(name) for name in maps)), rows)


def preset_states() -> str:
    """Return the stages and statuses that each preset knows, with their states."""
    rows = [
        (code(name), theirs, code(ours))
        for name in PRESETS
        for kind in ("states", "statuses")
        for theirs, ours in load_preset(name).translations.get(kind, {}).items()
    ]
    return table(("preset", "stage or status", "state"), rows)


def row_fields() -> str:
    """Return the fields of a JSON line that an import compares again."""
    kind = build_schema(schema.as_str()).type_map["ImportRow"]
    assert isinstance(kind, GraphQLInputObjectType)
    rows = [(code("externalSystem"), code("String"), "The system the key belongs to; left out: `pursuit`.")]
    rows += [(code(name), code(field.type), field.description or "") for name, field in kind.fields.items()]
    return table(("field", "type", "description"), rows)


def document_fields() -> str:
    """Return the fields of a JSON line that are read only when the line creates the opportunity."""
    return table(
        ("field", "type"),
        ((code(_name(field)), _kind(hint)) for field, hint in _fields_of(OpportunityDocument)),
    )


def document_parts() -> str:
    """Return the fields of each part of an opportunity's JSON line."""
    rows = []
    for shape, places in _shapes():
        known = list(_fields_of(shape))
        needed = [_shown(field, hint, places) for field, hint in known if _is_required(field)]
        others = [_shown(field, hint, places) for field, hint in known if not _is_required(field)]
        rows.append((_part(shape), ", ".join(needed) or "–", ", ".join(others) or "–"))
    return table(("part", "required", "optional"), rows)


def account_and_contact_fields() -> str:
    """Return the fields of a line of accounts and of contacts."""
    rows = [
        (kind, code(*one.required), code(*(name for name in one.fields if name not in one.required)))
        for kind, one in JSONL_FORMATS.items()
    ]
    return table(("lines of", "required", "optional"), rows)


def _fields_of(shape: type) -> Iterator[tuple[Field[Any], Any]]:  # Any: an annotation as a value
    hints = get_type_hints(shape)
    for field in fields(shape):
        yield field, hints[field.name]


def _shapes() -> Iterator[tuple[type, Mapping[str, str]]]:
    """Yield every part of a document once, with the fields that point into a list."""
    seen = set[type]()
    waiting: list[Any] = [hint for _, hint in _fields_of(OpportunityDocument)]
    while waiting:
        shape = _inner(waiting.pop(0))
        if is_dataclass(shape) and isinstance(shape, type) and shape not in seen:
            seen.add(shape)
            yield shape, REFERENCES.get(shape, {})
            waiting += [hint for _, hint in _fields_of(shape)]


def _inner(hint: Any) -> Any:
    if get_origin(hint) is UnionType:
        return _inner(next(part for part in get_args(hint) if part is not NoneType))
    return _inner(get_args(hint)[0]) if get_origin(hint) is tuple else hint


def _kind(hint: Any) -> str:
    if get_origin(hint) is UnionType:
        return _kind(_inner(hint))
    if get_origin(hint) is tuple:
        return f"list of {_kind(_inner(hint))}"
    if is_dataclass(hint) and isinstance(hint, type):
        return _part(hint)
    return (
        code(hint.__name__)
        if isinstance(hint, type) and issubclass(hint, StrEnum)
        else KINDS.get(hint, "JSON")
    )


def _shown(field: Field[Any], hint: Any, places: Mapping[str, str]) -> str:
    place = places.get(field.name)
    return f"{code(_name(field))} ({f'position in {code(camel(place))}' if place else _kind(hint)})"


def _part(shape: type) -> str:
    """Return a part's name as prose: an `ExportedDecisionStep` is a decision step."""
    letters = shape.__name__.removeprefix("Exported")
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in letters).strip()


def _name(field: Field[Any]) -> str:
    return camel(field.name)


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


TRANSFER_TABLES: Mapping[str, Callable[[], str]] = {
    "preset-columns": preset_columns,
    "preset-states": preset_states,
    "row-fields": row_fields,
    "document-fields": document_fields,
    "document-parts": document_parts,
    "account-contact-fields": account_and_contact_fields,
}
