"""A line of an imported file as it was read: what an import takes, or why it takes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflow.operations.transfer.row import ImportRow
from workflow.rules.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One line: its own cells, the key and the system it gives, the row it means or why it means none, and who is named in it."""

    cells: Mapping[str, str]
    key: str
    system: str
    row: ImportRow | InvalidInputError
    contact: Mapping[str, str] = field(default_factory=dict)
