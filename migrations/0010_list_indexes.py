"""Index the orders of opportunity lists: of all opportunities, of the open ones, and within a state."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# A page walks one index in its order until it is full. An index of all opportunities serves lists without a filter, of
# an owner, or of any condition that many rows meet. Those of created_at, updated_at, expected_close_date, base_minor,
# name_folded and closed_on exist already.
ALL = ("probability", "state_since", "health")
# Closed opportunities pile up: after years, a list of the open ones would walk past a hundred closed ones for each open
# one. So each order has an index of the open ones, which a row leaves when it is closed. It also serves lists of one
# open state. A check makes closed_from empty for exactly the open ones. The condition is not on closed_on, which is
# empty for the same rows, because SQLite would look up the empty ones in the index of closed_on, and sort them.
OPEN = ("number", "created_at", "updated_at", "state_since", "name_folded", "probability", "expected_close_date",
    "closed_on", "base_minor", "health")  # fmt: skip
# Lists of closed ones walk the index of all, except in the orders that place all open ones first.
CLOSED = ("expected_close_date", "health")
CONDITIONS = {
    "all": "",
    "open": " WHERE closed_from IS NULL AND deleted_at IS NULL",
    "closed": " WHERE closed_from IS NOT NULL AND deleted_at IS NULL",
}
# Empty values are last in both directions. SQLite walks one index for both, PostgreSQL needs a second one.
DESCENDING = {
    "all": ("base_minor", "expected_close_date", "closed_on", "health"),
    "open": ("base_minor", "expected_close_date", "closed_on", "health"),
    "closed": CLOSED,
}
# The probability depends on the state, so the index of the open ones has the rows of a state in a row. In the other
# orders, the states are mixed. It replaces the index of states and ids. The index of the organization alone has no use,
# because all of these begin with it.
OTHERS = (
    "CREATE INDEX opportunity_state_probability ON opportunity (organization_id, state, probability, id)",
    "DROP INDEX opportunity_listed_3",
    "DROP INDEX idx_opportunity_organiz_1e5252",
)
# Without it, PostgreSQL takes the state and the emptiness of closed_from as independent, expects few rows, and sorts them.
STATISTICS = """-- only: postgres
CREATE STATISTICS opportunity_state_closed_from (mcv) ON state, closed_from FROM opportunity"""


def _list_indexes() -> list[str]:
    ascending = [
        (rows, column)
        for rows, columns in (("all", ALL), ("open", OPEN), ("closed", CLOSED))
        for column in columns
    ]
    descending = [(rows, column) for rows, columns in DESCENDING.items() for column in columns]
    return [
        *(_index(f"{rows}_{column}", f"{column}, id", rows) for rows, column in ascending),
        *(
            "-- only: postgres\n"
            + _index(f"{rows}_{column}_desc", f"{column} DESC NULLS LAST, id DESC", rows)
            for rows, column in descending
        ),
    ]


def _index(name: str, columns: str, rows: str) -> str:
    return f"CREATE INDEX opportunity_{name} ON opportunity (organization_id, {columns}){CONDITIONS[rows]}"


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0009_snapshots_and_job_leases")]

    operations = [ops.RunSQL([*_list_indexes(), *OTHERS, STATISTICS])]
