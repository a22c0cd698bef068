"""API keys: `pur_<id>_<secret>`, shown once, kept as a hash."""

import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import ApiKey, Member
from workflow.models.columns import new_id
from workflow.models.engine.database import Unavailable, standing_for, transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import locked
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults
from workflow.operations.people.members import make_member
from workflow.queries.people.credentials import hashed
from workflow.queries.people.people import organization_called
from workflow.rules.codec import SECRET
from workflow.rules.enums import Role
from workflow.rules.errors import NotFound
from workflow.rules.permissions import Action, acting_role, named, require


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that is wanted: what it may do, for whom it stands, and until when."""

    name: str
    role: Role
    member_id: UUID | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyMade:
    """A key, the only time it is shown."""

    id: UUID
    organization_id: UUID
    member_id: UUID | None
    role: Role
    api_key: str = field(default="", metadata={SECRET: True})


async def create_api_key(ctx: Ctx, given: NewKey) -> KeyMade:
    """A new key; one that stands for a member may do no more than the member."""

    async def work() -> KeyMade:
        require(ctx.viewer, Action.ADMINISTER, to="make API keys")
        faults = Faults()
        name = faults.text(given.name, "name", required=True) or ""
        if given.expires_at is not None and given.expires_at <= ctx.now:
            faults.add("expiresAt", message="`expiresAt` is past. Give a later instant, or leave it out.")
        if given.member_id is not None:
            await _check_member(ctx, given.member_id, given.role, faults)
        faults.raise_if_any()
        return await new_key(ctx, name=name, role=given.role, member_id=given.member_id, expires_at=given.expires_at)

    return await perform(ctx, work)


async def revoke_api_key(ctx: Ctx, id: UUID) -> UUID:
    """Stop a key for ever; one that is revoked already stays as it is."""

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="revoke API keys")
        before = await locked(ApiKey, ctx.viewer.organization_id, id)
        if before is None:
            raise NotFound("ApiKey", id)
        if before["revoked_at"] is None:
            await ApiKey.filter(id=id).update(revoked_at=ctx.now)
            changes = changed({"revoked_at": None}, {"revoked_at": ctx.now})
            about = {"apiKeyId": id, "memberId": before["member_id"], "changes": changes}
            await record(ctx, "apiKey.revoked", aggregate="apiKey", id=id, payload=about)
        return id

    return await perform(ctx, work)


async def note_use(ctx: Ctx) -> None:
    """Keep the minute in which the viewer's key was used; a database that has no time for it just now keeps the one before."""
    minute, key = ctx.now.replace(second=0, microsecond=0), ctx.viewer.key
    if key is None or (key.last_used_at is not None and key.last_used_at >= minute):
        return
    mine = ApiKey.filter(id=key.id, organization_id=ctx.viewer.organization_id)
    earlier = mine.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=minute))

    async def work() -> None:
        await earlier.update(last_used_at=minute)

    with suppress(Unavailable), standing_for(ctx.viewer.organization_id):
        await transaction(work)


async def make_key(*, organization_name: str, role: Role, email: str | None, now: datetime) -> KeyMade:
    """One more key of the organization with this name or id; with `email` it acts as that member, made with this role where there is none."""

    async def work() -> KeyMade:
        organization = await organization_called(organization_name)
        ctx = Ctx(viewer=system_viewer(organization.id), now=now)
        address = None if email is None else email.strip().lower()
        member_id = None if address is None else await _member(ctx, address, role)
        return await new_key(ctx, name=address or f"{role.lower()} key", role=role, member_id=member_id)

    return await transaction(work)


async def new_key(
    ctx: Ctx, *, name: str, role: Role, member_id: UUID | None, expires_at: datetime | None = None
) -> KeyMade:
    """Make a key and give it out; 256 random bits, so that a plain hash keeps it safe."""
    id, public_id, secret = new_id(), secrets.token_hex(8), secrets.token_urlsafe(32).replace("_", "-")
    about: dict[str, Any] = {"name": name, "role": role, "member_id": member_id, "expires_at": expires_at}
    await ApiKey.create(
        id=id,
        organization_id=ctx.viewer.organization_id,
        public_id=public_id,
        secret_hash=hashed(secret),
        created_at=ctx.now,
        **about,
        **ctx.actor(),
    )
    payload = {"apiKeyId": id, "memberId": member_id, "changes": changed({}, about)}
    await record(ctx, "apiKey.created", aggregate="apiKey", id=id, payload=payload)
    return KeyMade(id, ctx.viewer.organization_id, member_id, role, f"pur_{public_id}_{secret}")


async def _member(ctx: Ctx, email: str, role: Role) -> UUID:
    faults = Faults()
    faults.email(email, "email", required=True)
    faults.raise_if_any()
    found = await Member.filter(organization_id=ctx.viewer.organization_id, email=email).values("id")
    if not found:
        return await make_member(ctx, name=email.partition("@")[0], email=email, role=role)
    id: UUID = found[0]["id"]
    await _check_member(ctx, id, role, faults)
    faults.raise_if_any()
    return id


async def _check_member(ctx: Ctx, id: UUID, role: Role, faults: Faults) -> None:
    """A key stands for an active member, and may do no more than they."""
    found = await Member.filter(organization_id=ctx.viewer.organization_id, id=id).values("name", "active", "role")
    if not found:
        raise NotFound("Member", id)
    person = found[0]
    theirs = Role(person["role"])
    if not person["active"]:
        faults.add("memberId", message=f"{person['name']} is no active member. Make the member active first.")
    if acting_role(role, theirs) is not role:
        message = (
            f"{person['name']} is {named(theirs)}, and a key may do no more than its member. Give it the role {theirs}."
        )
        faults.add("role", message=message)
