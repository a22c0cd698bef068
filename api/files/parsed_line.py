"""A line of an imported file after parsing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflow.operations.transfer.row import ImportRow
from workflow.rules.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """A line: its cells and key, its row or the problem that prevents one, and the contact it names."""

    cells: Mapping[str, str]
    key: str
    system: str
    row: ImportRow | InvalidInputError
    contact: Mapping[str, str] = field(default_factory=dict)
