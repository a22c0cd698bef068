"""Variables of expressions: the data that an expression gets, its limits, and the documentation."""

from datetime import date
from decimal import Decimal

import pytest

from tests.house import ROOT
from tests.support.rules.deal_facts import BARE_LEAD, TODAY, deal
from workflow.rules.gates.cel import expression_faults
from workflow.rules.gates.cel_parser import ROOTS, parse_expression
from workflow.rules.gates.cel_variables import (
    MAX_DATA_DEPTH,
    MAX_WEIGHT,
    VARIABLES,
    CelContext,
    CelReference,
    DataTooLargeError,
    build_cel_data,
    to_cel,
    value_of,
    variables_as_markdown,
)


def test_an_expression_gets_only_the_values_it_names() -> None:
    facts = deal(attributes={"a": 1, "b": 2, "c d": 3}, base_minor=100)
    texts = {
        "opportunity.value > 1.0": {"opportunity": {"value": 1.0}},
        "opportunity.attributes.a == today": {"opportunity": {"attributes": {"a": 1}}, "today": "2026-03-10"},
        'opportunity.attributes["c d"] == 1': {"opportunity": {"attributes": {"c d": 3}}},
        "has(opportunity.attributes.none)": {"opportunity": {"attributes": {}}},
        "opportunity.attributes.a == opportunity.attributes.b": {
            "opportunity": {"attributes": {"a": 1, "b": 2}}
        },
        'opportunity.attributes["\\141"] == 1': {"opportunity": {"attributes": {"a": 1, "b": 2, "c d": 3}}},
        '"a" in opportunity.attributes': {"opportunity": {"attributes": {"a": 1, "b": 2, "c d": 3}}},
        '"opportunity.name" == account.name': {"account": {"name": "Acme"}},
        "true": {},
    }

    given = {
        text: build_cel_data(
            parse_expression(text).references, lambda row: row.read(CelContext(facts, 0, TODAY))
        ).data
        for text in texts
    }

    assert given == texts


def test_every_visible_name_has_a_root_and_a_plain_value() -> None:
    context = CelContext(BARE_LEAD, 0, TODAY)

    assert {"opportunity", "account", "today"} == ROOTS
    for name in VARIABLES:
        assert build_cel_data([CelReference(name)], lambda row: row.read(context)).data


def test_the_documentation_shows_the_table_and_its_examples_can_be_published() -> None:
    page = (ROOT / "docs" / "expressions.md").read_text(encoding="utf-8")
    examples = [block.partition("```")[0] for block in page.split("```cel\n")[1:]]
    lines = [line for block in examples for line in block.splitlines() if line]

    assert variables_as_markdown() in page
    assert len(lines) > 8
    assert {line: expression_faults(line) for line in lines} == dict.fromkeys(lines, ())


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (2**63 - 1, 2**63 - 1),
        (2**63, float(2**63)),
        (10**400, float("inf")),
        (-(10**400), float("-inf")),
        (Decimal("1.50"), "1.50"),
        (date(2026, 3, 10), "2026-03-10"),
        ((1, None), [1, None]),
        ({1: True}, {"1": True}),
    ],
)
def test_a_value_is_converted_to_a_type_that_cel_has(value: object, encoded: object) -> None:
    assert to_cel(value) == encoded


@pytest.mark.parametrize(("size", "fits"), [(MAX_WEIGHT - 1, True), (MAX_WEIGHT, False)])
def test_a_list_counts_itself_and_its_entries(size: int, fits: bool) -> None:
    if fits:
        assert to_cel([None] * size) == [None] * size
    else:
        with pytest.raises(DataTooLargeError):
            to_cel([None] * size)


@pytest.mark.parametrize(("length", "weight"), [(0, 1), (127, 1), (128, 2), (256, 3)])
def test_a_long_text_weighs_by_its_characters(length: int, weight: int) -> None:
    data = build_cel_data([CelReference("opportunity.name")], lambda row: "x" * length)

    assert data.weight == weight


def test_data_that_is_nested_too_deep_is_refused() -> None:
    nested: object = 1
    for _ in range(MAX_DATA_DEPTH):
        nested = [nested]

    with pytest.raises(DataTooLargeError):
        to_cel([nested])


def test_an_attribute_that_does_not_exist_has_no_value() -> None:
    context = CelContext(deal(attributes={"tier": "gold"}), 0, TODAY)

    assert value_of(CelReference("opportunity.attributes", "tier"), context) == "gold"
    assert value_of(CelReference("opportunity.attributes", "size"), context) is None
    assert value_of(CelReference("opportunity.name", "size"), context) == "Stock counting"


def test_a_reference_is_written_as_in_an_expression() -> None:
    assert str(CelReference("account.attributes", "region")) == "account.attributes.region"
    assert str(CelReference("today")) == "today"
