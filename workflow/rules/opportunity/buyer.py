"""People on the buyer's side: their roles, and how much contact we have with each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from workflow.rules.enums import BuyingRole, Coverage
from workflow.rules.money import round_half_up
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import StakeholderFacts
from workflow.rules.process.document import ProcessDocument

_COVERAGE_LEVELS = ((5, Coverage.IN_DEPTH), (2, Coverage.MULTIPLE), (1, Coverage.BRIEF))
_COVERAGE_ORDER = {coverage: depth for depth, coverage in enumerate(Coverage)}


class HasStakeholders(Protocol):
    """All that the rules of required roles read of a deal."""

    def present_stakeholders(self) -> tuple[StakeholderFacts, ...]:
        """Return the stakeholders who have not left."""
        ...


@dataclass(frozen=True, slots=True)
class People:
    """The stakeholders of a deal, without its other facts."""

    stakeholders: Sequence[StakeholderFacts]

    def present_stakeholders(self) -> tuple[StakeholderFacts, ...]:
        """Return the stakeholders who have not left."""
        return tuple(person for person in self.stakeholders if not person.left)


@dataclass(frozen=True, slots=True)
class RoleCoverage:
    """A required role of the process, and the stakeholders who have it."""

    any_of: tuple[BuyingRole, ...]
    minimum: int
    filled_by: tuple[StakeholderFacts, ...]

    @property
    def met(self) -> bool:
        """Return True if enough stakeholders have the role."""
        return len(self.filled_by) >= self.minimum


def coverage(two_way_count: int) -> Coverage:
    """Return the coverage for a count of two-way activities: BRIEF from 1, MULTIPLE 2, IN_DEPTH 5."""
    return next((level for fewest, level in _COVERAGE_LEVELS if two_way_count >= fewest), Coverage.NONE)


def has_coverage(facts: OpportunityFacts, person: StakeholderFacts, minimum: Coverage) -> bool:
    """Return True if there was enough two-way contact with the person."""
    return _COVERAGE_ORDER[coverage(facts.conversation_count(person))] >= _COVERAGE_ORDER[minimum]


def stakeholders_in_roles(
    facts: HasStakeholders, any_of: Collection[BuyingRole]
) -> tuple[StakeholderFacts, ...]:
    """Return the present stakeholders with one of the roles; all present stakeholders if no role is given."""
    return tuple(
        person for person in facts.present_stakeholders() if not any_of or set(person.roles) & set(any_of)
    )


def role_coverage(process: ProcessDocument, facts: HasStakeholders) -> tuple[RoleCoverage, ...]:
    """Return the required roles of the process, with the stakeholders who have them."""
    return tuple(
        RoleCoverage(role.any_of, role.minimum, stakeholders_in_roles(facts, role.any_of))
        for role in process.required_roles
    )


def coverage_percent(process: ProcessDocument, facts: HasStakeholders) -> int:
    """Return the share of required roles that are met, in whole percent; 100 if none is required."""
    roles = role_coverage(process, facts)
    return round_half_up(Decimal(100 * sum(role.met for role in roles)) / len(roles)) if roles else 100


def is_single_threaded(facts: HasStakeholders) -> bool:
    """Return True if fewer than two stakeholders are present: the deal leaves with one person."""
    return len(facts.present_stakeholders()) < 2
