"""The default process as data, with one change."""

from collections.abc import Callable
from typing import Any

from tests.support.rules.deal_facts import default_document

Change = Callable[[dict[str, Any]], object]


def default_with(change: Change) -> dict[str, Any]:
    """Return the default document after a change."""
    document = default_document()
    change(document)
    return document


def with_fit_rule(operator: str, value: object) -> Change:
    """Return a document with this one fit rule."""
    rule = {
        "key": "size",
        "label": "Size",
        "attribute": "employeeCount",
        "operator": operator,
        "value": value,
    }
    return lambda d: d["fitRules"].append(rule)


def with_requirement(gate: int, **parts: object) -> Change:
    """Return a document with a change to the first requirement of a gate."""
    return lambda d: d["gates"][gate]["requirements"][0].update(parts)
