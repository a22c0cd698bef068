"""The description of the schema: its queries run, and clients see it."""

import re

import pytest
from graphql import build_schema, parse, validate

from schema import schema
from schema.core.description import DESCRIPTION

EXAMPLES = re.findall(r"```graphql\n(.*?)\n```", DESCRIPTION, re.DOTALL)


def test_three_queries_are_shown() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("query", EXAMPLES, ids=["viewer", "opportunities", "transitions"])
def test_a_query_of_the_description_is_valid(query: str) -> None:
    assert validate(build_schema(schema.as_str()), parse(query)) == []


def test_the_printed_schema_begins_with_the_description() -> None:
    assert build_schema(schema.as_str()).description == DESCRIPTION


async def test_introspection_shows_the_description() -> None:
    result = await schema.execute("{ __schema { description } }")

    assert result.data == {"__schema": {"description": DESCRIPTION}}
