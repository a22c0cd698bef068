"""Expected visibility, computed from the raw tables and the rules of roles without the product's own scope.

Add a new table to one of the four sets below; a test fails for a table that is in none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.security.isolation.raw_tables import Row, Tables

PARENT_COLUMNS: Mapping[str, str] = {
    "opportunity": "id",
    "assessment": "opportunity_id",
    "collaborator": "opportunity_id",
    "competitor": "opportunity_id",
    "decision_step": "opportunity_id",
    "milestone": "opportunity_id",
    "objective": "opportunity_id",
    "override": "opportunity_id",
    "risk": "opportunity_id",
    "risk_review": "opportunity_id",
    "stakeholder": "opportunity_id",
    "snapshot": "opportunity_id",
    "transition": "opportunity_id",
    "activity": "opportunity_id",
    "alert": "opportunity_id",
    "imported_row": "opportunity_id",
    "mitigation": "risk_id",
    "stakeholder_relation": "stakeholder_id",
    "activity_contact": "activity_id",
    "event": "aggregateid",
}
"""Tables whose rows are visible with their deal, by the column that leads to it; to all without a deal."""
ORGANIZATION_TABLES = frozenset(
    {"organization", "account", "contact", "member", "team", "sales_process", "exchange_rate", "target"}
)
"""Tables whose rows are visible to everyone in the organization."""
ADMIN_TABLES = frozenset({"api_key", "webhook_endpoint", "webhook_delivery"})
"""Tables whose texts only an admin may see; the feed contains their ids."""
INTERNAL_TABLES = frozenset(
    {
        *("alert_digest", "job_lease", "idempotency", "opportunity_counter", "feed_epoch"),
        *("search_document", "tortoise_migrations", "sqlite_sequence"),
    }
)
"""Tables that are visible to nobody."""

RowScope = tuple[str, str | None]
"""An organization, and the deal if a row belongs to one."""


@dataclass(frozen=True)
class MemberViewer:
    """A member with the role and the visibility of their key, or a key without a member."""

    organization_id: str
    member_id: str
    role: str
    visibility: str

    def __str__(self) -> str:
        return f"{self.role} {self.visibility}"


@dataclass(frozen=True)
class DatabaseRows:
    """All rows of the database, and the scope of each."""

    tables: Tables

    def unclassified_tables(self) -> list[str]:
        """Return the tables that are in none of the sets, and those in a set that do not exist."""
        known = {*PARENT_COLUMNS, *ORGANIZATION_TABLES, *ADMIN_TABLES, *INTERNAL_TABLES}
        return sorted(self.tables.keys() - known) + sorted(known - self.tables.keys() - {"sqlite_sequence"})

    @cached_property
    def by_id(self) -> dict[str, tuple[str, Row]]:
        """The table and the row of every id."""
        return {
            row["id"]: (name, row)
            for name, rows in self.tables.items()
            for row in rows
            if _is_id(row.get("id"))
        }

    @cached_property
    def scopes(self) -> dict[str, RowScope]:
        """The scope of the row of every id."""
        return {id: self.scope(table, row) for id, (table, row) in self.by_id.items()}

    def scope(self, table: str, row: Row) -> RowScope:
        """Return the organization of a row, and its deal."""
        if table == "organization":
            return row["id"], None
        return row["organization_id"], self._deal(table, row)

    def rows_of(self, organization_id: str, table: str) -> list[Row]:
        """Return the rows of a table in an organization, by id."""
        return self._sorted.get((organization_id, table), [])

    @cached_property
    def _sorted(self) -> dict[tuple[str, str], list[Row]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for name in self.tables.keys() - INTERNAL_TABLES:
            for row in sorted(self.tables[name], key=lambda row: str(row.get("id", row.get("pos")))):
                found.setdefault((self.scope(name, row)[0], name), []).append(row)
        return found

    def _deal(self, table: str, row: Row) -> str | None:
        if table not in PARENT_COLUMNS:
            return None
        if table == "event" and row["aggregatetype"] != "opportunity":
            return None
        parent_id = row[PARENT_COLUMNS[table]]
        if table == "opportunity" or parent_id is None:
            return None if parent_id is None else str(parent_id)
        parent, found = self.by_id[parent_id]
        return self._deal(parent, found)


class ExpectedVisibility:
    """The rows that one viewer may see."""

    def __init__(self, facts: DatabaseRows, person: MemberViewer) -> None:
        self.rows = facts
        self.viewer = person
        own = facts.rows_of(person.organization_id, "opportunity")
        there = [row for row in own if row["deleted_at"] is None]
        self.sees_all = person.visibility == "ALL" or person.role == "INTEGRATOR"
        self.deals = frozenset(row["id"] for row in there if self.sees_all or self._is_own(row))
        self.deleted_deals = frozenset(row["id"] for row in own if row["deleted_at"] is not None)

    def sees(self, table: str, row: Row) -> bool:
        """Return whether the viewer sees a row; viewers of all deals keep the events of a deleted deal."""
        organization_id, deal = self.rows.scope(table, row)
        if organization_id != self.viewer.organization_id:
            return False
        return (
            deal is None
            or deal in self.deals
            or (table == "event" and self.sees_all and deal in self.deleted_deals)
        )

    def may_know(self, home: RowScope) -> bool:
        """Return whether an answer may contain a mark or an id of this scope."""
        organization_id, deal = home
        if organization_id != self.viewer.organization_id:
            return False
        return deal is None or deal in self.deals or (self.sees_all and deal in self.deleted_deals)

    def visible_rows(self, table: str) -> list[Row]:
        """Return the rows of a table that the viewer sees."""
        return [row for row in self.rows.rows_of(self.viewer.organization_id, table) if self.sees(table, row)]

    def hidden_rows(self, table: str) -> list[Row]:
        """Return the rows of a table in the viewer's organization that the viewer does not see."""
        return [
            row for row in self.rows.rows_of(self.viewer.organization_id, table) if not self.sees(table, row)
        ]

    def _is_own(self, deal: Row) -> bool:
        if deal["owner_id"] == self.viewer.member_id or deal["id"] in self._collaborations:
            return True
        _, owner = self.rows.by_id[deal["owner_id"]]
        return self.viewer.visibility == "TEAM" and owner["team_id"] in self._teams

    @cached_property
    def _collaborations(self) -> frozenset[str]:
        """The deals that the viewer collaborates on."""
        helpers = self.rows.rows_of(self.viewer.organization_id, "collaborator")
        return frozenset(
            one["opportunity_id"] for one in helpers if one["member_id"] == self.viewer.member_id
        )

    @cached_property
    def _teams(self) -> frozenset[str]:
        """The viewer's team, the teams they manage, and all teams below."""
        _, me = self.rows.by_id[self.viewer.member_id]
        tree = self.rows.rows_of(self.viewer.organization_id, "team")
        found = {team["id"] for team in tree if team["id"] == me["team_id"] or team["manager_id"] == me["id"]}
        while more := {team["id"] for team in tree if team["parent_id"] in found} - found:
            found |= more
        return frozenset(found)


def group_by_visibility(
    facts: DatabaseRows, people: Iterable[MemberViewer]
) -> dict[Any, list[ExpectedVisibility]]:
    """Group the viewers of one organization who see the same deals."""
    groups: dict[Any, list[ExpectedVisibility]] = {}
    for person in people:
        visibility = ExpectedVisibility(facts, person)
        groups.setdefault((person.organization_id, visibility.deals, visibility.sees_all), []).append(
            visibility
        )
    return groups


def _is_id(value: object) -> bool:
    return isinstance(value, str) and len(value) == 36
