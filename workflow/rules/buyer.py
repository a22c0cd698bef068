"""The buyer's people: how well we know each, and who plays which part."""

from collections.abc import Collection

from workflow.rules.facts import OpportunityFacts, StakeholderFacts
from workflow.rules.states import BuyingRole, Coverage

_LADDER = ((5, Coverage.IN_DEPTH), (2, Coverage.MULTIPLE), (1, Coverage.BRIEF))
_DEPTH = {coverage: depth for depth, coverage in enumerate(Coverage)}


def coverage(two_way_count: int) -> Coverage:
    """How well we know a person by our talks, both ways: 0 NONE, 1 BRIEF, 2 to 4 MULTIPLE, 5 or more IN_DEPTH."""
    return next((name for least, name in _LADDER if two_way_count >= least), Coverage.NONE)


def covered(person: StakeholderFacts, least: Coverage) -> bool:
    """We spoke with the person often enough."""
    return _DEPTH[coverage(person.two_way_count)] >= _DEPTH[least]


def holders(facts: OpportunityFacts, any_of: Collection[BuyingRole]) -> tuple[StakeholderFacts, ...]:
    """The stakeholders, not left, who play one of the parts; everybody present where no part is named."""
    return tuple(person for person in facts.present_stakeholders() if not any_of or person.roles & set(any_of))
