"""Overrides: who may override which requirements, what an override needs, and what is stored of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.organizations import NOW
from tests.support.scenarios.overrides import (
    NEXT_STEP,
    PAIN,
    REASON,
    STAKEHOLDER,
    new_lead,
    open_override_keys,
    qualify_with_override,
    stored_overrides,
)
from tests.support.team import SalesTeam, event_payloads, new_sales_team
from workflow.models import Event, Opportunity, Override, Transition
from workflow.operations.opportunity.bulk import BulkItem, assign_opportunities
from workflow.operations.opportunity.edit import update_opportunity
from workflow.rules.enums import Role
from workflow.rules.errors import InvalidInputError, PermissionDeniedError, TransitionBlockedError

GATE = [PAIN, "criterion.interest", "criterion.fit", "fit", STAKEHOLDER, NEXT_STEP]
LATER = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
async def team() -> SalesTeam:
    """Create a sales team, which the tests of this module share."""
    return await new_sales_team()


async def stored_rows(id: UUID) -> tuple[Any, ...]:
    """Return the rows that an attempt could have written."""
    counts = [await table.filter(opportunity_id=id).count() for table in (Transition, Override)]
    return await Opportunity.filter(id=id).values(), counts, await Event.filter(aggregateid=id).count()


def unmet_verdicts(refusal: TransitionBlockedError) -> list[Any]:
    """Return the unmet verdicts of a refusal."""
    return list(refusal.unmet)


@pytest.mark.parametrize(
    ("who", "unmet"),
    [
        ("manager", (STAKEHOLDER,)),
        ("manager", (STAKEHOLDER, NEXT_STEP)),
        ("admin", (NEXT_STEP,)),
        ("admin", (PAIN, STAKEHOLDER, NEXT_STEP)),
    ],
)
async def test_managers_override_soft_requirements_and_admins_all(
    team: SalesTeam, who: str, unmet: Sequence[str]
) -> None:
    id = await new_lead(team, unmet=unmet)

    await qualify_with_override(team.ctx[who], id, *unmet)

    verdicts: list[Any] = (await Transition.get(opportunity_id=id)).requirements
    assert (await Opportunity.get(id=id)).state == "QUALIFIED"
    assert [(one["key"], one["status"]) for one in verdicts] == [
        (key, "OVERRIDDEN" if key in unmet else "MET") for key in GATE
    ]
    assert await stored_overrides(id) == [(list(unmet), None)]


async def test_an_override_is_stored_and_recorded_with_member_and_reason(team: SalesTeam) -> None:
    id = await new_lead(team, unmet=(STAKEHOLDER,))
    due = LATER + timedelta(days=7)
    viewer = team.ctx["manager"].viewer

    await qualify_with_override(
        team.at("manager", LATER), id, STAKEHOLDER, reason=f" {REASON} ", expires_at=due
    )

    made = (await Override.filter(opportunity_id=id).values())[0]
    step = await Transition.get(opportunity_id=id)
    assert made == {
        "id": made["id"],
        "organization_id": team.organization.id,
        "opportunity_id": id,
        "transition_id": step.id,
        "requirement_keys": [STAKEHOLDER],
        "reason": REASON,
        "actor_kind": "MEMBER",
        "actor_name": viewer.name,
        "actor_member_id": viewer.member_id,
        "at": LATER,
        "expires_at": due,
        "settled_at": None,
    }
    [event] = await event_payloads(id, "override.made")
    names = ("overrideId", "transitionId", "requirementKeys", "reason", "expiresAt")
    assert [event[name] for name in names] == [
        str(made["id"]),
        str(step.id),
        [STAKEHOLDER],
        REASON,
        due.isoformat(),
    ]


async def make_collaborator(team: SalesTeam, id: UUID, who: str) -> None:
    """Make a person a collaborator of a deal."""
    await update_opportunity(
        team.ctx["admin"], id, {"collaborator_ids": [team.member(who)]}, expected_version=None
    )


async def make_owner(team: SalesTeam, id: UUID, who: str) -> None:
    """Make a person the owner of a deal."""
    await assign_opportunities(team.ctx["admin"], [BulkItem(id)], team.member(who))


@pytest.mark.parametrize("unmet", [(STAKEHOLDER, NEXT_STEP), (PAIN, STAKEHOLDER)], ids=["soft", "hard"])
@pytest.mark.parametrize(
    ("who", "how"),
    [
        ("owner", None),
        ("helper", None),
        ("integrator", None),
        ("nobody", None),
        ("manager", make_collaborator),
        ("manager", make_owner),
        ("other manager", make_collaborator),
        ("admin", make_collaborator),
        ("admin", make_owner),
    ],
)
async def test_owners_collaborators_and_keys_without_a_member_cannot_override(
    team: SalesTeam, who: str, how: Any, unmet: Sequence[str]
) -> None:
    id = await new_lead(team, unmet=unmet)
    nobody = await team.organization.ctx_of(Role.ADMIN)
    if how:
        await how(team, id, who)
    before = await stored_rows(id)

    with pytest.raises(TransitionBlockedError) as refusal:
        await qualify_with_override({**team.ctx, "nobody": nobody}[who], id, *unmet)

    assert [verdict.key for verdict in unmet_verdicts(refusal.value)] == list(unmet)
    assert refusal.value.overridable is False
    assert await stored_rows(id) == before


@pytest.mark.parametrize("who", ["other manager", "observer", "stranger"])
async def test_missing_write_permission_is_reported_before_the_gate_is_evaluated(
    team: SalesTeam, who: str
) -> None:
    id = await new_lead(team, unmet=(NEXT_STEP,))
    before = await stored_rows(id)

    with pytest.raises(PermissionDeniedError):
        await qualify_with_override(team.ctx[who], id, NEXT_STEP)

    assert await stored_rows(id) == before


@pytest.mark.parametrize(
    ("who", "unmet", "named", "overridable"),
    [
        ("manager", (STAKEHOLDER, NEXT_STEP), (STAKEHOLDER,), True),
        ("manager", (STAKEHOLDER, NEXT_STEP), (), True),
        ("manager", (STAKEHOLDER, NEXT_STEP), ("criterion.fit", "no.such"), True),
        ("manager", (PAIN, STAKEHOLDER, NEXT_STEP), (PAIN, STAKEHOLDER, NEXT_STEP), False),
        ("manager", (PAIN, STAKEHOLDER, NEXT_STEP), (STAKEHOLDER, NEXT_STEP), False),
        ("admin", (PAIN, STAKEHOLDER, NEXT_STEP), (STAKEHOLDER, NEXT_STEP), True),
    ],
)
async def test_an_unmet_requirement_without_override_blocks_with_the_whole_list(
    team: SalesTeam, who: str, unmet: Sequence[str], named: Sequence[str], overridable: bool
) -> None:
    id = await new_lead(team, unmet=unmet)
    before = await stored_rows(id)

    with pytest.raises(TransitionBlockedError) as refusal:
        await qualify_with_override(team.ctx[who], id, *named)

    assert [(verdict.key, verdict.status) for verdict in unmet_verdicts(refusal.value)] == [
        (key, "UNMET") for key in unmet
    ]
    assert refusal.value.overridable is overridable
    assert await stored_rows(id) == before


async def test_an_override_without_unmet_requirements_is_ignored(team: SalesTeam) -> None:
    id = await new_lead(team, unmet=())

    await qualify_with_override(team.ctx["owner"], id, PAIN, STAKEHOLDER)

    verdicts: list[Any] = (await Transition.get(opportunity_id=id)).requirements
    assert [(one["key"], one["status"]) for one in verdicts] == [(key, "MET") for key in GATE]
    assert (await stored_overrides(id), await event_payloads(id, "override.made", "override.settled")) == (
        [],
        [],
    )


async def test_met_requirements_are_not_part_of_the_stored_override(team: SalesTeam) -> None:
    id = await new_lead(team, unmet=(NEXT_STEP,))

    await qualify_with_override(team.ctx["manager"], id, NEXT_STEP, PAIN, "no.such")

    assert await stored_overrides(id) == [([NEXT_STEP], None)]


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
async def test_an_override_needs_a_reason_and_a_future_expiry(
    team: SalesTeam, about: dict[str, Any], path: str
) -> None:
    id = await new_lead(team, unmet=(PAIN, NEXT_STEP))
    before = await stored_rows(id)

    with pytest.raises(InvalidInputError) as refusal:
        await qualify_with_override(team.at("manager", LATER), id, NEXT_STEP, **about)

    assert [fault.path for fault in refusal.value.fields] == [("override", path)]
    assert await stored_rows(id) == before


async def test_an_override_may_expire_at_the_next_moment(team: SalesTeam) -> None:
    id = await new_lead(team, unmet=(NEXT_STEP,))

    await qualify_with_override(
        team.at("manager", LATER), id, NEXT_STEP, expires_at=LATER + timedelta(microseconds=1)
    )

    assert await open_override_keys(team, id) == [(NEXT_STEP,)]
