"""API keys: `pur_<id>_<secret>`. The secret is shown once and stored as a hash."""

import secrets
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
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

MAX_POINTS_PER_MINUTE = 999_999_999
"""The largest budget of a key, as of the server's default."""


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key to create: its role, the member it acts as, its expiry, and its budget."""

    name: str
    role: Role
    member_id: UUID | None = None
    expires_at: datetime | None = None
    points_per_minute: int | None = None


@dataclass(frozen=True, slots=True)
class ApiKeyResult:
    """A new key, with its secret, which is shown only once."""

    id: UUID
    organization_id: UUID
    member_id: UUID | None
    role: Role
    api_key: str = field(default="", metadata={SECRET_FIELD: True})


async def create_api_key(ctx: Ctx, new: NewApiKey) -> ApiKeyResult:
    """Create a key. One that acts as a member cannot have a role with more permissions than the member's."""

    async def work() -> ApiKeyResult:
        require_permission(ctx.viewer, Action.ADMINISTER, to="create API keys")
        validator = Validator()
        name = validator.text(new.name, "name", required=True) or ""
        if new.expires_at is not None and new.expires_at <= ctx.now:
            message = "`expiresAt` is in the past. Enter a time in the future, or leave it out."
            validator.add("expiresAt", message=message)
        _check_budget(new.points_per_minute, validator)
        if new.member_id is not None:
            await check_key_member(ctx, new.member_id, new.role, validator)
        validator.raise_if_any()
        return await insert_key(ctx, replace(new, name=name))

    return await perform(ctx, work)


async def revoke_api_key(ctx: Ctx, id: UUID) -> UUID:
    """Revoke a key for good. Do nothing if it is revoked already."""

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
    """Store the minute in which the viewer's key was last used, unless the database is too busy."""
    key = ctx.viewer.key
    minute = ctx.now.replace(second=0, microsecond=0)
    if key is None or (key.last_used_at is not None and key.last_used_at >= minute):
        return
    this_key = ApiKey.filter(id=key.id, organization_id=ctx.viewer.organization_id)
    earlier = this_key.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=minute))

    async def work() -> None:
        await earlier.update(last_used_at=minute)

    with suppress(UnavailableError), act_as_organization(ctx.viewer.organization_id):
        await transaction(work)


def _check_budget(points: int | None, validator: Validator) -> None:
    if points is not None and not 1 <= points <= MAX_POINTS_PER_MINUTE:
        message = (
            f"`pointsPerMinute` is {points}; it must be from 1 to {MAX_POINTS_PER_MINUTE}. "
            "Leave it out for the server's default."
        )
        validator.add("pointsPerMinute", message=message)


async def insert_key(ctx: Ctx, new: NewApiKey) -> ApiKeyResult:
    """Insert a key and return it with its secret."""
    id = new_id()
    public_id = secrets.token_hex(8)
    # 256 random bits: a slow hash, as passwords need it, would add nothing. "_" separates the parts of a key.
    secret = secrets.token_urlsafe(32).replace("_", "-")
    columns = asdict(new)
    await ApiKey.create(
        id=id,
        organization_id=ctx.viewer.organization_id,
        public_id=public_id,
        secret_hash=hash_secret(secret),
        created_at=ctx.now,
        **columns,
        **ctx.actor(),
    )
    payload = {"apiKeyId": id, "memberId": new.member_id, "changes": diff({}, columns)}
    await record_event(ctx, "apiKey.created", aggregate="apiKey", id=id, payload=payload)
    return ApiKeyResult(id, ctx.viewer.organization_id, new.member_id, new.role, f"pur_{public_id}_{secret}")


async def check_key_member(ctx: Ctx, id: UUID, role: Role, validator: Validator) -> None:
    """Report a member who is not active, or whose role allows less than the key's."""
    found = await Member.filter(organization_id=ctx.viewer.organization_id, id=id).values(
        "name", "active", "role"
    )
    if not found:
        raise NotFoundError("Member", id)
    member = found[0]
    member_role = Role(member["role"])
    if not member["active"]:
        validator.add(
            "memberId", message=f"{member['name']} is not an active member. Activate the member first."
        )
    if acting_role(role, member_role) is not role:
        message = (
            f"{member['name']} is {role_with_article(member_role)}, and a key cannot do more than its member "
            f"can. Give the key the role {member_role}."
        )
        validator.add("role", message=message)
