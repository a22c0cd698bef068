"""Rows of a deal's parts that are to be inserted, updated or deleted, one statement for each table."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tortoise.models import Model

from workflow.models import (
    Activity,
    ActivityContact,
    Assessment,
    Collaborator,
    Competitor,
    DecisionStep,
    Milestone,
    Mitigation,
    Objective,
    Override,
    Risk,
    RiskReview,
    Stakeholder,
    StakeholderRelation,
    Transition,
)
from workflow.operations.core.rows import delete_rows, insert_rows, update_rows

Row = dict[str, Any]
"""The columns of a row, with values of several kinds."""

PART_OF_TABLE: Mapping[type[Model], str] = {
    Collaborator: "collaborator_ids",
    Assessment: "assessments",
    Stakeholder: "stakeholders",
    StakeholderRelation: "stakeholders",
    Competitor: "competitors",
    DecisionStep: "decision_steps",
    Objective: "objectives",
    Risk: "risks",
    Mitigation: "risks",
    RiskReview: "risk_review",
    Milestone: "milestones",
    Activity: "activity",
    ActivityContact: "activity",
    Transition: "transitions",
    Override: "overrides",
}
"""The part of a deal's facts that is made from the rows of each table."""


@dataclass(slots=True)
class PartWrites:
    """The rows of parts to write, and the parts of the facts that are stale because of them."""

    deletes: dict[tuple[type[Model], frozenset[str]], list[Row]] = field(default_factory=dict)
    updates: dict[tuple[type[Model], frozenset[str]], list[Row]] = field(default_factory=dict)
    inserts: dict[tuple[type[Model], frozenset[str]], list[Row]] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)

    def insert(self, table: type[Model], row: Row) -> None:
        """Add a new row."""
        self.inserts.setdefault((table, frozenset(row)), []).append(row)
        self.stale.add(PART_OF_TABLE[table])

    def update(self, table: type[Model], row: Row) -> None:
        """Add a change of the row with the id `row["id"]`."""
        self.updates.setdefault((table, frozenset(row)), []).append(row)
        self.stale.add(PART_OF_TABLE[table])

    def delete(self, table: type[Model], ids: Row) -> None:
        """Add a deletion of the rows that have these ids in their columns."""
        self.deletes.setdefault((table, frozenset(ids)), []).append(ids)
        self.stale.add(PART_OF_TABLE[table])

    def add(self, other: "PartWrites") -> None:
        """Add what another deal has to write."""
        pairs = (
            (self.deletes, other.deletes),
            (self.updates, other.updates),
            (self.inserts, other.inserts),
        )
        for own, added in pairs:
            for target, rows in added.items():
                own.setdefault(target, []).extend(rows)


async def write_parts(writes: Iterable[PartWrites]) -> None:
    """Write the rows of several deals: deletions first, then updates, then insertions."""
    together = PartWrites()
    for one in writes:
        together.add(one)
    for (table, _), rows in together.deletes.items():
        await delete_rows(table, rows)
    for (table, _), rows in together.updates.items():
        await update_rows(table, rows)
    # In the order in which they were recorded: a row refers only to rows before it.
    for (table, _), rows in together.inserts.items():
        await insert_rows(table, rows)
