"""The default process as data, with one change."""

from collections.abc import Callable
from typing import Any

from tests.support.rules.deal_facts import default_document

Change = Callable[[dict[str, Any]], object]


def default_with(change: Change) -> dict[str, Any]:
    """The default document after the change."""
    document = default_document()
    change(document)
    return document


def with_fit_rule(operator: str, value: object) -> Change:
    """A document with this one fit rule."""
    rule = {
        "key": "size",
        "label": "Size",
        "attribute": "employeeCount",
        "operator": operator,
        "value": value,
    }
    return lambda d: d["fitRules"].append(rule)


def with_requirement(gate: int, **parts: object) -> Change:
    """The first requirement of that gate, changed."""
    return lambda d: d["gates"][gate]["requirements"][0].update(parts)
