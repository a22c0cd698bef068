"""Overrides: who may pass what, what must be said with it, and what is kept of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.overrides import PAIN, PERSON, REASON, STEP, debts, lead, owed, passed
from tests.support.team import Crew, new_crew, told
from workflow.models import Event, Opportunity, Override, Transition
from workflow.operations.opportunity.bulk import BulkItem, assign_opportunities
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import Role
from workflow.rules.errors import InvalidInputError, PermissionDeniedError, TransitionBlockedError

GATE = [PAIN, "criterion.interest", "criterion.fit", "fit", PERSON, STEP]
LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
async def crew() -> Crew:
    """One crew; each test makes a lead of its own."""
    return await new_crew()


async def rows_of(id: UUID) -> tuple[Any, ...]:
    """All that an attempt could have written."""
    counts = [await table.filter(opportunity_id=id).count() for table in (Transition, Override)]
    return await Opportunity.filter(id=id).values(), counts, await Event.filter(aggregateid=id).count()


def told_unmet(refusal: TransitionBlockedError) -> list[Any]:
    """The verdicts that the refusal tells."""
    return list(refusal.unmet)


@pytest.mark.parametrize(
    ("who", "unmet"),
    [("manager", (PERSON,)), ("manager", (PERSON, STEP)), ("admin", (STEP,)), ("admin", (PAIN, PERSON, STEP))],
)
async def test_a_manager_of_the_team_passes_what_is_soft_and_an_admin_all(
    crew: Crew, who: str, unmet: Sequence[str]
) -> None:
    id = await lead(crew, unmet=unmet)

    await passed(crew.ctx[who], id, *unmet)

    verdicts: list[Any] = (await Transition.get(opportunity_id=id)).requirements
    assert (await Opportunity.get(id=id)).state == "QUALIFIED"
    assert [(one["key"], one["status"]) for one in verdicts] == [
        (key, "OVERRIDDEN" if key in unmet else "MET") for key in GATE
    ]
    assert await debts(id) == [(list(unmet), None)]


async def test_what_was_passed_is_kept_and_told_with_who_and_why(crew: Crew) -> None:
    id, due, viewer = await lead(crew, unmet=(PERSON,)), LATER + timedelta(days=7), crew.ctx["manager"].viewer

    await passed(crew.at("manager", LATER), id, PERSON, reason=f" {REASON} ", expires_at=due)

    made, step = (await Override.filter(opportunity_id=id).values())[0], await Transition.get(opportunity_id=id)
    assert made == {
        "id": made["id"],
        "organization_id": crew.organization.id,
        "opportunity_id": id,
        "transition_id": step.id,
        "requirement_keys": [PERSON],
        "reason": REASON,
        "actor_kind": "MEMBER",
        "actor_name": viewer.name,
        "actor_member_id": viewer.member_id,
        "at": LATER,
        "expires_at": due,
        "settled_at": None,
    }
    [event] = await told(id, "override.made")
    names = ("overrideId", "transitionId", "requirementKeys", "reason", "expiresAt")
    assert [event[name] for name in names] == [str(made["id"]), str(step.id), [PERSON], REASON, due.isoformat()]


async def helping(crew: Crew, id: UUID, who: str) -> None:
    """They collaborate on the deal."""
    await update_opportunity(crew.ctx["admin"], id, {"collaborator_ids": [crew.member(who)]}, expected_version=None)


async def owning(crew: Crew, id: UUID, who: str) -> None:
    """They own the deal."""
    await assign_opportunities(crew.ctx["admin"], [BulkItem(id)], crew.member(who))


@pytest.mark.parametrize("unmet", [(PERSON, STEP), (PAIN, PERSON)], ids=["soft", "hard"])
@pytest.mark.parametrize(
    ("who", "how"),
    [
        ("owner", None),
        ("helper", None),
        ("integrator", None),
        ("nobody", None),
        ("manager", helping),
        ("manager", owning),
        ("other manager", helping),
        ("admin", helping),
        ("admin", owning),
    ],
)
async def test_who_holds_the_deal_or_is_nobody_passes_nothing(
    crew: Crew, who: str, how: Any, unmet: Sequence[str]
) -> None:
    id = await lead(crew, unmet=unmet)
    nobody = await crew.organization.ctx_of(Role.ADMIN)
    if how:
        await how(crew, id, who)
    before = await rows_of(id)

    with pytest.raises(TransitionBlockedError) as refusal:
        await passed({**crew.ctx, "nobody": nobody}[who], id, *unmet)

    assert [verdict.key for verdict in told_unmet(refusal.value)] == list(unmet)
    assert refusal.value.overridable is False
    assert await rows_of(id) == before


@pytest.mark.parametrize("who", ["other manager", "observer", "stranger"])
async def test_who_may_not_write_the_deal_is_refused_before_the_gate_is_judged(crew: Crew, who: str) -> None:
    id = await lead(crew, unmet=(STEP,))
    before = await rows_of(id)

    with pytest.raises(PermissionDeniedError):
        await passed(crew.ctx[who], id, STEP)

    assert await rows_of(id) == before


@pytest.mark.parametrize(
    ("who", "unmet", "named", "overridable"),
    [
        ("manager", (PERSON, STEP), (PERSON,), True),
        ("manager", (PERSON, STEP), (), True),
        ("manager", (PERSON, STEP), ("criterion.fit", "no.such"), True),
        ("manager", (PAIN, PERSON, STEP), (PAIN, PERSON, STEP), False),
        ("manager", (PAIN, PERSON, STEP), (PERSON, STEP), False),
        ("admin", (PAIN, PERSON, STEP), (PERSON, STEP), True),
    ],
)
async def test_one_unmet_that_is_not_passed_leaves_the_whole_list(
    crew: Crew, who: str, unmet: Sequence[str], named: Sequence[str], overridable: bool
) -> None:
    id = await lead(crew, unmet=unmet)
    before = await rows_of(id)

    with pytest.raises(TransitionBlockedError) as refusal:
        await passed(crew.ctx[who], id, *named)

    assert [(verdict.key, verdict.status) for verdict in told_unmet(refusal.value)] == [(key, "UNMET") for key in unmet]
    assert refusal.value.overridable is overridable
    assert await rows_of(id) == before


async def test_an_override_where_nothing_is_unmet_is_ignored(crew: Crew) -> None:
    id = await lead(crew, unmet=())

    await passed(crew.ctx["owner"], id, PAIN, PERSON)

    verdicts: list[Any] = (await Transition.get(opportunity_id=id)).requirements
    assert [(one["key"], one["status"]) for one in verdicts] == [(key, "MET") for key in GATE]
    assert (await debts(id), await told(id, "override.made", "override.settled")) == ([], [])


async def test_what_is_met_is_not_owed_though_it_was_named(crew: Crew) -> None:
    id = await lead(crew, unmet=(STEP,))

    await passed(crew.ctx["manager"], id, STEP, PAIN, "no.such")

    assert await debts(id) == [([STEP], None)]


@pytest.mark.parametrize(
    ("about", "path"),
    [
        ({"reason": "x" * 19}, "reason"),
        ({"reason": " " * 30}, "reason"),
        ({"reason": f" {'x' * 19} "}, "reason"),
        ({"expires_at": LATER}, "expiresAt"),
        ({"expires_at": LATER - timedelta(days=1)}, "expiresAt"),
    ],
)
async def test_an_override_says_why_and_is_due_in_the_future(crew: Crew, about: dict[str, Any], path: str) -> None:
    id = await lead(crew, unmet=(PAIN, STEP))
    before = await rows_of(id)

    with pytest.raises(InvalidInputError) as refusal:
        await passed(crew.at("manager", LATER), id, STEP, **about)

    assert [fault.path for fault in refusal.value.fields] == [("override", path)]
    assert await rows_of(id) == before


async def test_an_override_may_be_due_at_the_next_moment(crew: Crew) -> None:
    id = await lead(crew, unmet=(STEP,))

    await passed(crew.at("manager", LATER), id, STEP, expires_at=LATER + timedelta(microseconds=1))

    assert await owed(crew, id) == [(STEP,)]
