"""The buyer's people: how well we know each, and who plays which part."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from workflow.rules.enums import BuyingRole, Coverage
from workflow.rules.money import round_half_up
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import StakeholderFacts
from workflow.rules.process.document import ProcessDocument

_COVERAGE_LEVELS = ((5, Coverage.IN_DEPTH), (2, Coverage.MULTIPLE), (1, Coverage.BRIEF))
_COVERAGE_ORDER = {coverage: depth for depth, coverage in enumerate(Coverage)}


@dataclass(frozen=True, slots=True)
class RoleCoverage:
    """A part that the process asks for, and the people who play it."""

    any_of: tuple[BuyingRole, ...]
    minimum: int
    filled_by: tuple[StakeholderFacts, ...]

    @property
    def met(self) -> bool:
        """Enough people play it."""
        return len(self.filled_by) >= self.minimum


def coverage(two_way_count: int) -> Coverage:
    """How well we know a person by our talks, both ways: 0 NONE, 1 BRIEF, 2 to 4 MULTIPLE, 5 or more IN_DEPTH."""
    return next((name for least, name in _COVERAGE_LEVELS if two_way_count >= least), Coverage.NONE)


def has_coverage(facts: OpportunityFacts, person: StakeholderFacts, minimum: Coverage) -> bool:
    """We spoke with the person often enough."""
    return _COVERAGE_ORDER[coverage(facts.conversation_count(person))] >= _COVERAGE_ORDER[minimum]


def stakeholders_in_roles(facts: OpportunityFacts, any_of: Collection[BuyingRole]) -> tuple[StakeholderFacts, ...]:
    """The stakeholders, not left, who play one of the parts; everybody present where no part is named."""
    return tuple(person for person in facts.present_stakeholders() if not any_of or set(person.roles) & set(any_of))


def role_coverage(process: ProcessDocument, facts: OpportunityFacts) -> tuple[RoleCoverage, ...]:
    """The roles that the process asks for, and who fills them."""
    return tuple(
        RoleCoverage(role.any_of, role.minimum, stakeholders_in_roles(facts, role.any_of))
        for role in process.required_roles
    )


def coverage_percent(process: ProcessDocument, facts: OpportunityFacts) -> int:
    """Required roles met by those required, in whole percent; 100 where none is required."""
    roles = role_coverage(process, facts)
    return round_half_up(Decimal(100 * sum(role.met for role in roles)) / len(roles)) if roles else 100


def is_single_threaded(facts: OpportunityFacts) -> bool:
    """Fewer than two people of the buyer's are with us: one who leaves takes the deal along."""
    return len(facts.present_stakeholders()) < 2
