"""The columns that a row dataclass is read from."""

from dataclasses import fields


def column_names(row: type) -> list[str]:
    """Return the names of a row dataclass's fields, which are the columns it is read from."""
    return [field.name for field in fields(row)]
