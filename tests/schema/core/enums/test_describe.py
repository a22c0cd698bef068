"""Descriptions of enum values: one for each, and none for a value that does not exist."""

from enum import StrEnum

import pytest
from graphql import build_schema, is_enum_type

from schema import schema
from schema.core.enums.describe import describe


class Colour(StrEnum):
    """An enum with two values."""

    RED = "RED"
    GREEN = "GREEN"


@pytest.mark.parametrize(
    "values",
    [{"RED": "Red."}, {"RED": "Red.", "GREEN": "Green.", "BLUE": "Blue."}],
    ids=["missing", "unknown"],
)
def test_descriptions_that_do_not_match_the_values_are_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="Colour needs exactly one description for each value"):
        describe(Colour, "A colour.", **values)


def test_every_enum_value_of_the_schema_is_described() -> None:
    enums = [kind for kind in build_schema(schema.as_str()).type_map.values() if is_enum_type(kind)]
    ours = [kind for kind in enums if not kind.name.startswith("__")]

    bare = [
        f"{kind.name}.{name}" for kind in ours for name, value in kind.values.items() if not value.description
    ]

    assert len(ours) == 55
    assert bare == []
