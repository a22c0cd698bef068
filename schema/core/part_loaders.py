"""Loaders of the parts of deals: the facts that the rules read, the pages of lists, and conversations."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from schema.core.connections import Connection
from schema.core.dataloader import BatchFetch, BatchScheduler, Loader, LoadPhase, load_required
from workflow.queries.nested_pages import NestedList
from workflow.queries.opportunity import facts, history
from workflow.queries.opportunity.activities import ACTIVITIES, conversations
from workflow.queries.opportunity.history import HISTORY, TransitionRow
from workflow.queries.paging import Page, Window
from workflow.rules.opportunity.parts import ActivityFacts, OverrideFacts
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
Ids = Collection[UUID]
ConversationKey = tuple[Literal["deal", "activity"], UUID]
"""The conversations of a deal, or the participants of an activity."""

FACTS_ONLY = 0
"""The page size that asks for the facts of a list only, without rows."""


class PartLoaders:
    """The parts of deals in one request. The viewer must see the deals: parts are not checked again."""

    def __init__(
        self,
        scheduler: BatchScheduler,
        viewer: Viewer,
        now: datetime,
        transitions: Loader[UUID, TransitionRow],
    ) -> None:
        self._viewer = viewer
        self._now = now
        self._transitions = transitions
        self._shared: dict[str, Callable[[Ids], Awaitable[list[Any]]]] = {
            "activity": self._load_activity,
            "transitions": self._load_transitions,
            "overrides": self._load_open_overrides,
        }
        self._separate = {
            name: Loader(scheduler, LoadPhase.PARTS, self._part_fetch(fetch))
            for name, fetch in facts.PART_LOADERS.items()
            if name not in self._shared
        }
        lists: tuple[NestedList[Any, Any], ...] = (ACTIVITIES, HISTORY)
        self._lists = {
            nested.table: Loader(scheduler, LoadPhase.LISTS, self._list_fetch(nested)) for nested in lists
        }
        self._counts = {
            nested.table: Loader(scheduler, LoadPhase.LISTS, self._count_fetch(nested)) for nested in lists
        }
        self._overrides = Loader(scheduler, LoadPhase.PARTS, self._fetch_overrides)
        self._conversations: Loader[ConversationKey, tuple[Any, ...]] = Loader(
            scheduler, LoadPhase.CONVERSATIONS, self._fetch_conversations
        )

    async def load(self, name: str, ids: Ids) -> list[Any]:
        """Return the part of each deal that a field of its facts holds, None for each deal without one."""
        return await (
            self._shared[name](ids) if name in self._shared else self._separate[name].load_many(ids)
        )

    async def page(self, nested: NestedList[Row, Any], opportunity_id: UUID, window: Window) -> Page[Row]:
        """Return a page of a deal's list; the first pages of many deals take one statement."""
        if window.after is not None or window.before is not None or window.backward:
            return await nested.page_of(self._viewer, opportunity_id, window)
        page: Page[Row] = await load_required(self._lists[nested.table], (opportunity_id, window.size))
        return page

    async def total(self, nested: NestedList[Any, Any], page: Connection[Any]) -> int:
        """Return the number of rows in the list of a page."""
        return (
            await load_required(self._counts[nested.table], page.scope) if page.total is None else page.total
        )

    async def participants(self, activity_id: UUID) -> tuple[UUID, ...]:
        """Return the contacts who took part in an activity."""
        return await self._conversations.load(("activity", activity_id)) or ()

    async def override(self, transition: TransitionRow) -> OverrideFacts | None:
        """Return the override that was given with a transition."""
        overrides = await self._overrides.load(transition.opportunity_id) or ()
        return next((one for one in overrides if one.transition_id == transition.id), None)

    async def _load_activity(self, ids: Ids) -> list[ActivityFacts | None]:
        counts, spoken = await gather(
            self._lists[ACTIVITIES.table].load_many([(id, FACTS_ONLY) for id in ids]),
            self._conversations.load_many([("deal", id) for id in ids]),
        )
        pairs = zip(counts, spoken, strict=True)
        return [None if found is None else replace(found, conversations=deal or ()) for found, deal in pairs]

    async def _load_transitions(self, ids: Ids) -> list[Any]:
        return await self._lists[HISTORY.table].load_many([(id, FACTS_ONLY) for id in ids])

    async def _load_open_overrides(self, ids: Ids) -> list[tuple[OverrideFacts, ...]]:
        loaded = await self._overrides.load_many(ids)
        return [tuple(one for one in overrides or () if one.settled_at is None) for overrides in loaded]

    async def _fetch_overrides(self, ids: list[UUID]) -> dict[UUID, tuple[OverrideFacts, ...]]:
        """Return the overrides of deals, and store the transitions that the same statement read."""
        found = await history.overridden_transitions(self._viewer.organization_id, ids)
        self._transitions.prime(
            {one.transition.id: one.transition for overrides in found.values() for one in overrides}
        )
        return {id: tuple(one.override for one in passed) for id, passed in found.items()}

    async def _fetch_conversations(
        self, keys: list[ConversationKey]
    ) -> dict[ConversationKey, tuple[Any, ...]]:
        deal_ids = [id for kind, id in keys if kind == "deal"]
        activity_ids = [id for kind, id in keys if kind == "activity"]
        found = await conversations(self._viewer.organization_id, talks=deal_ids, participants=activity_ids)
        by_kind: Mapping[str, Mapping[UUID, tuple[Any, ...]]] = {
            "deal": found.talks,
            "activity": found.participants,
        }
        return {(kind, id): by_kind[kind].get(id, ()) for kind, id in keys}

    def _part_fetch(self, fetch_part: facts.PartLoader) -> BatchFetch[UUID, Any]:
        async def fetch(ids: list[UUID]) -> Mapping[UUID, Any]:
            return await fetch_part(self._viewer.organization_id, ids, self._now)

        return fetch

    def _list_fetch(self, nested: NestedList[Any, Any]) -> BatchFetch[tuple[UUID, int], Any]:
        async def fetch(keys: list[tuple[UUID, int]]) -> dict[tuple[UUID, int], Any]:
            facts_ids = [id for id, size in keys if size == FACTS_ONLY]
            page_ids = {id for id, size in keys if size != FACTS_ONLY}
            max_size = max(size for _, size in keys)
            facts_by_id, pages = await nested.read(
                self._viewer.organization_id, facts_ids, page_ids, max_size, self._now
            )
            return {
                (id, size): facts_by_id.get(id) if size == FACTS_ONLY else pages[id].first(size)
                for id, size in keys
            }

        return fetch

    def _count_fetch(self, nested: NestedList[Any, Any]) -> BatchFetch[UUID, int]:
        async def fetch(ids: list[UUID]) -> dict[UUID, int]:
            return await nested.counts(self._viewer, ids)

        return fetch
