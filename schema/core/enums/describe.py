"""The registration of an enum of the domain as a GraphQL enum."""

from enum import StrEnum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition


def describe(enum: type[StrEnum], description: str, **values: str) -> None:
    """Register an enum under its own name, with a description of it and of each of its values."""
    undescribed = sorted(set(enum.__members__) ^ set(values))
    if undescribed:
        raise ValueError(
            f"{enum.__name__} needs exactly one description for each value: check {undescribed}."
        )
    strawberry.enum(enum, description=description)
    # Strawberry takes descriptions of values only in the class body, and the rules do not know GraphQL.
    definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[value.name]
