"""Competitors: each once, one status quo at most, and one who won a deal cannot be removed."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW, new_organization
from tests.support.refusals import faults, refusal, stored_rows
from tests.support.team import ROLES, WRITERS, SalesTeam, new_sales_team
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
from workflow.rules.errors import (
    NotFoundError,
    PermissionDeniedError,
    RecordClosedError,
    VersionConflictError,
)
from workflow.rules.opportunity.parts import CompetitorFacts

K = CompetitorKind
S = OpportunityState
GLOBEX = NewCompetitor(K.VENDOR, "Globex", CompetitorStanding.ACTIVE, "Price", "Service")
STATUS_QUO = NewCompetitor(K.STATUS_QUO, "Counting by hand")


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    return await new_sales_team()


@pytest.fixture
async def lead(team: SalesTeam, request: pytest.FixtureRequest) -> UUID:
    """Create a deal for one test."""
    return await team.add_deal(S.LEAD, request.node.name)


async def competitors(team: SalesTeam, id: UUID) -> tuple[CompetitorFacts, ...]:
    return (await load_facts(team.organization.id, [id], NOW))[id].competitors


async def competitor_events(id: UUID) -> list[tuple[str, dict[str, Any]]]:
    """Return the payloads of the events about competitors, in order, without ids and actor."""
    events = await Event.filter(aggregateid=id, type__startswith="competitor.").order_by("pos")
    about = {"opportunityId", "version", "actor", "competitorId"}
    return [
        (event.type, {k: v for k, v in dict(event.payload).items() if k not in about}) for event in events
    ]


async def add(team: SalesTeam, deal: UUID, new: NewCompetitor, who: str = "owner") -> UUID:
    return await add_competitor(team.ctx[who], deal, new)


async def update(
    team: SalesTeam, id: UUID, given: CompetitorChanges, who: str = "owner", version: int | None = None
) -> UUID:
    return await update_competitor(team.ctx[who], id, given, expected_version=version)


async def remove(team: SalesTeam, id: UUID, who: str = "owner", version: int | None = None) -> UUID:
    return await remove_competitor(team.ctx[who], id, expected_version=version)


async def test_a_competitor_is_stored_and_recorded(team: SalesTeam, lead: UUID) -> None:
    before = await Opportunity.get(id=lead)

    id = await add(team, lead, GLOBEX)

    standing = CompetitorStanding.ACTIVE
    assert await competitors(team, lead) == (
        CompetitorFacts(id, lead, K.VENDOR, "Globex", standing, "Price", "Service"),
    )
    news = {
        "kind": "VENDOR",
        "name": "Globex",
        "standing": "ACTIVE",
        "strengths": "Price",
        "weaknesses": "Service",
    }
    assert await competitor_events(lead) == [
        ("competitor.added", {"changes": {name: {"old": None, "new": value} for name, value in news.items()}})
    ]
    assert (await Opportunity.get(id=lead)).version == before.version + 1


@pytest.mark.parametrize("name", ["Globex", "GLOBEX", " globex "])
@pytest.mark.parametrize("kind", [K.VENDOR, K.INCUMBENT, K.IN_HOUSE])
async def test_a_kind_and_name_is_unique_on_a_deal(
    team: SalesTeam, lead: UUID, kind: CompetitorKind, name: str
) -> None:
    await add(team, lead, NewCompetitor(kind, "Globex"))

    found = await faults(lead, add(team, lead, NewCompetitor(kind, name)))

    already = f'"{name.strip()}" is a competitor of this opportunity already. Update that one.'
    assert found == {"name": already}


async def test_names_are_compared_case_insensitively_in_every_script(team: SalesTeam, lead: UUID) -> None:
    await add(team, lead, NewCompetitor(K.VENDOR, "Straße"))

    assert list(await faults(lead, add(team, lead, NewCompetitor(K.VENDOR, "STRASSE")))) == ["name"]


async def test_the_same_name_may_exist_with_another_kind_or_on_another_deal(
    team: SalesTeam, lead: UUID
) -> None:
    other = await team.add_deal(S.LEAD, "other")

    for deal, kind in ((lead, K.VENDOR), (lead, K.INCUMBENT), (lead, K.IN_HOUSE), (other, K.VENDOR)):
        await add(team, deal, NewCompetitor(kind, "Globex"))

    assert [rival.kind for rival in await competitors(team, lead)] == [K.VENDOR, K.INCUMBENT, K.IN_HOUSE]


async def test_the_status_quo_exists_once_whatever_its_name(team: SalesTeam, lead: UUID) -> None:
    await add(team, lead, STATUS_QUO)

    found = await faults(lead, add(team, lead, NewCompetitor(K.STATUS_QUO, "Waiting")))

    assert found == {
        "kind": 'The status quo of this opportunity exists already, as "Counting by hand". Update that one.'
    }


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "a\x00b"])
async def test_a_competitor_needs_a_valid_name(team: SalesTeam, lead: UUID, name: str) -> None:
    id = await add(team, lead, NewCompetitor(K.VENDOR, "x" * 255))

    assert list(await faults(lead, add(team, lead, NewCompetitor(K.VENDOR, name)))) == ["name"]
    assert list(await faults(lead, update(team, id, {"name": name}))) == ["name"]


@pytest.mark.parametrize("name", ["strengths", "weaknesses"])
async def test_texts_have_a_maximum_length(team: SalesTeam, lead: UUID, name: str) -> None:
    id = await add(team, lead, GLOBEX)
    over: Any = {name: "x" * 2_001}
    full: Any = {name: "x" * 2_000}

    assert list(await faults(lead, update(team, id, over))) == [name]
    assert list(await faults(lead, add(team, lead, NewCompetitor(K.VENDOR, "Initech", **over)))) == [name]
    await update(team, id, full)

    assert getattr((await competitors(team, lead))[0], name) == full[name]


async def test_a_change_records_old_and_new_values_and_null_clears(team: SalesTeam, lead: UUID) -> None:
    id = await add(team, lead, GLOBEX)

    await update(
        team, id, {"standing": CompetitorStanding.SHORTLISTED, "strengths": None, "weaknesses": "Service"}
    )

    expected = CompetitorFacts(id, lead, K.VENDOR, "Globex", CompetitorStanding.SHORTLISTED, None, "Service")
    assert await competitors(team, lead) == (expected,)
    changes = {
        "standing": {"old": "ACTIVE", "new": "SHORTLISTED"},
        "strengths": {"old": "Price", "new": None},
    }
    assert (await competitor_events(lead))[1:] == [("competitor.updated", {"changes": changes})]


@pytest.mark.parametrize("again", [{}, {"name": " Globex ", "standing": CompetitorStanding.ACTIVE}])
async def test_an_unchanged_competitor_writes_nothing(
    team: SalesTeam, lead: UUID, again: CompetitorChanges
) -> None:
    id = await add(team, lead, GLOBEX)
    before = await stored_rows(lead)

    assert await update(team, id, again) == id

    assert await stored_rows(lead) == before


async def test_a_competitor_can_be_respelled_but_not_renamed_to_another(team: SalesTeam, lead: UUID) -> None:
    id = await add(team, lead, GLOBEX)
    await add(team, lead, NewCompetitor(K.VENDOR, "Initech"))
    await add(team, lead, NewCompetitor(K.IN_HOUSE, "Hooli"))

    assert list(await faults(lead, update(team, id, {"name": "INITECH"}))) == ["name"]
    await update(team, id, {"name": "GLOBEX"})
    await update(team, id, {"name": "Hooli"})

    assert [rival.name for rival in await competitors(team, lead)] == ["Hooli", "Initech", "Hooli"]


async def test_name_and_standing_cannot_be_cleared(team: SalesTeam, lead: UUID) -> None:
    id = await add(team, lead, GLOBEX)

    assert list(await faults(lead, update(team, id, {"name": None, "standing": None}))) == [
        "name",
        "standing",
    ]


async def test_a_removed_competitor_can_be_added_again(team: SalesTeam, lead: UUID) -> None:
    id = await add(team, lead, STATUS_QUO)

    assert await remove(team, id) == lead
    again = await add(team, lead, STATUS_QUO)

    assert [rival.id for rival in await competitors(team, lead)] == [again]
    assert (await competitor_events(lead))[1] == (
        "competitor.removed",
        {"kind": "STATUS_QUO", "name": "Counting by hand"},
    )


async def test_a_competitor_who_won_the_deal_cannot_be_removed(team: SalesTeam) -> None:
    deal = await team.add_deal(S.QUALIFIED, "won by Globex")
    winner = await add(team, deal, GLOBEX)
    other = await add(team, deal, NewCompetitor(K.VENDOR, "Initech"))
    await lose(
        team.ctx["owner"], deal, LossDetails(LossReason.LOST_TO_COMPETITOR, winner), TransitionOptions()
    )
    await reopen(team.ctx["admin"], deal, S.LEAD, {}, TransitionOptions(note="They called us again."))

    found = await faults(deal, remove(team, winner))
    await remove(team, other)

    remedy = "Set its `standing` to ELIMINATED instead."
    fault = 'The history records that this deal was lost to "Globex", so it cannot be removed.'
    assert found == {"id": f"{fault} {remedy}"}
    await update(team, winner, {"standing": CompetitorStanding.ELIMINATED})
    assert [(rival.id, rival.standing) for rival in await competitors(team, deal)] == [(winner, "ELIMINATED")]


@pytest.mark.parametrize("who", ROLES)
async def test_only_those_who_may_write_the_deal_may_change_its_competitors(
    team: SalesTeam, who: str
) -> None:
    deal = team.deals[S.PROGRESSING]
    id = await add(team, deal, NewCompetitor(K.VENDOR, f"Seen by {who}"), "admin")
    attempts = [
        add(team, deal, NewCompetitor(K.VENDOR, f"Named by {who}"), who),
        update(team, id, {"standing": CompetitorStanding.PREFERRED}, who),
        remove(team, id, who),
    ]

    if who in WRITERS:
        for attempt in attempts:
            await attempt
        assert f"Seen by {who}" not in {rival.name for rival in await competitors(team, deal)}
    else:
        assert [type(await refusal(deal, attempt)) for attempt in attempts] == [PermissionDeniedError] * 3


async def test_competitors_of_a_closed_deal_are_read_only(team: SalesTeam) -> None:
    deal = await team.add_deal(S.QUALIFIED, "closed with a rival")
    id = await add(team, deal, GLOBEX)
    await lose(team.ctx["owner"], deal, LossDetails(LossReason.LOST_TO_COMPETITOR, id), TransitionOptions())
    attempts = [add(team, deal, STATUS_QUO), update(team, id, {"name": "Initech"}), remove(team, id)]

    assert [type(await refusal(deal, attempt)) for attempt in attempts] == [RecordClosedError] * 3


async def test_a_version_conflict_is_reported_before_invalid_input(team: SalesTeam, lead: UUID) -> None:
    id = await add(team, lead, GLOBEX)
    attempts = [update(team, id, {"name": " "}, version=99), remove(team, id, version=99)]

    assert [type(await refusal(lead, attempt)) for attempt in attempts] == [VersionConflictError] * 2


async def test_another_organization_cannot_find_a_competitor(team: SalesTeam, lead: UUID) -> None:
    id = await add(team, lead, GLOBEX)
    foreign = await (await new_organization()).ctx_of(Role.ADMIN)
    attempts: list[Any] = [
        add_competitor(foreign, lead, STATUS_QUO),
        update_competitor(foreign, id, {"name": "Initech"}, expected_version=99),
        remove_competitor(foreign, id, expected_version=99),
        remove(team, uuid4()),
    ]

    assert [type(await refusal(lead, attempt)) for attempt in attempts] == [NotFoundError] * 4
