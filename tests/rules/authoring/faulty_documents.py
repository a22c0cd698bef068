"""Sales processes with one fault at a known path, for property-based tests."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from typing import Any, get_type_hints

from hypothesis import strategies as st

from tests.support.rules.processes import process_documents
from workflow.rules.codec import camel
from workflow.rules.process.bounds import MAX_LENGTHS, MAX_TEXT_LENGTH, RANGES, Range
from workflow.rules.process.document import Gate, ProcessDocument, RequirementTest, encode_process

Path = tuple[str, ...]
Plain = dict[str, Any]  # Any: plain data of several kinds

PARTS = ("criteria", "fit_rules", "milestones", "required_roles", "gates", "alert_rules", "states")
UNIQUE = {(Gate, "requirements"), *((ProcessDocument, part) for part in PARTS)}
"""Lists without duplicates."""


@dataclass(frozen=True)
class DocumentField:
    """A field of a document: its path, its part and its type."""

    path: Path
    record_type: type
    field: "Field[Any]"
    kind: object
    value: object

    @property
    def limits(self) -> Range | None:
        return RANGES.get((self.record_type, self.field.name))


@dataclass(frozen=True)
class FaultyDocument:
    """A document with one fault, the kind of the fault, and the path at which it must be reported."""

    data: Plain
    fault: str
    path: Path


def document_fields(record: object, path: Path = ()) -> Iterator[DocumentField]:
    """List every field of a document that has a value."""
    assert is_dataclass(record)
    hints = get_type_hints(type(record))
    for field in fields(record):
        value = getattr(record, field.name)
        here = (*path, camel(field.name))
        if value is None:
            continue
        yield DocumentField(here, type(record), field, hints[field.name], value)
        if is_dataclass(value):
            yield from document_fields(value, here)
        for index, part in enumerate(value if isinstance(value, tuple) else ()):
            if is_dataclass(part):
                yield from document_fields(part, (*here, str(index)))


def faults_of(place: DocumentField) -> Iterator[tuple[str, Path, object]]:
    """List the faults that a field can have: the kind, the path of the report, and the value to set."""
    yield "retyped", place.path, {"a": {"b": 1}} if not is_dataclass(place.value) else "text"
    if place.record_type is RequirementTest:
        yield "deleted", place.path[:-1], MISSING
    if place.field.default is MISSING:
        yield "deleted", place.path, MISSING
        yield "emptied", place.path, None
    if place.limits:
        yield "too small", place.path, place.limits.minimum - 1
        yield "too large", place.path, place.limits.maximum + 1
    if place.kind is str or place.kind == str | None:
        yield "blank", place.path, " \t"
        yield (
            "too long",
            place.path,
            "x" * (MAX_LENGTHS.get((place.record_type, place.field.name), MAX_TEXT_LENGTH) + 1),
        )
        yield "unstorable", place.path, "a\x00b"
    if (place.record_type, place.field.name) in UNIQUE and isinstance(place.value, tuple) and place.value:
        yield "twice", (*place.path, str(len(place.value))), "twice"


@st.composite
def faulty_documents(draw: st.DrawFn) -> FaultyDocument:
    """Draw a document with one fault."""
    document = draw(process_documents())
    place = draw(st.sampled_from(list(document_fields(document))))
    found = draw(st.sampled_from([None, *faults_of(place)]))
    if found is None:
        return _renamed(document, place)
    how, path, value = found
    return FaultyDocument(_changed(encode_process(document), place.path, value), how, path)


def _renamed(document: ProcessDocument, place: DocumentField) -> FaultyDocument:
    data = encode_process(document)
    holder = part_at(data, place.path[:-1])
    name = f"{place.path[-1]}_"
    holder[name] = holder.pop(place.path[-1])
    return FaultyDocument(data, "renamed", (*place.path[:-1], name))


def _changed(data: Plain, path: Path, value: object) -> Plain:
    holder = part_at(data, path[:-1])
    name = path[-1]
    if value is MISSING:
        del holder[name]
    elif value == "twice":
        holder[name].append(deepcopy(holder[name][0]))
    else:
        holder[name] = value
    return data


def part_at(data: Any, path: Path) -> Any:  # Any: plain data of several kinds
    """Return the data at a path; KeyError or IndexError if there is none."""
    for name in path:
        data = data[int(name)] if isinstance(data, list) else data[name]
    return data
