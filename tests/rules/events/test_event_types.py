"""Event types, and the patterns with which a webhook subscribes to them."""

import pytest

from workflow.rules.events.event_types import EVENT_TYPES, matches_pattern, unknown_patterns


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        ("risk.*", True),
        ("risk.raised", True),
        ("risk.updated", False),
        ("risk.raised.twice", False),
        ("ris.*", False),
        ("risk", False),
    ],
)
def test_a_pattern_matches_one_type_or_all_types_of_an_entity(pattern: str, matches: bool) -> None:
    assert matches_pattern("risk.raised", pattern) is matches


def test_a_pattern_of_one_entity_does_not_match_an_entity_whose_name_begins_alike() -> None:
    assert not matches_pattern("riskier.raised", "risk.*")


def test_a_pattern_that_matches_no_type_is_unknown() -> None:
    patterns = ["risk.*", "*", "deal.*", "risk.raised.twice", "", "risk"]

    assert unknown_patterns(patterns) == ["deal.*", "risk.raised.twice", "", "risk"]


def test_the_transition_of_an_opportunity_is_an_event() -> None:
    assert "opportunity.transitioned" in EVENT_TYPES
