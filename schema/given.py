"""Inputs whose fields may be left out: what is left out is kept, null clears."""

import dataclasses
from typing import Any

import strawberry


def maybe(description: str) -> Any:
    """An input field that may be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def given(input: Any, *leaving: str) -> dict[str, Any]:
    """The fields that the client gave, but for those named."""
    pairs = (
        (field.name, getattr(input, field.name)) for field in dataclasses.fields(input) if field.name not in leaving
    )
    return {name: value for name, value in pairs if value is not strawberry.UNSET}


def or_none(value: Any) -> Any:
    """None where the client left it out."""
    return None if value is strawberry.UNSET else value
