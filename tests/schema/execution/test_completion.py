"""Completion: errors and nulls of single rows end up where the specification says, as in graphql-core."""

import pytest

from tests.schema.execution.small_schema import answers

FIELDS = (
    "number", "attribute", "requiredAttribute", "plain", "plainColumn", "later", "requiredLater", "batched",
    "requiredBatched", "values", "tooLarge", "notFinite", "notAList", "wrongType { number }",
    "same { requiredLater }", "requiredSame { requiredBatched }", "children { number plain }",
    "children { requiredLater }", "requiredChildren { number }",
    "same { requiredSame { tooLarge } } number", "requiredSame { requiredSame { tooLarge } } number",
)  # fmt: skip
"""Selections of an item; most have an error in one row."""


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("list_", ["items", "requiredItems"])
async def test_an_error_in_one_row_ends_at_the_nearest_nullable_place(list_: str, field: str) -> None:
    own, stock = await answers(f"{{ {list_} {{ __typename {field} }} item(number: 2) {{ {field} }} }}")

    assert own == stock


async def test_the_other_rows_keep_their_values() -> None:
    (data, errors), stock = await answers("{ items { batched } }")

    assert data == '{"items": [{"batched": "row 1"}, {"batched": null}, null, {"batched": "row 3"}]}'
    assert errors == ['[["items", 1, "batched"], "Row 2 is bad."]']
    assert (data, errors) == stock


async def test_a_nulled_list_has_one_error_only() -> None:
    (data, errors), stock = await answers("{ items { requiredChildren { requiredLater requiredBatched } } }")

    assert len(errors) == 1
    assert (data, errors) == stock


async def test_an_alias_of_a_field_used_twice_is_read_for_each() -> None:
    own, stock = await answers('{ items { a: batched b: batched(prefix: "x") c: number number } }')

    assert '"a": "row 1", "b": "xrow 1", "c": 1, "number": 1' in own[0]
    assert own == stock


@pytest.mark.parametrize("skip", [True, False])
async def test_a_skipped_field_is_absent(skip: bool) -> None:
    query = """query ($skip: Boolean!) {
        items { number plain @skip(if: $skip) ... @include(if: $skip) { later } } }"""

    own, stock = await answers(query, {"skip": skip})

    assert ('"plain"' in own[0], '"later"' in own[0]) == (not skip, skip)
    assert own == stock


async def test_merged_selections_of_one_field_are_read_together() -> None:
    own, stock = await answers(
        "{ items { same { number } ...Later } } fragment Later on Item { same { later } same { number } }"
    )

    assert '"same": {"number": 1, "later": "row 1"}' in own[0]
    assert own == stock


async def test_the_schema_describes_itself_alike() -> None:
    query = """{ __schema { types { name kind fields { name type { name ofType { name } } args { name } } } }
        __type(name: "Item") { name description } }"""

    own, stock = await answers(query)

    assert own == stock
