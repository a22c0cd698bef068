"""Loaders of the parts of deals: the facts that the rules read, the pages of lists, and conversations."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from schema.core.connections import Connection
from schema.core.dataloader import BatchFetch, Loader, LoadPhase, load_required
from schema.execution.columns import Columns
from schema.execution.driver import Driver
from workflow.queries.nested_pages import NestedList
from workflow.queries.opportunity import activities, facts, history
from workflow.queries.opportunity.history import TransitionRow
from workflow.queries.paging import Page, Window
from workflow.rules.opportunity.facts import OpportunityFacts
from workflow.rules.opportunity.parts import OverrideFacts
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
Ids = Collection[UUID]


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

    def _list(self, nested: NestedList[Any]) -> Loader[tuple[UUID, int], Any]:
        return self._loader((nested.table, "list"), LoadPhase.LISTS, lambda: self._list_fetch(nested))

    def _count(self, nested: NestedList[Any]) -> Loader[UUID, int]:
        return self._loader((nested.table, "count"), LoadPhase.LISTS, lambda: self._count_fetch(nested))

    @property
    def _overrides(self) -> Loader[UUID, tuple[OverrideFacts, ...]]:
        return self._loader("all overrides", LoadPhase.PARTS, lambda: self._fetch_overrides)

    @property
    def _participants(self) -> Loader[UUID, tuple[UUID, ...]]:
        return self._loader("participants", LoadPhase.CONVERSATIONS, lambda: self._fetch_participants)

    async def load(self, name: str, ids: Ids) -> list[Any]:
        """Return the part of each deal that a field of its facts holds, None for each deal without one."""
        return await self._parts.load_many([(name, id) for id in ids])

    def store(self, deals: Mapping[UUID, OpportunityFacts]) -> None:
        """Store the parts of deals whose facts were loaded."""
        self._parts.prime(
            {(name, id): getattr(one, name) for id, one in deals.items() for name in facts.PART_SOURCES}
        )

    async def page(self, nested: NestedList[Row], opportunity_id: UUID, window: Window) -> Page[Row]:
        """Return a page of a deal's list; the first pages of many deals take one statement."""
        if window.after is not None or window.before is not None or window.backward:
            return await nested.page_of(self._viewer, opportunity_id, window)
        page: Page[Row] = await load_required(self._list(nested), (opportunity_id, window.size))
        return page

    async def total(self, nested: NestedList[Any], page: Connection[Any]) -> int:
        """Return the number of rows in the list of a page."""
        return await load_required(self._count(nested), page.scope) if page.total is None else page.total

    async def participants(self, activity_id: UUID) -> tuple[UUID, ...]:
        """Return the contacts who took part in an activity."""
        return await self._participants.load(activity_id) or ()

    async def override(self, transition: TransitionRow) -> OverrideFacts | None:
        """Return the override that was given with a transition."""
        overrides = await self._overrides.load(transition.opportunity_id) or ()
        return next((one for one in overrides if one.transition_id == transition.id), None)

    async def _fetch_overrides(self, ids: list[UUID]) -> dict[UUID, tuple[OverrideFacts, ...]]:
        """Return the overrides of deals, and store the transitions that the same statement read."""
        found = await history.overridden_transitions(self._viewer.organization_id, ids)
        self._transitions.prime(
            {one.transition.id: one.transition for overrides in found.values() for one in overrides}
        )
        return {id: tuple(one.override for one in passed) for id, passed in found.items()}

    async def _fetch_participants(self, ids: list[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        return await activities.participants(self._viewer.organization_id, ids)

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
            parts = await facts.load_parts(
                self._viewer.organization_id, deals, names, self._now, self._columns()
            )
            found |= {(name, id): part for name in names for id, part in parts[name].items()}
        return found

    def _list_fetch(self, nested: NestedList[Any]) -> BatchFetch[tuple[UUID, int], Any]:
        async def fetch(keys: list[tuple[UUID, int]]) -> dict[tuple[UUID, int], Any]:
            max_size = max(size for _, size in keys)
            parents = {id for id, _ in keys}
            pages = await nested.first_pages(self._viewer.organization_id, parents, max_size)
            return {(id, size): pages[id].first(size) for id, size in keys}

        return fetch

    def _count_fetch(self, nested: NestedList[Any]) -> BatchFetch[UUID, int]:
        async def fetch(ids: list[UUID]) -> dict[UUID, int]:
            return await nested.counts(self._viewer, ids)

        return fetch
