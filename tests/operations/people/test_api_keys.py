"""API keys: created, used and revoked. No key can do more than its member, and no secret is stored."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.support.organizations import NOW, TestOrganization, context_for_key, new_organization
from tests.support.team import event_payloads
from workflow.models import ApiKey, Event, Member
from workflow.operations.people.api_keys import NewApiKey, create_api_key, revoke_api_key
from workflow.operations.people.members import update_member
from workflow.queries.events.events import EventFilter, events
from workflow.queries.paging import Window
from workflow.queries.people.api_keys import api_keys, api_keys_by_id
from workflow.queries.people.credentials import authenticate_api_key, hash_secret
from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.errors import InvalidInputError, NotFoundError, PermissionDeniedError, Refusal
from workflow.rules.permissions import Viewer, acting_role

SYNC = NewApiKey("Sync", Role.INTEGRATOR)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


async def stored_rows(organization: TestOrganization) -> tuple[Any, ...]:
    """Return the rows that an attempt could have written."""
    keys = await ApiKey.filter(organization_id=organization.id).order_by("id").values()
    return keys, await Event.filter(organization_id=organization.id).count()


async def refusal_of(organization: TestOrganization, attempt: Any) -> Refusal:
    """Return the refusal of an attempt, which must write nothing."""
    before = await stored_rows(organization)
    with pytest.raises(Refusal) as refusal:
        await attempt
    assert await stored_rows(organization) == before
    return refusal.value


def fault_paths(refusal: Refusal) -> list[str]:
    """Return the paths of an input's faults."""
    assert isinstance(refusal, InvalidInputError), refusal
    return [".".join(fault.path) for fault in refusal.fields]


async def member(organization: TestOrganization, role: Role) -> UUID:
    """Create a member with a role."""
    id = (await organization.ctx_of(role, f"{role.lower()}@example.com")).viewer.member_id
    assert id
    return id


@pytest.mark.parametrize("budget", [None, 1, 999_999_999])
async def test_a_key_has_its_budget_or_none(organization: TestOrganization, budget: int | None) -> None:
    made = await create_api_key(organization.ctx, replace(SYNC, points_per_minute=budget))

    viewer = await authenticate_api_key(made.api_key, NOW)
    [listed] = (await api_keys_by_id(organization.ctx.viewer, [made.id])).values()

    assert viewer
    assert viewer.key
    assert (viewer.key.points_per_minute, listed.points_per_minute) == (budget, budget)


@pytest.mark.parametrize("budget", [0, -1, 1_000_000_000])
async def test_a_budget_out_of_range_is_refused(organization: TestOrganization, budget: int) -> None:
    new = replace(SYNC, name=" ", points_per_minute=budget)

    refusal = await refusal_of(organization, create_api_key(organization.ctx, new))

    assert fault_paths(refusal) == ["name", "pointsPerMinute"]
    assert isinstance(refusal, InvalidInputError)
    assert refusal.fields[1].message == (
        f"`pointsPerMinute` is {budget}; it must be from 1 to 999999999. "
        "Leave it out for the server's default."
    )


async def test_a_key_without_a_member_acts_in_its_role(organization: TestOrganization) -> None:
    made = await create_api_key(organization.ctx, SYNC)

    viewer = await authenticate_api_key(made.api_key, NOW)

    assert viewer is not None
    assert (viewer.organization_id, viewer.role, viewer.member_id) == (organization.id, Role.INTEGRATOR, None)
    assert (viewer.name, viewer.kind) == ("Sync", ActorKind.API_KEY)


async def test_a_key_is_returned_once_and_its_secret_never_stored(organization: TestOrganization) -> None:
    seller = await member(organization, Role.REP)
    until = NOW + timedelta(days=30)

    made = await create_api_key(organization.ctx, NewApiKey(" Sync ", Role.OBSERVER, seller, until))

    prefix, public_id, secret = made.api_key.split("_")
    [row] = await ApiKey.filter(id=made.id).values()
    assert (prefix, row["public_id"], row["secret_hash"]) == ("pur", public_id, hash_secret(secret))
    assert (row["name"], row["role"], row["member_id"], row["expires_at"]) == (
        "Sync",
        "OBSERVER",
        seller,
        until,
    )
    assert (row["actor_member_id"], row["created_at"]) == (organization.admin_id, NOW)
    await revoke_api_key(organization.ctx, made.id)
    [created] = await event_payloads(made.id, "apiKey.created")
    [revoked] = await event_payloads(made.id, "apiKey.revoked")
    new = {"name": "Sync", "role": "OBSERVER", "memberId": str(seller), "expiresAt": until.isoformat()}
    assert created["changes"] == {name: {"old": None, "new": value} for name, value in new.items()}
    assert revoked["changes"] == {"revokedAt": {"old": None, "new": NOW.isoformat()}}
    everything = json.dumps(await Event.filter(organization_id=organization.id).values(), default=str)
    listed = str(await api_keys(organization.ctx.viewer))
    assert [secret in text or row["secret_hash"] in text for text in (everything, listed)] == [False, False]


@pytest.mark.parametrize("key", Role)
@pytest.mark.parametrize("role", Role)
async def test_a_key_cannot_exceed_its_members_role(
    organization: TestOrganization, role: Role, key: Role
) -> None:
    id = await member(organization, role)
    attempt = create_api_key(organization.ctx, NewApiKey("Sync", key, id))

    if acting_role(key, role) is key:
        made = await attempt
        assert (await context_for_key(made.api_key, NOW)).viewer.role is key
    else:
        assert fault_paths(await refusal_of(organization, attempt)) == ["role"]


async def test_a_key_needs_an_active_member_of_the_organization(organization: TestOrganization) -> None:
    seller = await member(organization, Role.REP)
    await update_member(organization.ctx, seller, {"active": False})
    strangers = (await new_organization()).admin_id

    left = await refusal_of(
        organization, create_api_key(organization.ctx, NewApiKey("Sync", Role.REP, seller))
    )
    unknown = [
        await refusal_of(organization, create_api_key(organization.ctx, NewApiKey("Sync", Role.REP, id)))
        for id in (strangers, uuid4())
    ]

    assert fault_paths(left) == ["memberId"]
    assert [type(refusal) for refusal in unknown] == [NotFoundError, NotFoundError]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        (replace(SYNC, name=" "), "name"),
        (replace(SYNC, name="x" * 256), "name"),
        (replace(SYNC, expires_at=NOW), "expiresAt"),
    ],
)
async def test_a_new_key_needs_a_name_and_a_future_expiry(
    organization: TestOrganization, given: NewApiKey, fault: str
) -> None:
    assert fault_paths(await refusal_of(organization, create_api_key(organization.ctx, given))) == [fault]


async def test_an_expired_key_is_refused_from_its_instant_on(organization: TestOrganization) -> None:
    until = NOW + MINUTE
    made = await create_api_key(organization.ctx, replace(SYNC, expires_at=until))

    found = [
        await authenticate_api_key(made.api_key, at) is not None
        for at in (NOW, until - SECOND, until, until + SECOND)
    ]

    assert found == [True, True, False, False]


async def test_a_revoked_key_is_refused_at_once_and_forever(organization: TestOrganization) -> None:
    made = await create_api_key(organization.ctx, SYNC)

    await revoke_api_key(organization.ctx, made.id)
    before = await stored_rows(organization)
    await revoke_api_key(replace(organization.ctx, now=NOW + MINUTE), made.id)

    assert await authenticate_api_key(made.api_key, NOW) is None
    assert await stored_rows(organization) == before


async def test_the_key_of_another_organization_is_not_found(organization: TestOrganization) -> None:
    theirs = await create_api_key((await new_organization()).ctx, SYNC)

    for id in (theirs.id, uuid4()):
        assert type(await refusal_of(organization, revoke_api_key(organization.ctx, id))) is NotFoundError

    assert await authenticate_api_key(theirs.api_key, NOW)
    assert await api_keys_by_id(organization.ctx.viewer, [theirs.id]) == {}


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_admins_manage_keys_and_see_their_events(
    organization: TestOrganization, role: Role
) -> None:
    made = await create_api_key(organization.ctx, SYNC)
    ctx = await organization.ctx_of(role, "s@example.com")
    attempts: list[Any] = [
        create_api_key(ctx, replace(SYNC, role=Role.OBSERVER)),
        create_api_key(ctx, replace(SYNC, name=" ", member_id=uuid4())),
        revoke_api_key(ctx, made.id),
        revoke_api_key(ctx, uuid4()),
        api_keys(ctx.viewer),
    ]

    assert {type(await refusal_of(organization, attempt)) for attempt in attempts} == {PermissionDeniedError}
    assert await api_keys_by_id(ctx.viewer, [made.id]) == {}
    assert (await visible_event_types(ctx.viewer), await visible_event_types(organization.ctx.viewer)) == (
        set(),
        {"apiKey.created"},
    )


async def visible_event_types(viewer: Viewer) -> set[str]:
    """Return the types of events about API keys that a viewer can see."""
    found, _ = await events(viewer, EventFilter(types=("apiKey.*",)), Window(size=100))
    return {event.type for event in found}


async def test_an_integrator_key_keeps_its_members_visibility(organization: TestOrganization) -> None:
    admin = await member(organization, Role.ADMIN)
    integrator = await member(organization, Role.INTEGRATOR)
    await Member.filter(id__in=[admin, integrator]).update(visibility="OWN")

    keys = [await create_api_key(organization.ctx, replace(SYNC, member_id=id)) for id in (admin, integrator)]

    seen = [(await context_for_key(made.api_key, NOW)).viewer.visibility for made in keys]
    assert seen == [Visibility.OWN, Visibility.ALL]
