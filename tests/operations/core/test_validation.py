"""Validation of inputs, with the path and the message of each fault."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from workflow.operations.core.validation import (
    MAX_JSON_LENGTH,
    MoneyAmount,
    Validator,
    is_storable,
    merge_attributes,
    minor_units,
)
from workflow.rules.errors import InvalidInputError
from workflow.rules.money import MAX_MINOR


def faults_of(check: Callable[[Validator], object]) -> list[tuple[str, str]]:
    """Return the faults that a check adds, each with its path."""
    validator = Validator()
    check(validator)
    return [(".".join(problem.path), problem.message) for problem in validator.problems]


def nested(depth: int) -> Any:
    """Return an empty list inside `depth` others."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(("text", "expected"), [(None, None), ("", None), (" \n", None), (" Acme ", "Acme")])
def test_a_text_is_trimmed_and_an_empty_one_is_none(text: str | None, expected: str | None) -> None:
    validator = Validator()

    assert validator.text(text, "name") == expected
    assert validator.problems == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (None, "`name` is empty. Enter a text."),
        ("  ", "`name` is empty. Enter a text."),
        ("x" * 1_001, "`name` has 1,001 characters; the limit is 1,000."),
        ("a\0b", "`name` contains a NUL or an unpaired surrogate, which cannot be stored. Remove it."),
        ("a\ud800", "`name` contains a NUL or an unpaired surrogate, which cannot be stored. Remove it."),
    ],
)
def test_a_required_text_has_content_a_limit_and_storable_characters(text: str | None, fault: str) -> None:
    found = faults_of(lambda check: check.text(text, "input", "name", required=True, max_length=1_000))

    assert found == [("input.name", fault)]


def test_surrounding_spaces_do_not_count_towards_the_limit() -> None:
    assert faults_of(lambda check: check.text("  " + "x" * 255 + "  ", "name")) == []


@pytest.mark.parametrize("address", ["ada", "@example.com", "ada@", "a b@example.com", "@"])
def test_an_email_has_a_name_and_a_host(address: str) -> None:
    message = f"`{address}` is not an e-mail address. Write it as name@example.com."

    assert faults_of(lambda check: check.email(address, "email")) == [("email", message)]


def test_an_email_and_a_domain_become_lower_case() -> None:
    validator = Validator()

    assert validator.email(" Ada@Example.COM ", "email") == "ada@example.com"
    assert validator.domain("Example.COM", "domain") == "example.com"
    assert validator.problems == []


@pytest.mark.parametrize(
    "name", ["example", "https://example.com", "example.com/", "a@example.com", ".com", "a..b"]
)
def test_a_domain_is_a_host_name_only(name: str) -> None:
    message = f"`{name}` is not an internet domain. Write it as example.com."

    assert faults_of(lambda check: check.domain(name, "domain")) == [("domain", message)]


def test_a_day_before_1900_is_reported() -> None:
    message = "`due` is 1899-12-31, before 1900. Check the year."

    assert faults_of(lambda check: check.day(date(1899, 12, 31), "due")) == [("due", message)]
    assert faults_of(lambda check: check.day(date(1900, 1, 1), "due")) == []


@pytest.mark.parametrize(
    ("system", "id", "is_valid"),
    [(None, None, True), ("crm", "1", True), ("crm", None, False), (None, "1", False)],
)
def test_an_external_id_and_its_system_go_together(
    system: str | None, id: str | None, is_valid: bool
) -> None:
    found = faults_of(lambda check: check.external_id({"external_system": system, "external_id": id}))

    message = "`externalSystem` and `externalId` go together: set both or neither."
    assert found == ([] if is_valid else [("externalId", message)])


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ([1], '`attributes` must be an object such as {"region": "EMEA"}.'),
        (
            {"a": ["x\0"]},
            "`attributes` contains a NUL or an unpaired surrogate, which cannot be stored. Remove it.",
        ),
        (
            {"a\0": 1},
            "`attributes` contains a NUL or an unpaired surrogate, which cannot be stored. Remove it.",
        ),
        ({"a": float("inf")}, "`attributes` contains a number that is too large. Write it as a text."),
        ({"a": nested(20)}, "`attributes` is nested more than 20 levels deep."),
        ({"a": "x" * MAX_JSON_LENGTH}, "`attributes` has more than 100,000 characters as JSON."),
    ],
)
def test_attributes_are_an_object_that_both_databases_can_store(value: object, fault: str) -> None:
    returned: list[dict[str, object]] = []

    found = faults_of(lambda check: returned.append(check.attributes(value, "attributes")))

    assert found == [("attributes", fault)]
    assert returned == [{}]


def test_valid_attributes_are_returned_as_they_are() -> None:
    value = {"region": "EMEA", "seats": [1, 2.5, None], "deep": nested(19)}

    assert Validator().attributes(value, "attributes") == value
    assert Validator().attributes(None, "attributes") == {}


def test_every_fault_is_raised_at_once() -> None:
    validator = Validator()
    validator.raise_if_any()
    validator.text("", "name", required=True)
    validator.day(date(1, 1, 1), "due")

    with pytest.raises(InvalidInputError) as refusal:
        validator.raise_if_any()

    assert [problem.path for problem in refusal.value.fields] == [("name",), ("due",)]


def test_attributes_are_merged_by_key_and_null_removes_one() -> None:
    assert merge_attributes({"a": 1, "b": 2, "c": None}, {"b": None, "d": 4}) == {"a": 1, "d": 4}


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("0", "EUR", 0),
        ("12.5", "EUR", 1250),
        ("12", "JPY", 12),
        ("1.234", "KWD", 1234),
        ("1E+3", "EUR", 100_000),
    ],
)
def test_an_amount_is_stored_in_the_smallest_unit(amount: str, currency: str, minor: int) -> None:
    assert minor_units(MoneyAmount(Decimal(amount), currency), "value") == minor


@pytest.mark.parametrize(
    ("amount", "currency", "path", "fault"),
    [
        ("1", "eur", "currency", "`eur` is not an ISO 4217 currency code such as EUR or USD."),
        ("-0.01", "EUR", "amount", "An amount must be 0 or more."),
        ("1.005", "EUR", "amount", "1.005 has more decimals than EUR, which has 2."),
        (str(MAX_MINOR), "JPY", "amount", f"An amount must be below {MAX_MINOR} JPY."),
    ],
)
def test_an_amount_has_a_currency_its_decimals_and_a_limit(
    amount: str, currency: str, path: str, fault: str
) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        minor_units(MoneyAmount(Decimal(amount), currency), "value")

    assert [(problem.path, problem.message) for problem in refusal.value.fields] == [(("value", path), fault)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", True), ("x" * 255, True), (" " * 300, True), ("x" * 256, False), ("a\0", False)],
)
def test_a_text_that_no_column_can_contain_is_known_beforehand(text: str, expected: bool) -> None:
    assert is_storable(text) is expected
