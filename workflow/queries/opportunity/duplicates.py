"""Possible duplicates: open deals of one account with the same name."""

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from workflow.queries.scope import visible
from workflow.rules.enums import OPEN_STATES
from workflow.rules.opportunity.duplicates import normalize_name
from workflow.rules.permissions import Viewer

MAX_DUPLICATES = 20
"""Most duplicates that are reported for one deal."""


class DealName(NamedTuple):
    """A name at an account."""

    account_id: UUID
    name: str


async def open_deals_by_name(viewer: Viewer, names: Collection[DealName]) -> dict[DealName, tuple[UUID, ...]]:
    """Return the visible open deals with the same name, for each name at an account, oldest first.

    One statement.
    """
    accounts = {name.account_id for name in names}
    rows = (
        visible(viewer)
        .filter(account_id__in=list(accounts), state__in=sorted(OPEN_STATES))
        .order_by("number")
    )
    same_name: defaultdict[DealName, list[UUID]] = defaultdict(list)
    for row in await rows.values("id", "account_id", "name"):
        same_name[DealName(row["account_id"], normalize_name(row["name"]))].append(row["id"])
    return {name: tuple(same_name[DealName(name.account_id, normalize_name(name.name))]) for name in names}
