"""Cells of an export that a spreadsheet does not run as a formula."""

import random
from decimal import Decimal

import pytest

from api.files.cells import FORMULA_PREFIXES, csv_cell, json_line
from tests.support.counts import count

TEXTS = count(10_000)


def test_csv_cells_never_start_a_formula_and_other_texts_are_unchanged() -> None:
    rng = random.Random(3)
    letters = [*FORMULA_PREFIXES, *"'\"a1, ;|\n", "ä"]
    for _ in range(TEXTS):
        text = "".join(rng.choice(letters) for _ in range(rng.randrange(6)))
        written = csv_cell(text)
        assert not written.startswith(FORMULA_PREFIXES)
        assert written.removeprefix("'") == text if text.startswith(FORMULA_PREFIXES) else written == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (-5, "-5"),
        (Decimal("-1.50"), "-1.50"),
        ({"b": 1, "a": "ä"}, '{"a": "ä", "b": 1}'),
    ],
)
def test_a_value_that_is_not_a_text_is_written_as_it_is(value: object, cell: str) -> None:
    assert csv_cell(value) == cell


def test_the_fields_of_a_json_line_are_in_alphabetical_order() -> None:
    assert json_line({"b": 1, "a": "ä"}) == '{"a":"ä","b":1}\n'
