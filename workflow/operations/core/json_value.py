"""Python values as JSON can hold them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID


def to_json_value(value: object) -> object:
    """Convert a value for JSON: ids and dates become text, decimals exact text."""
    if isinstance(value, Mapping):
        return {str(name): to_json_value(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_json_value(part) for part in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    return value
