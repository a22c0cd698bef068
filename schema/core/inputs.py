"""Helpers for inputs: fields that may be left out, filters and client errors."""

import dataclasses
from typing import Any

import strawberry
from graphql import GraphQLError

from workflow.rules.codec import camel

MAX_VALUES = 1_000


def bad_input(message: str) -> GraphQLError:
    """Return the error for an invalid argument."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def optional(description: str) -> Any:
    """Declare an input field that may be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def provided_fields(input: Any, *exclude: str) -> dict[str, Any]:
    """Return the fields that the client gave, except those named."""
    values = {field.name: getattr(input, field.name) for field in dataclasses.fields(input)}
    return {
        name: value for name, value in values.items() if value is not strawberry.UNSET and name not in exclude
    }


def conditions(filter: Any) -> dict[str, Any]:
    """Return the fields of a filter that are not null; refuse lists that are too long for a statement."""
    fields = (
        {name: value for name, value in provided_fields(filter).items() if value is not None}
        if filter
        else {}
    )
    for name, value in fields.items():
        if isinstance(value, list) and len(value) > MAX_VALUES:
            raise bad_input(
                f"`{camel(name)}` of the filter has {len(value):,} values; at most {MAX_VALUES:,} are "
                "allowed."
            )
    return fields


def lists_to_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with lists as tuples, which queries can hash."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}


def or_none(value: Any) -> Any:
    """Return None if the client left the value out."""
    return None if value is strawberry.UNSET else value
