"""Inputs whose fields may be left out: what is left out is kept, null clears."""

import dataclasses
from typing import Any

import strawberry
from graphql import GraphQLError

MAX_VALUES = 1_000


def bad_input(message: str) -> GraphQLError:
    """A client's fault in an argument."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def optional(description: str) -> Any:
    """An input field that may be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def provided_fields(input: Any, *exclude: str) -> dict[str, Any]:
    """The fields that the client gave, but for those named."""
    pairs = (
        (field.name, getattr(input, field.name)) for field in dataclasses.fields(input) if field.name not in exclude
    )
    return {name: value for name, value in pairs if value is not strawberry.UNSET}


def conditions(filter: Any) -> dict[str, Any]:
    """The fields of a filter that set a condition; one that is null sets none, and a list is not endless."""
    fields = {name: value for name, value in provided_fields(filter).items() if value is not None} if filter else {}
    for name, value in fields.items():
        if isinstance(value, list) and len(value) > MAX_VALUES:
            raise bad_input(
                f"A list of the filter has {len(value):,} values, `{name}`; it takes at most {MAX_VALUES:,}."
            )
    return fields


def lists_to_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """The same, lists as a query takes them."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def or_none(value: Any) -> Any:
    """None where the client left it out."""
    return None if value is strawberry.UNSET else value
