"""Readers of the blocks that do not run: JSON, CSV, import maps, processes, expressions and diagrams."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from graphql import parse, validate

from api.config.settings import Settings
from api.files.csv_lines import detect_format, lines
from api.files.import_map import parse_map
from api.files.jsonl_rows import parse_lines
from tests.docs.answers import SCHEMA
from workflow.operations.process.processes import preset
from workflow.rules.authoring.checks import check_process
from workflow.rules.authoring.text import process_from_yaml
from workflow.rules.authoring.yaml_reading import read_yaml
from workflow.rules.errors import InvalidInputError
from workflow.rules.gates.cel import expression_faults
from workflow.rules.gates.machine import mermaid_diagram
from workflow.rules.process.document import encode_process, parse_process

LISTED = {
    "test": "gates",
    "severity": "alertRules",
    "operator": "fitRules",
    "side": "milestones",
    "questions": "criteria",
}
"""By a field of its items, the part of a process that a list alone is of."""


def read_json(text: str) -> None:
    """Parse a JSON value."""
    json.loads(text)


def read_json_lines(text: str) -> None:
    """Read each line as an import does."""
    with _saved(text, ".jsonl") as file:
        faults = [line.row for line in parse_lines(file) if isinstance(line.row, InvalidInputError)]
    assert faults == []


def read_csv(text: str) -> None:
    """Read a CSV file as an import does: each line has the cells of the header."""
    with _saved(text, ".csv") as file:
        faults = [line.fault for line in lines(file, detect_format(file)) if line.fault]
    assert faults == []


def read_toml(text: str) -> None:
    """Read an import map."""
    parse_map(text, "The map")


def read_settings(text: str) -> None:
    """Read an environment, a setting a line, as a start does."""
    Settings.read(dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#")))


def read_process(text: str) -> None:
    """Read a process document; a part of one is read in the place of that of the default process."""
    data: Any = read_yaml(text).data
    if isinstance(data, Mapping) and "key" in data:
        process_from_yaml(text, defaults=preset("default"))
        return
    part = _listed(data) if isinstance(data, list) else data
    document = parse_process({**encode_process(preset("default")), **part})
    assert check_process(document) == [], check_process(document)


def read_expressions(text: str) -> None:
    """Check that each line is an expression that can be published."""
    faults = {line: expression_faults(line) for line in text.splitlines() if line.strip()}
    assert not any(faults.values()), faults


def read_diagram(text: str) -> None:
    """Compare a diagram of the states with the machine; of others, the kind is one that Mermaid knows."""
    if text.startswith("stateDiagram"):
        assert text.strip() == mermaid_diagram()
    assert text.split()[0] in {
        "stateDiagram-v2",
        "flowchart",
        "graph",
        "sequenceDiagram",
        "erDiagram",
        "classDiagram",
    }


def read_graphql(text: str) -> None:
    """Validate a document against the schema."""
    faults = validate(SCHEMA, parse(text))
    assert faults == [], faults


@contextmanager
def _saved(text: str, ending: str) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile("w", suffix=ending) as file:
        file.write(text)
        file.flush()
        yield Path(file.name)


def _listed(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the document's part that a list alone is of; requirements are added to the gate of WIN."""
    name = next(part for field, part in LISTED.items() if field in items[0])
    whole = encode_process(preset("default"))
    if name != "gates":
        return {name: items}
    return {
        name: [
            {**gate, "requirements": gate["requirements"] + items} if gate["trigger"] == "WIN" else gate
            for gate in whole[name]
        ]
    }


READERS: Mapping[str, Callable[[str], None]] = {
    "json": read_json,
    "jsonl": read_json_lines,
    "csv": read_csv,
    "toml": read_toml,
    "ini": read_settings,
    "yaml": read_process,
    "cel": read_expressions,
    "mermaid": read_diagram,
    "graphql": read_graphql,
}
"""How a block of each language is read; what runs is read first."""
