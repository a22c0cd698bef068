"""API keys: `pur_<id>_<secret>`, shown once, kept as a hash."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.models import ApiKey, Member, Organization
from workflow.models.columns import new_id
from workflow.models.database import transaction
from workflow.operations.checks import Faults
from workflow.operations.context import Ctx, system_viewer
from workflow.operations.journal import record
from workflow.operations.members import make_member
from workflow.queries.credentials import hashed
from workflow.rules.errors import invalid
from workflow.rules.states import Role


@dataclass(frozen=True, slots=True)
class KeyMade:
    """A key, the only time it is shown."""

    organization_id: UUID
    member_id: UUID | None
    role: Role
    api_key: str


async def make_key(*, organization_name: str, role: Role, email: str | None, now: datetime) -> KeyMade:
    """One more key; with `email` it acts as that member, made with this role where there is none."""

    async def work() -> KeyMade:
        found = await Organization.filter(name=organization_name).values("id")
        if not found:
            message = f"There is no organization called {organization_name}. Make it with `pursuit init`."
            raise invalid("organization", message=message)
        ctx = Ctx(viewer=system_viewer(found[0]["id"]), now=now)
        address = None if email is None else email.strip().lower()
        member_id = None if address is None else await _member(ctx, address, role)
        key = await new_key(ctx, name=address or f"{role.lower()} key", role=role, member_id=member_id)
        return KeyMade(organization_id=ctx.viewer.organization_id, member_id=member_id, role=role, api_key=key)

    return await transaction(work)


async def new_key(ctx: Ctx, *, name: str, role: Role, member_id: UUID | None) -> str:
    """Make a key and give it out; 256 random bits, so that a plain hash keeps it safe."""
    id, public_id, secret = new_id(), secrets.token_hex(8), secrets.token_urlsafe(32).replace("_", "-")
    await ApiKey.create(
        id=id,
        organization_id=ctx.viewer.organization_id,
        name=name,
        role=role,
        member_id=member_id,
        public_id=public_id,
        secret_hash=hashed(secret),
        created_at=ctx.now,
        **ctx.actor(),
    )
    await record(
        ctx, "apiKey.created", aggregate="apiKey", id=id, payload={"apiKeyId": id, "memberId": member_id, "role": role}
    )
    return f"pur_{public_id}_{secret}"


async def _member(ctx: Ctx, email: str, role: Role) -> UUID:
    faults = Faults()
    faults.email(email, "email", required=True)
    faults.raise_if_any()
    found = await Member.filter(organization_id=ctx.viewer.organization_id, email=email).values("id", "active", "role")
    if not found:
        return await make_member(ctx, name=email.partition("@")[0], email=email, role=role)
    if not found[0]["active"]:
        raise invalid("email", message=f"{email} is no active member. Make the member active first.")
    member_id: UUID = found[0]["id"]
    return member_id
