"""The sales process as a YAML text: read and checked with the line of every fault, and written to be read again."""

from collections.abc import Mapping, Sequence
from typing import Any

from workflow.rules.authoring.checks import check
from workflow.rules.authoring.yaml_reading import FaultyText, Written, read_yaml
from workflow.rules.authoring.yaml_writing import write_yaml
from workflow.rules.errors import FieldProblem, InvalidInput
from workflow.rules.process.document import ProcessDocument, parse, to_plain


def document_in(text: str, *, defaults: ProcessDocument | None = None) -> ProcessDocument:
    """The process that the text describes, checked whole; FaultyText tells every fault with its line."""
    written = read_yaml(text)
    if not isinstance(written.data, Mapping):
        raise _faulty(written, [FieldProblem((), "A process is an object with named fields, such as key and name.")])
    try:
        document = parse(written.data, defaults=defaults)
    except InvalidInput as refusal:
        raise _faulty(written, refusal.fields) from refusal
    if faults := check(document):
        raise _faulty(written, faults)
    return document


def text_of(document: ProcessDocument) -> str:
    """A text that reads back as the same document, every default written out; a blank line before each part."""
    plain = to_plain(document)
    for part, name in (("alertRules", "threshold"), ("states", "probability")):
        plain[part] = [_rounded(row, name) for row in plain[part]]
    about = {name: plain.pop(name) for name in ("key", "name")}
    return "\n".join([write_yaml(about), *(write_yaml({name: plain[name]}) for name in ORDER)])


ORDER = ("criteria", "fitRules", "requiredRoles", "milestones", "gates", "states", "alertRules")
"""The parts as a seller would read them: what is asked, of whom, in which steps, and what becomes of it."""


def _rounded(row: dict[str, Any], name: str) -> dict[str, Any]:  # Any: plain data of several kinds
    """The row with a whole number written as one."""
    number = row.get(name)
    return {**row, name: int(number)} if isinstance(number, float) and number.is_integer() else row


def _faulty(written: Written, faults: Sequence[FieldProblem]) -> FaultyText:
    return FaultyText([written.located(fault) for fault in faults])
