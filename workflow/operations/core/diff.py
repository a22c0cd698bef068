"""The changed fields of a record, as events carry them."""

from collections.abc import Mapping

from workflow.rules.codec import camel
from workflow.rules.money import amount


def diff(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of `after` that differ, as `{field: {"old": ..., "new": ...}}` under their API names.

    Money is an exact amount with its currency.
    """
    old = _public_fields(before)
    new = _public_fields(after)
    return {
        name: {"old": old.get(name), "new": value} for name, value in new.items() if old.get(name) != value
    }


def _public_fields(columns: Mapping[str, object]) -> dict[str, object]:
    """Rename columns as the API does. Leave out columns that exist for search only."""
    public: dict[str, object] = {}
    for name, value in columns.items():
        if name.endswith("_minor") and f"{name[:-6]}_currency" in columns:
            public[camel(name[:-6])] = _money(value, columns[f"{name[:-6]}_currency"])
        elif name not in _INTERNAL_COLUMNS and not name.endswith("_currency"):
            public[camel(name)] = value
    return public


def _money(minor: object, currency: object) -> dict[str, object] | None:
    if not isinstance(minor, int) or not isinstance(currency, str):
        return None
    return {"amount": amount(minor, currency), "currency": currency}


_INTERNAL_COLUMNS = frozenset({"name_folded", "name_search"})
