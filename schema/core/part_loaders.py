"""What hangs on the deals of a page: what the rules read of it, pages of its lists, and who was spoken with."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from schema.core.connections import Connection
from schema.core.dataloader import Ask, Loader, Turn, Turns, sure
from workflow.queries.nested_pages import NestedList
from workflow.queries.opportunity import facts, history
from workflow.queries.opportunity.activities import ACTIVITIES, spoken
from workflow.queries.opportunity.history import HISTORY, TransitionRow
from workflow.queries.paging import Page, Window
from workflow.rules.opportunity.parts import ActivityFacts, OverrideFacts
from workflow.rules.permissions import Viewer

Row = TypeVar("Row")
Ids = Collection[UUID]
Said = tuple[Literal["talks", "participants"], UUID]
"""The talks on a deal, or the participants of an activity."""

NO_PAGE = 0
"""The size of a page where only what the rules read of a list is asked for."""


class Parts:
    """One request's parts of deals that were shown to the viewer."""

    def __init__(self, turns: Turns, viewer: Viewer, now: datetime, arrows: Loader[UUID, TransitionRow]) -> None:
        self._viewer, self._now, self._arrows = viewer, now, arrows
        self._shared: dict[str, Callable[[Ids], Awaitable[list[Any]]]] = {
            "activity": self._activity,
            "steps": self._steps,
            "overrides": self._owed,
        }
        own = {name: ask for name, ask in facts.PARTS.items() if name not in self._shared}
        self._own = {name: Loader(turns, Turn.PARTS, self._part(ask)) for name, ask in own.items()}
        lists: tuple[NestedList[Any, Any], ...] = (ACTIVITIES, HISTORY)
        self._lists = {nested.table: Loader(turns, Turn.LISTS, self._list(nested)) for nested in lists}
        self._counts = {nested.table: Loader(turns, Turn.LISTS, self._count(nested)) for nested in lists}
        self._overrides = Loader(turns, Turn.PARTS, self._passed)
        self._spoken: Loader[Said, tuple[Any, ...]] = Loader(turns, Turn.TALKS, self._said)

    async def of(self, name: str, ids: Ids) -> list[Any]:
        """What hangs on each deal under a field of its facts, None where nothing does."""
        return await (self._shared[name](ids) if name in self._shared else self._own[name].load_many(ids))

    async def page(self, nested: NestedList[Row, Any], opportunity_id: UUID, window: Window) -> Page[Row]:
        """A page of a list that hangs on a deal; the first pages of many deals are read at once."""
        if window.after is not None or window.before is not None or window.backward:
            return await nested.page_of(self._viewer, opportunity_id, window)
        page: Page[Row] = await sure(self._lists[nested.table], (opportunity_id, window.size))
        return page

    async def total(self, nested: NestedList[Any, Any], page: Connection[Any]) -> int:
        """How many rows the list has that a page was taken of."""
        return await sure(self._counts[nested.table], page.scope) if page.total is None else page.total

    async def participants(self, activity_id: UUID) -> tuple[UUID, ...]:
        """The contacts who took part in an activity."""
        return await self._spoken.load(("participants", activity_id)) or ()

    async def override(self, arrow: TransitionRow) -> OverrideFacts | None:
        """The override that let an arrow through."""
        overrides = await self._overrides.load(arrow.opportunity_id) or ()
        return next((one for one in overrides if one.transition_id == arrow.id), None)

    async def _activity(self, ids: Ids) -> list[ActivityFacts | None]:
        counts, talks = await gather(
            self._lists[ACTIVITIES.table].load_many([(id, NO_PAGE) for id in ids]),
            self._spoken.load_many([("talks", id) for id in ids]),
        )
        pairs = zip(counts, talks, strict=True)
        return [None if found is None else replace(found, talks=said or ()) for found, said in pairs]

    async def _steps(self, ids: Ids) -> list[Any]:
        return await self._lists[HISTORY.table].load_many([(id, NO_PAGE) for id in ids])

    async def _owed(self, ids: Ids) -> list[tuple[OverrideFacts, ...]]:
        kept = await self._overrides.load_many(ids)
        return [tuple(one for one in overrides or () if one.settled_at is None) for overrides in kept]

    async def _passed(self, ids: list[UUID]) -> dict[UUID, tuple[OverrideFacts, ...]]:
        """The overrides of deals; the arrows that they let through came with them."""
        found = await history.passed(self._viewer.organization_id, ids)
        self._arrows.prime({one.arrow.id: one.arrow for passed in found.values() for one in passed})
        return {id: tuple(one.override for one in passed) for id, passed in found.items()}

    async def _said(self, keys: list[Said]) -> dict[Said, tuple[Any, ...]]:
        talks, participants = ([id for kind, id in keys if kind == asked] for asked in ("talks", "participants"))
        found = await spoken(self._viewer.organization_id, talks=talks, participants=participants)
        kept: Mapping[str, Mapping[UUID, tuple[Any, ...]]] = {
            "talks": found.talks,
            "participants": found.participants,
        }
        return {(kind, id): kept[kind].get(id, ()) for kind, id in keys}

    def _part(self, ask: facts.Ask) -> Ask[UUID, Any]:
        async def asked(ids: list[UUID]) -> Mapping[UUID, Any]:
            return await ask(self._viewer.organization_id, ids, self._now)

        return asked

    def _list(self, nested: NestedList[Any, Any]) -> Ask[tuple[UUID, int], Any]:
        async def asked(keys: list[tuple[UUID, int]]) -> dict[tuple[UUID, int], Any]:
            digests = [id for id, size in keys if size == NO_PAGE]
            paged = {id for id, size in keys if size != NO_PAGE}
            most = max(size for _, size in keys)
            read, pages = await nested.read(self._viewer.organization_id, digests, paged, most, self._now)
            return {(id, size): read.get(id) if size == NO_PAGE else pages[id].first(size) for id, size in keys}

        return asked

    def _count(self, nested: NestedList[Any, Any]) -> Ask[UUID, int]:
        async def asked(ids: list[UUID]) -> dict[UUID, int]:
            return await nested.counts(self._viewer, ids)

        return asked
