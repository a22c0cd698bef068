"""Deals that may be the same deal twice: open, of the same account, by the same name."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from workflow.queries.scope import visible
from workflow.rules.enums import OPEN_STATES
from workflow.rules.opportunity.duplicates import normalised
from workflow.rules.permissions import Viewer

MOST = 20
"""How many are told of one deal."""


class Called(NamedTuple):
    """A name at an account."""

    account_id: UUID
    name: str


async def open_deals_called(viewer: Viewer, names: Collection[Called]) -> dict[Called, tuple[UUID, ...]]:
    """The visible open deals that are called alike, for each name at an account, the oldest first; one statement."""
    accounts = {name.account_id for name in names}
    rows = visible(viewer).filter(account_id__in=list(accounts), state__in=sorted(OPEN_STATES)).order_by("number")
    alike: defaultdict[Called, list[UUID]] = defaultdict(list)
    for row in await rows.values("id", "account_id", "name"):
        alike[Called(row["account_id"], normalised(row["name"]))].append(row["id"])
    return {name: tuple(alike[Called(name.account_id, normalised(name.name))]) for name in names}
