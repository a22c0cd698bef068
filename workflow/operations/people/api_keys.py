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
from workflow.models.engine.database import act_as_organization, transaction
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_and_read
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Validator
from workflow.queries.people.credentials import hash_secret
from workflow.rules.codec import SECRET_FIELD
from workflow.rules.enums import Role
from workflow.rules.errors import NotFoundError, UnavailableError
from workflow.rules.permissions import Action, acting_role, require_permission, role_with_article


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key that is wanted: what it may do, for whom it stands, and until when."""

    name: str
    role: Role
    member_id: UUID | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApiKeyResult:
    """A key, the only time it is shown."""

    id: UUID
    organization_id: UUID
    member_id: UUID | None
    role: Role
    api_key: str = field(default="", metadata={SECRET_FIELD: True})


async def create_api_key(ctx: Ctx, new: NewApiKey) -> ApiKeyResult:
    """A new key; one that stands for a member may do no more than the member."""

    async def work() -> ApiKeyResult:
        require_permission(ctx.viewer, Action.ADMINISTER, to="make API keys")
        validator = Validator()
        name = validator.text(new.name, "name", required=True) or ""
        if new.expires_at is not None and new.expires_at <= ctx.now:
            validator.add("expiresAt", message="`expiresAt` is past. Give a later instant, or leave it out.")
        if new.member_id is not None:
            await check_key_member(ctx, new.member_id, new.role, validator)
        validator.raise_if_any()
        return await insert_key(ctx, name=name, role=new.role, member_id=new.member_id, expires_at=new.expires_at)

    return await perform(ctx, work)


async def revoke_api_key(ctx: Ctx, id: UUID) -> UUID:
    """Stop a key for ever; one that is revoked already stays as it is."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="revoke API keys")
        before = await lock_and_read(ApiKey, ctx.viewer.organization_id, id)
        if before is None:
            raise NotFoundError("ApiKey", id)
        if before["revoked_at"] is None:
            await ApiKey.filter(id=id).update(revoked_at=ctx.now)
            changes = diff({"revoked_at": None}, {"revoked_at": ctx.now})
            payload = {"apiKeyId": id, "memberId": before["member_id"], "changes": changes}
            await record_event(ctx, "apiKey.revoked", aggregate="apiKey", id=id, payload=payload)
        return id

    return await perform(ctx, work)


async def record_key_use(ctx: Ctx) -> None:
    """Keep the minute in which the viewer's key was used; a database that has no time for it just now keeps the one before."""
    minute, key = ctx.now.replace(second=0, microsecond=0), ctx.viewer.key
    if key is None or (key.last_used_at is not None and key.last_used_at >= minute):
        return
    this_key = ApiKey.filter(id=key.id, organization_id=ctx.viewer.organization_id)
    earlier = this_key.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=minute))

    async def work() -> None:
        await earlier.update(last_used_at=minute)

    with suppress(UnavailableError), act_as_organization(ctx.viewer.organization_id):
        await transaction(work)


async def insert_key(
    ctx: Ctx, *, name: str, role: Role, member_id: UUID | None, expires_at: datetime | None = None
) -> ApiKeyResult:
    """Make a key and give it out; 256 random bits, so that a plain hash keeps it safe."""
    id, public_id, secret = new_id(), secrets.token_hex(8), secrets.token_urlsafe(32).replace("_", "-")
    columns: dict[str, Any] = {"name": name, "role": role, "member_id": member_id, "expires_at": expires_at}
    await ApiKey.create(
        id=id,
        organization_id=ctx.viewer.organization_id,
        public_id=public_id,
        secret_hash=hash_secret(secret),
        created_at=ctx.now,
        **columns,
        **ctx.actor(),
    )
    payload = {"apiKeyId": id, "memberId": member_id, "changes": diff({}, columns)}
    await record_event(ctx, "apiKey.created", aggregate="apiKey", id=id, payload=payload)
    return ApiKeyResult(id, ctx.viewer.organization_id, member_id, role, f"pur_{public_id}_{secret}")


async def check_key_member(ctx: Ctx, id: UUID, role: Role, validator: Validator) -> None:
    """Report a member who is not active, or whose role allows less than the key's. Raise NotFoundError for a stranger."""
    found = await Member.filter(organization_id=ctx.viewer.organization_id, id=id).values("name", "active", "role")
    if not found:
        raise NotFoundError("Member", id)
    member = found[0]
    member_role = Role(member["role"])
    if not member["active"]:
        validator.add("memberId", message=f"{member['name']} is not an active member. Activate the member first.")
    if acting_role(role, member_role) is not role:
        message = (
            f"{member['name']} is {role_with_article(member_role)}, and a key cannot do more than its member. "
            f"Give the key the role {member_role}."
        )
        validator.add("role", message=message)
