"""Failures: an error is recorded once, at the nullable place that absorbs it."""

import json

from schema.execution.failures import Failure, first_failure
from tests.schema.execution.small_schema import answers


async def test_an_error_passes_required_places_and_is_recorded_once() -> None:
    (data, errors), stock = await answers("{ items { requiredSame { requiredSame { requiredLater } } } }")

    assert json.loads(data)["items"][1] is None
    assert [json.loads(error)[0] for error in errors] == [
        ["items", 1, "requiredSame", "requiredSame", "requiredLater"]
    ]
    assert (data, errors) == stock


async def test_an_error_that_no_place_absorbs_nulls_the_answer() -> None:
    (data, errors), stock = await answers("{ requiredItems { requiredBatched } }")

    assert (data, len(errors)) == ("null", 1)
    assert (data, errors) == stock


async def test_each_nullable_place_records_its_own_error() -> None:
    (data, errors), stock = await answers("{ items { a: later b: plain children { c: later } } }")

    assert len(errors) == 3
    assert (data, errors) == stock


def test_the_first_failure_of_a_row_counts() -> None:
    failed = Failure(ValueError("no"))  # type: ignore[arg-type]  # any error

    assert first_failure(["text", None, failed, failed]) is failed
    assert first_failure(["text", None]) is None
