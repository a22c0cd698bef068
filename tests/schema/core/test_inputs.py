"""Inputs: a field that is left out is not a field that is null, and lists are bounded."""

import pytest
import strawberry
from graphql import GraphQLError

from schema.core.inputs import MAX_VALUES, conditions, lists_to_tuples, or_none, provided_fields
from schema.opportunity.filter import OpportunityFilterInput
from schema.opportunity.mutations import UpdateOpportunityInput

ID = strawberry.ID("x")


def test_a_null_is_provided_and_a_field_left_out_is_not() -> None:
    changes = UpdateOpportunityInput(id=ID, name="Roof", source=None)

    assert provided_fields(changes, "id") == {"name": "Roof", "source": None}


def test_a_null_sets_no_condition() -> None:
    assert conditions(OpportunityFilterInput(text="roof", state=None)) == {"text": "roof"}


@pytest.mark.parametrize("nothing", [None, strawberry.UNSET])
def test_no_filter_sets_no_condition(nothing: object) -> None:
    assert conditions(nothing) == {}


def test_a_list_is_allowed_up_to_its_limit_and_refused_by_its_api_name() -> None:
    allowed = OpportunityFilterInput(external_ids=["x"] * MAX_VALUES)
    refused = OpportunityFilterInput(external_ids=["x"] * (MAX_VALUES + 1))

    assert len(conditions(allowed)["external_ids"]) == MAX_VALUES
    with pytest.raises(
        GraphQLError, match="`externalIds` of the filter has 1,001 values; at most 1,000 are allowed"
    ):
        conditions(refused)


def test_lists_become_tuples_and_other_values_stay() -> None:
    assert lists_to_tuples({"state": ["WON"], "text": "roof"}) == {"state": ("WON",), "text": "roof"}


def test_an_argument_left_out_is_none_and_false_stays_false() -> None:
    assert [or_none(value) for value in (strawberry.UNSET, None, False, 0)] == [None, None, False, 0]
