"""Sales processes as YAML texts: reading with the line of every fault, and writing."""

from collections.abc import Mapping, Sequence
from typing import Any

from workflow.rules.authoring.checks import check_process
from workflow.rules.authoring.yaml_reading import InvalidYamlError, YamlDocument, read_yaml
from workflow.rules.authoring.yaml_writing import write_yaml
from workflow.rules.errors import FieldProblem, InvalidInputError
from workflow.rules.process.document import ProcessDocument, encode_process, parse_process


def process_from_yaml(text: str, *, defaults: ProcessDocument | None = None) -> ProcessDocument:
    """Read and check a process; InvalidYamlError lists every fault with its line."""
    yaml_document = read_yaml(text)
    if not isinstance(yaml_document.data, Mapping):
        raise _yaml_error(
            yaml_document,
            [FieldProblem((), "A process must be an object with named fields, such as key and name.")],
        )
    try:
        document = parse_process(yaml_document.data, defaults=defaults)
    except InvalidInputError as refusal:
        raise _yaml_error(yaml_document, refusal.fields) from refusal
    if faults := check_process(document):
        raise _yaml_error(yaml_document, faults)
    return document


def process_to_yaml(document: ProcessDocument) -> str:
    """Write a process, with every default written out; reading the text gives the same process."""
    data = encode_process(document)
    for part, name in (("alertRules", "threshold"), ("states", "probability")):
        data[part] = [_with_whole_number(row, name) for row in data[part]]
    header = {name: data.pop(name) for name in ("key", "name")}
    return "\n".join([write_yaml(header), *(write_yaml({name: data[name]}) for name in PART_ORDER)])


PART_ORDER = ("criteria", "fitRules", "requiredRoles", "milestones", "gates", "states", "alertRules")
"""Order of the parts in the text, in which a person would read them."""


def _with_whole_number(row: dict[str, Any], name: str) -> dict[str, Any]:  # Any: plain data of several kinds
    """Return the row with a whole number as an integer."""
    number = row.get(name)
    return {**row, name: int(number)} if isinstance(number, float) and number.is_integer() else row


def _yaml_error(yaml_document: YamlDocument, faults: Sequence[FieldProblem]) -> InvalidYamlError:
    return InvalidYamlError([yaml_document.locate(fault) for fault in faults])
