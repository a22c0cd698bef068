"""Loaders of the parts of deals: the facts that the rules read, the pages of lists, and conversations."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from schema.core.connections import Connection
from schema.core.dataloader import BatchFetch, Loader, LoadPhase, load_required
from schema.execution.columns import Columns
from schema.execution.driver import Driver
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
        driver: Driver,
        viewer: Viewer,
        now: datetime,
        transitions: Loader[UUID, TransitionRow],
        columns: Callable[[], Columns | None],
    ) -> None:
        self._driver = driver
        self._viewer = viewer
        self._now = now
        self._transitions = transitions
        self._columns = columns
        self._shared: dict[str, Callable[[Ids], Awaitable[list[Any]]]] = {
            "activity": self._load_activity,
            "transitions": self._load_transitions,
            "overrides": self._load_open_overrides,
        }
        self._loaders: dict[Hashable, Loader[Any, Any]] = {}

    def close(self) -> None:
        """Drop all rows at once, because the loaders refer to this object."""
        vars(self).clear()

    def _loader(
        self, key: Hashable, phase: LoadPhase, make: Callable[[], BatchFetch[Any, Any]]
    ) -> Loader[Any, Any]:
        """Return the loader with this key; it is made at its first use."""
        if key not in self._loaders:
            self._loaders[key] = Loader(self._driver, phase, make())
        return self._loaders[key]

    @property
    def _parts(self) -> Loader[tuple[str, UUID], Any]:
        return self._loader("parts", LoadPhase.PARTS, lambda: self._fetch_parts)

    def _list(self, nested: NestedList[Any, Any]) -> Loader[tuple[UUID, int], Any]:
        return self._loader((nested.table, "list"), LoadPhase.LISTS, lambda: self._list_fetch(nested))

    def _count(self, nested: NestedList[Any, Any]) -> Loader[UUID, int]:
        return self._loader((nested.table, "count"), LoadPhase.LISTS, lambda: self._count_fetch(nested))

    @property
    def _overrides(self) -> Loader[UUID, tuple[OverrideFacts, ...]]:
        return self._loader("all overrides", LoadPhase.PARTS, lambda: self._fetch_overrides)

    @property
    def _conversations(self) -> Loader[ConversationKey, tuple[Any, ...]]:
        return self._loader("conversations", LoadPhase.CONVERSATIONS, lambda: self._fetch_conversations)

    async def load(self, name: str, ids: Ids) -> list[Any]:
        """Return the part of each deal that a field of its facts holds, None for each deal without one."""
        return await (
            self._shared[name](ids)
            if name in self._shared
            else self._parts.load_many([(name, id) for id in ids])
        )

    async def page(self, nested: NestedList[Row, Any], opportunity_id: UUID, window: Window) -> Page[Row]:
        """Return a page of a deal's list; the first pages of many deals take one statement."""
        if window.after is not None or window.before is not None or window.backward:
            return await nested.page_of(self._viewer, opportunity_id, window)
        page: Page[Row] = await load_required(self._list(nested), (opportunity_id, window.size))
        return page

    async def total(self, nested: NestedList[Any, Any], page: Connection[Any]) -> int:
        """Return the number of rows in the list of a page."""
        return await load_required(self._count(nested), page.scope) if page.total is None else page.total

    async def participants(self, activity_id: UUID) -> tuple[UUID, ...]:
        """Return the contacts who took part in an activity."""
        return await self._conversations.load(("activity", activity_id)) or ()

    async def override(self, transition: TransitionRow) -> OverrideFacts | None:
        """Return the override that was given with a transition."""
        overrides = await self._overrides.load(transition.opportunity_id) or ()
        return next((one for one in overrides if one.transition_id == transition.id), None)

    async def _load_activity(self, ids: Ids) -> list[ActivityFacts | None]:
        counts, spoken = await self._driver.gather(
            self._list(ACTIVITIES).load_many([(id, FACTS_ONLY) for id in ids]),
            self._conversations.load_many([("deal", id) for id in ids]),
        )
        pairs = zip(counts, spoken, strict=True)
        return [None if found is None else replace(found, conversations=deal or ()) for found, deal in pairs]

    async def _load_transitions(self, ids: Ids) -> list[Any]:
        return await self._list(HISTORY).load_many([(id, FACTS_ONLY) for id in ids])

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

    async def _fetch_parts(self, keys: list[tuple[str, UUID]]) -> dict[tuple[str, UUID], Any]:
        """Return parts by name and deal; those of the same deals are read together."""
        ids_of: defaultdict[str, list[UUID]] = defaultdict(list)
        for name, id in keys:
            ids_of[name].append(id)
        names_of: defaultdict[tuple[UUID, ...], list[str]] = defaultdict(list)
        for name, ids in ids_of.items():
            names_of[tuple(sorted(ids))].append(name)
        found: dict[tuple[str, UUID], Any] = {}
        for deals, names in names_of.items():
            parts = await facts.load_parts(self._viewer.organization_id, deals, names, self._columns())
            found |= {(name, id): part for name in names for id, part in parts[name].items()}
        return found

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
