"""A line of an imported file as it was read: what an import takes, or why it takes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflow.operations.transfer.row import ImportRow
from workflow.rules.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Read:
    """One line: its own cells, the key and the system it gives, the row it means or why it means none, and who is named in it."""

    cells: Mapping[str, str]
    key: str
    system: str
    row: ImportRow | InvalidInput
    contact: Mapping[str, str] = field(default_factory=dict)
