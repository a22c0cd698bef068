"""Each trigger from each state by each role: done, or refused in the documented order."""

from typing import Any
from uuid import uuid4

import pytest

from tests.support.organizations import new_organization
from tests.support.team import ROLES, SalesTeam, new_sales_team
from workflow.models import Event, Opportunity, Override, Transition
from workflow.operations.change.columns import OpportunityChanges
from workflow.operations.core.context import Ctx
from workflow.operations.opportunity import triggers
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, QualifyChanges, WinDetails
from workflow.rules.enums import DisqualifyReason, LossReason, OpportunityState, Trigger, WinReason
from workflow.rules.errors import (
    IllegalTransitionError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    Refusal,
    TransitionBlockedError,
    VersionConflictError,
)

S = OpportunityState
T = Trigger
GRAPH = {
    (T.QUALIFY, None): {S.LEAD},
    (T.PROGRESS, None): {S.QUALIFIED},
    (T.WIN, None): {S.PROGRESSING},
    (T.LOSE, None): {S.QUALIFIED, S.PROGRESSING},
    (T.DISQUALIFY, None): {S.LEAD, S.QUALIFIED, S.PROGRESSING},
    (T.REGRESS, None): {S.QUALIFIED, S.PROGRESSING},
    (T.REOPEN, S.LEAD): {S.LOST, S.DISQUALIFIED},
    (T.REOPEN, S.QUALIFIED): {S.LOST},
    (T.REOPEN, S.PROGRESSING): {S.LOST, S.WON},
    (T.REOPEN, S.WON): set(),
}
"""The source states of each trigger, of REOPEN by target."""
GATED = {
    (T.QUALIFY, None),
    (T.PROGRESS, None),
    (T.WIN, None),
    (T.REOPEN, S.QUALIFIED),
    (T.REOPEN, S.PROGRESSING),
}
WORKERS = {"owner", "helper", "manager", "admin", "integrator"}
REOPENERS = {"manager", "admin"}
GOOD = "They asked us in writing to do this."
BAD = " "
CASES = [(trigger, to, state, who) for trigger, to in GRAPH for state in S for who in ROLES]


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """One team for all cases, because every attempt is a dry run or refused."""
    return await new_sales_team()


async def try_transition(
    ctx: Ctx, id: Any, way: tuple[Trigger, OpportunityState | None], note: str, version: int | None = None
) -> object:
    """Run a transition as a dry run. Return its result or refusal; a bad note makes every input invalid."""
    terms = TransitionOptions(note=note, dry_run=True, expected_version=version)
    none = OpportunityChanges()
    spoilt = note == BAD
    dates: OpportunityChanges = {"next_step": None} if not spoilt else {}
    lost = LossReason.OTHER if spoilt else LossReason.PRICE
    stopped = DisqualifyReason.OTHER if spoilt else DisqualifyReason.NO_PAIN
    too_long = (
        TransitionOptions(note="x" * 20_001, dry_run=True, expected_version=version) if spoilt else terms
    )
    verbs = {
        T.QUALIFY: lambda: triggers.qualify(ctx, id, QualifyChanges(), too_long),
        T.PROGRESS: lambda: triggers.progress(ctx, id, dates, too_long),
        T.WIN: lambda: triggers.win(ctx, id, WinDetails(WinReason.SPEED), too_long),
        T.LOSE: lambda: triggers.lose(ctx, id, LossDetails(lost), terms),
        T.DISQUALIFY: lambda: triggers.disqualify(ctx, id, stopped, terms),
        T.REGRESS: lambda: triggers.regress(ctx, id, terms),
        T.REOPEN: lambda: triggers.reopen(ctx, id, way[1] or S.LEAD, none, terms),
    }
    try:
        return await verbs[way[0]]()
    except Refusal as refusal:
        return refusal


def is_permitted(who: str, trigger: Trigger, state: OpportunityState) -> bool:
    """Return True if the role may run the trigger, by the table of the domain."""
    if trigger is not T.REOPEN:
        return who in WORKERS
    return who == "admin" if state is S.WON else who in REOPENERS


async def stored_rows(id: Any) -> tuple[Any, ...]:
    """Return every row that an attempt could have written."""
    deal = await Opportunity.filter(id=id).values()
    counts = [await table.filter(opportunity_id=id).count() for table in (Transition, Override)]
    return deal, counts, await Event.filter(aggregateid=id).count()


@pytest.mark.parametrize(("trigger", "to", "state", "who"), CASES)
async def test_each_transition_is_done_or_refused_in_the_documented_order(
    team: SalesTeam, trigger: Trigger, to: OpportunityState | None, state: OpportunityState, who: str
) -> None:
    id = team.deals[state]
    ctx = team.ctx[who]
    way = (trigger, to)
    before = await stored_rows(id)

    stale = await try_transition(ctx, id, way, BAD, version=999)
    spoilt = await try_transition(ctx, id, way, BAD)
    sound = await try_transition(ctx, id, way, GOOD)

    assert type(stale) is VersionConflictError
    if state not in GRAPH[way]:
        assert (type(spoilt), type(sound)) == (IllegalTransitionError, IllegalTransitionError)
    elif not is_permitted(who, trigger, state):
        assert (type(spoilt), type(sound)) == (PermissionDeniedError, PermissionDeniedError)
    else:
        assert type(spoilt) is InvalidInputError
        assert isinstance(sound, TransitionBlockedError) == (way in GATED)
    assert await stored_rows(id) == before


@pytest.mark.parametrize("way", GRAPH)
async def test_a_hidden_deal_is_not_found_before_anything_else(
    team: SalesTeam, way: tuple[Trigger, OpportunityState | None]
) -> None:
    foreign = (await new_organization()).ctx

    found = [await try_transition(foreign, team.deals[state], way, BAD, version=999) for state in S]
    found.append(await try_transition(team.ctx["admin"], uuid4(), way, BAD, version=999))

    assert {type(answer) for answer in found} == {NotFoundError}


@pytest.mark.parametrize("state", S)
async def test_an_illegal_transition_lists_the_legal_ones(team: SalesTeam, state: OpportunityState) -> None:
    ways = {trigger for (trigger, _), sources in GRAPH.items() if state in sources}

    refused = [await try_transition(team.ctx["observer"], team.deals[state], way, GOOD) for way in GRAPH]

    illegal = [set(answer.allowed) for answer in refused if isinstance(answer, IllegalTransitionError)]
    assert illegal == [ways] * len(illegal)
    assert illegal
