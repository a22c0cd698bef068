"""The default process as data, with one change."""

from collections.abc import Callable
from typing import Any

from tests.rules.deals import default_document

Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> dict[str, Any]:
    """The default document after the change."""
    document = default_document()
    change(document)
    return document
