"""Whom the buyer compares us with: each once, doing nothing at most once, and the one who won stays on record."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW, new_organization
from tests.support.refusals import faults, refusal, written
from tests.support.team import ROLES, WRITERS, Crew, new_crew
from workflow.models import Event, Opportunity
from workflow.operations.buyer.competitors import (
    CompetitorChanges,
    NewCompetitor,
    add_competitor,
    remove_competitor,
    update_competitor,
)
from workflow.operations.opportunity.transitions import TransitionOptions
from workflow.operations.opportunity.triggers import LossDetails, lose, reopen
from workflow.queries.opportunity.facts import load_facts
from workflow.rules.enums import CompetitorKind, CompetitorStanding, LossReason, OpportunityState, Role
from workflow.rules.errors import NotFoundError, PermissionDeniedError, RecordClosedError, VersionConflictError
from workflow.rules.opportunity.parts import CompetitorFacts

K, S = CompetitorKind, OpportunityState
GLOBEX = NewCompetitor(K.VENDOR, "Globex", CompetitorStanding.ACTIVE, "Price", "Service")
NOTHING_DONE = NewCompetitor(K.STATUS_QUO, "Counting by hand")


@pytest.fixture(scope="module")
async def crew() -> Crew:
    return await new_crew()


@pytest.fixture
async def lead(crew: Crew, request: pytest.FixtureRequest) -> UUID:
    """A deal of the test's own."""
    return await crew.deal(S.LEAD, request.node.name)


async def rivals(crew: Crew, id: UUID) -> tuple[CompetitorFacts, ...]:
    return (await load_facts(crew.organization.id, [id], NOW))[id].competitors


async def told(id: UUID) -> list[tuple[str, dict[str, Any]]]:
    """The facts about competitors, in order, without who and where."""
    events = await Event.filter(aggregateid=id, type__startswith="competitor.").order_by("pos")
    about = {"opportunityId", "version", "actor", "competitorId"}
    return [(event.type, {k: v for k, v in dict(event.payload).items() if k not in about}) for event in events]


async def add(crew: Crew, deal: UUID, new: NewCompetitor, who: str = "owner") -> UUID:
    return await add_competitor(crew.ctx[who], deal, new)


async def update(
    crew: Crew, id: UUID, given: CompetitorChanges, who: str = "owner", version: int | None = None
) -> UUID:
    return await update_competitor(crew.ctx[who], id, given, expected_version=version)


async def remove(crew: Crew, id: UUID, who: str = "owner", version: int | None = None) -> UUID:
    return await remove_competitor(crew.ctx[who], id, expected_version=version)


async def test_a_rival_is_kept_as_given_and_told(crew: Crew, lead: UUID) -> None:
    before = await Opportunity.get(id=lead)

    id = await add(crew, lead, GLOBEX)

    standing = CompetitorStanding.ACTIVE
    assert await rivals(crew, lead) == (CompetitorFacts(id, lead, K.VENDOR, "Globex", standing, "Price", "Service"),)
    news = {"kind": "VENDOR", "name": "Globex", "standing": "ACTIVE", "strengths": "Price", "weaknesses": "Service"}
    assert await told(lead) == [
        ("competitor.added", {"changes": {name: {"old": None, "new": value} for name, value in news.items()}})
    ]
    assert (await Opportunity.get(id=lead)).version == before.version + 1


@pytest.mark.parametrize("name", ["Globex", "GLOBEX", " globex "])
@pytest.mark.parametrize("kind", [K.VENDOR, K.INCUMBENT, K.IN_HOUSE])
async def test_the_same_kind_and_name_is_there_once(crew: Crew, lead: UUID, kind: CompetitorKind, name: str) -> None:
    await add(crew, lead, NewCompetitor(kind, "Globex"))

    found = await faults(lead, add(crew, lead, NewCompetitor(kind, name)))

    already = f"{name.strip()} is a competitor of this opportunity already. Change it with updateCompetitor."
    assert found == {"name": already}


async def test_names_are_compared_in_every_script(crew: Crew, lead: UUID) -> None:
    await add(crew, lead, NewCompetitor(K.VENDOR, "Straße"))

    assert list(await faults(lead, add(crew, lead, NewCompetitor(K.VENDOR, "STRASSE")))) == ["name"]


async def test_the_same_name_of_another_kind_or_deal_is_another(crew: Crew, lead: UUID) -> None:
    other = await crew.deal(S.LEAD, "other")

    for deal, kind in ((lead, K.VENDOR), (lead, K.INCUMBENT), (lead, K.IN_HOUSE), (other, K.VENDOR)):
        await add(crew, deal, NewCompetitor(kind, "Globex"))

    assert [rival.kind for rival in await rivals(crew, lead)] == [K.VENDOR, K.INCUMBENT, K.IN_HOUSE]


async def test_doing_nothing_is_there_once_whatever_its_name(crew: Crew, lead: UUID) -> None:
    await add(crew, lead, NOTHING_DONE)

    found = await faults(lead, add(crew, lead, NewCompetitor(K.STATUS_QUO, "Waiting")))

    assert found == {
        "kind": "Doing nothing is on record already, as Counting by hand. Change it with updateCompetitor."
    }


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "a\x00b"])
async def test_a_rival_has_a_name_that_fits(crew: Crew, lead: UUID, name: str) -> None:
    id = await add(crew, lead, NewCompetitor(K.VENDOR, "x" * 255))

    assert list(await faults(lead, add(crew, lead, NewCompetitor(K.VENDOR, name)))) == ["name"]
    assert list(await faults(lead, update(crew, id, {"name": name}))) == ["name"]


@pytest.mark.parametrize("name", ["strengths", "weaknesses"])
async def test_a_text_has_an_end(crew: Crew, lead: UUID, name: str) -> None:
    id = await add(crew, lead, GLOBEX)
    over: Any = {name: "x" * 2_001}
    full: Any = {name: "x" * 2_000}

    assert list(await faults(lead, update(crew, id, over))) == [name]
    assert list(await faults(lead, add(crew, lead, NewCompetitor(K.VENDOR, "Initech", **over)))) == [name]
    await update(crew, id, full)

    assert getattr((await rivals(crew, lead))[0], name) == full[name]


async def test_a_change_is_told_old_and_new_and_null_clears(crew: Crew, lead: UUID) -> None:
    id = await add(crew, lead, GLOBEX)

    await update(crew, id, {"standing": CompetitorStanding.SHORTLISTED, "strengths": None, "weaknesses": "Service"})

    expected = CompetitorFacts(id, lead, K.VENDOR, "Globex", CompetitorStanding.SHORTLISTED, None, "Service")
    assert await rivals(crew, lead) == (expected,)
    changes = {"standing": {"old": "ACTIVE", "new": "SHORTLISTED"}, "strengths": {"old": "Price", "new": None}}
    assert (await told(lead))[1:] == [("competitor.updated", {"changes": changes})]


@pytest.mark.parametrize("again", [{}, {"name": " Globex ", "standing": CompetitorStanding.ACTIVE}])
async def test_where_nothing_changes_nothing_is_written(crew: Crew, lead: UUID, again: CompetitorChanges) -> None:
    id = await add(crew, lead, GLOBEX)
    before = await written(lead)

    assert await update(crew, id, again) == id

    assert await written(lead) == before


async def test_a_rival_may_be_spelt_anew_but_not_as_another(crew: Crew, lead: UUID) -> None:
    id = await add(crew, lead, GLOBEX)
    await add(crew, lead, NewCompetitor(K.VENDOR, "Initech"))
    await add(crew, lead, NewCompetitor(K.IN_HOUSE, "Hooli"))

    assert list(await faults(lead, update(crew, id, {"name": "INITECH"}))) == ["name"]
    await update(crew, id, {"name": "GLOBEX"})
    await update(crew, id, {"name": "Hooli"})

    assert [rival.name for rival in await rivals(crew, lead)] == ["Hooli", "Initech", "Hooli"]


async def test_name_and_standing_cannot_be_cleared(crew: Crew, lead: UUID) -> None:
    id = await add(crew, lead, GLOBEX)

    assert list(await faults(lead, update(crew, id, {"name": None, "standing": None}))) == ["name", "standing"]


async def test_one_that_was_added_by_mistake_goes_and_may_come_again(crew: Crew, lead: UUID) -> None:
    id = await add(crew, lead, NOTHING_DONE)

    assert await remove(crew, id) == lead
    again = await add(crew, lead, NOTHING_DONE)

    assert [rival.id for rival in await rivals(crew, lead)] == [again]
    assert (await told(lead))[1] == ("competitor.removed", {"kind": "STATUS_QUO", "name": "Counting by hand"})


async def test_who_won_a_deal_before_stays_on_record(crew: Crew) -> None:
    deal = await crew.deal(S.QUALIFIED, "won by Globex")
    winner, other = await add(crew, deal, GLOBEX), await add(crew, deal, NewCompetitor(K.VENDOR, "Initech"))
    await lose(crew.ctx["owner"], deal, LossDetails(LossReason.LOST_TO_COMPETITOR, winner), TransitionOptions())
    await reopen(crew.ctx["admin"], deal, S.LEAD, {}, TransitionOptions(note="They called us again."))

    found = await faults(deal, remove(crew, winner))
    await remove(crew, other)

    remedy = "Mark it with updateCompetitor `standing: ELIMINATED`."
    assert found == {"id": f"The history says that this deal was once lost to Globex, and records stay. {remedy}"}
    await update(crew, winner, {"standing": CompetitorStanding.ELIMINATED})
    assert [(rival.id, rival.standing) for rival in await rivals(crew, deal)] == [(winner, "ELIMINATED")]


@pytest.mark.parametrize("who", ROLES)
async def test_who_writes_the_deal_names_its_rivals(crew: Crew, who: str) -> None:
    deal = crew.deals[S.PROGRESSING]
    id = await add(crew, deal, NewCompetitor(K.VENDOR, f"Seen by {who}"), "admin")
    attempts = [
        add(crew, deal, NewCompetitor(K.VENDOR, f"Named by {who}"), who),
        update(crew, id, {"standing": CompetitorStanding.PREFERRED}, who),
        remove(crew, id, who),
    ]

    if who in WRITERS:
        for attempt in attempts:
            await attempt
        assert f"Seen by {who}" not in {rival.name for rival in await rivals(crew, deal)}
    else:
        assert [type(await refusal(deal, attempt)) for attempt in attempts] == [PermissionDeniedError] * 3


async def test_a_closed_deal_keeps_its_rivals_as_they_are(crew: Crew) -> None:
    deal = await crew.deal(S.QUALIFIED, "closed with a rival")
    id = await add(crew, deal, GLOBEX)
    await lose(crew.ctx["owner"], deal, LossDetails(LossReason.LOST_TO_COMPETITOR, id), TransitionOptions())
    attempts = [add(crew, deal, NOTHING_DONE), update(crew, id, {"name": "Initech"}), remove(crew, id)]

    assert [type(await refusal(deal, attempt)) for attempt in attempts] == [RecordClosedError] * 3


async def test_a_version_that_has_passed_is_told_before_a_bad_input(crew: Crew, lead: UUID) -> None:
    id = await add(crew, lead, GLOBEX)
    attempts = [update(crew, id, {"name": " "}, version=99), remove(crew, id, version=99)]

    assert [type(await refusal(lead, attempt)) for attempt in attempts] == [VersionConflictError] * 2


async def test_another_organization_finds_no_rival(crew: Crew, lead: UUID) -> None:
    id = await add(crew, lead, GLOBEX)
    foreign = await (await new_organization()).ctx_of(Role.ADMIN)
    attempts: list[Any] = [
        add_competitor(foreign, lead, NOTHING_DONE),
        update_competitor(foreign, id, {"name": "Initech"}, expected_version=99),
        remove_competitor(foreign, id, expected_version=99),
        remove(crew, uuid4()),
    ]

    assert [type(await refusal(lead, attempt)) for attempt in attempts] == [NotFoundError] * 4
