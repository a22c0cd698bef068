"""The number and the value of the opportunities that match a filter.

They are exact, and computed when they are asked for, so they take longer the more opportunities match.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tortoise.functions import Count, Sum

from workflow.queries.opportunity.filter import OpportunityFilter
from workflow.queries.opportunity.rows import matching
from workflow.rules.permissions import Viewer


@dataclass(frozen=True, slots=True)
class Totals:
    """The number of deals that match, and their total value in minor units of base currency.

    The total is None if a deal has a value in a currency without an exchange rate.
    """

    count: int
    base_minor: int | None


NOTHING = Totals(0, 0)
PARENT_COLUMNS = ("account_id", "owner_id")
"""The columns of a filter that name the record whose list is totalled."""


async def totals(viewer: Viewer, filter: OpportunityFilter) -> Totals:
    """Count and sum up all visible deals that match; one statement."""
    return (await totals_by_filter(viewer, [filter]))[filter]


async def totals_by_filter(
    viewer: Viewer, filters: Collection[OpportunityFilter]
) -> dict[OpportunityFilter, Totals]:
    """Count and sum up the visible deals that match each filter.

    Filters that differ only in their one account or their one owner share a statement.
    """
    groups: dict[tuple[OpportunityFilter, tuple[str, ...]], list[OpportunityFilter]] = {}
    for filter in filters:
        columns = tuple(name for name in PARENT_COLUMNS if len(getattr(filter, name) or ()) == 1)
        rest = _replace(filter, dict.fromkeys(columns))
        groups.setdefault((rest, columns), []).append(filter)
    found: dict[OpportunityFilter, Totals] = {}
    for (rest, columns), members in groups.items():
        found |= await _group_totals(viewer, rest, columns, members)
    return found


async def _group_totals(
    viewer: Viewer, rest: OpportunityFilter, columns: Sequence[str], members: Sequence[OpportunityFilter]
) -> dict[OpportunityFilter, Totals]:
    parents = {name: tuple(dict.fromkeys(getattr(member, name)[0] for member in members)) for name in columns}
    rows = matching(viewer, _replace(rest, parents)).annotate(
        deals=Count("id"), priced=Count("value_minor"), rated=Count("base_minor"), total=Sum("base_minor")
    )
    if columns:
        rows = rows.group_by(*columns)
    records = await rows.values(*columns, "deals", "priced", "rated", "total")
    by_parents = {tuple(record[name] for name in columns): _totals(record) for record in records}
    return {
        member: by_parents.get(tuple(getattr(member, name)[0] for name in columns), NOTHING)
        for member in members
    }


def _replace(filter: OpportunityFilter, columns: Mapping[str, Any]) -> OpportunityFilter:
    return replace(filter, **columns)


def _totals(record: Mapping[str, Any]) -> Totals:
    is_known = record["priced"] == record["rated"]
    return Totals(count=record["deals"], base_minor=int(record["total"] or 0) if is_known else None)
