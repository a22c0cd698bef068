"""Limits of process documents: numbers, texts, keys and lists."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, get_type_hints

import pytest

from tests.support.rules.deal_facts import DEFAULT
from workflow.rules.process.bounds import MAX_LIST_LENGTH, MAX_TEXT_LENGTH, RANGES, find_out_of_bounds
from workflow.rules.process.document import ProcessDocument, RequiredRole

PAIN = DEFAULT.criteria[0]


def faults(document: ProcessDocument) -> list[tuple[str, str]]:
    """Return the path and message of each fault."""
    return [(".".join(fault.path), fault.message) for fault in find_out_of_bounds(document)]


def with_criterion(**changes: Any) -> ProcessDocument:
    """Return the default process with a changed first criterion."""
    return replace(DEFAULT, criteria=(replace(PAIN, **changes), *DEFAULT.criteria[1:]))


def test_the_default_process_is_within_bounds() -> None:
    assert faults(DEFAULT) == []


@pytest.mark.parametrize(("weight", "fits"), [(-1, False), (0, True), (1000, True), (1001, False)])
def test_both_ends_of_a_range_are_allowed(weight: int, fits: bool) -> None:
    expected = [] if fits else [("criteria.0.weight", "weight must be from 0 to 1000.")]

    assert faults(with_criterion(weight=weight)) == expected


@pytest.mark.parametrize("probability", [Decimal("-0.01"), Decimal("1.01")])
def test_a_probability_is_from_0_to_1(probability: Decimal) -> None:
    states = (replace(DEFAULT.states[0], probability=probability), *DEFAULT.states[1:])

    assert faults(replace(DEFAULT, states=states)) == [
        ("states.0.probability", "probability must be from 0 to 1.")
    ]


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (" \t", "label must not be blank."),
        ("a\0b", "label contains a NUL or an incomplete character. Remove it."),
        ("\ud83d", "label contains a NUL or an incomplete character. Remove it."),
        ("x" * (MAX_TEXT_LENGTH + 1), "label can have at most 1000 characters."),
    ],
)
def test_a_text_is_printable_and_neither_blank_nor_too_long(label: str, message: str) -> None:
    assert faults(with_criterion(label=label)) == [("criteria.0.label", message)]


@pytest.mark.parametrize("key", ["", "-a", "a b", "ä", "a" * 101])
def test_a_key_has_only_plain_characters(key: str) -> None:
    (fault,) = faults(with_criterion(key=key))

    assert fault[0] == "criteria.0.key"
    assert fault[1].startswith("A key has 1 to 100 letters")


def test_a_key_that_is_copied_to_deals_is_shorter() -> None:
    assert faults(with_criterion(key="a" * 64)) == []
    assert faults(with_criterion(key="a" * 65)) == [("criteria.0.key", "key can have at most 64 characters.")]


def test_each_text_of_a_list_is_checked_at_its_position() -> None:
    questions = ("Why?", " ", "x" * (MAX_TEXT_LENGTH + 1))

    assert faults(with_criterion(questions=questions)) == [
        ("criteria.0.questions.1", "text must not be blank."),
        ("criteria.0.questions.2", "text can have at most 1000 characters."),
    ]


def test_a_list_is_limited_and_a_required_one_is_not_empty() -> None:
    long = replace(DEFAULT, milestones=(DEFAULT.milestones[0],) * (MAX_LIST_LENGTH + 1))
    empty = replace(DEFAULT, required_roles=(RequiredRole(()),))

    assert faults(long) == [("milestones", "milestones can have at most 200 entries.")]
    assert faults(empty) == [("requiredRoles.0.anyOf", "anyOf must not be empty.")]


def test_every_range_belongs_to_a_field() -> None:
    assert all(name in get_type_hints(shape) for shape, name in RANGES)
