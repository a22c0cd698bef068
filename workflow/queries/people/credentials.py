"""From a key to a viewer: the one read without a viewer."""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import ApiKey, Member, Team
from workflow.models.engine.database import bypass_row_security, fetch
from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.permissions import ApiKeyUse, Viewer, acting_role, acting_visibility

MAX_PUBLIC_ID_LENGTH = 32
"""Characters that the public part of a key can have at most, as its column holds them."""
KEY_TIME_COLUMNS = ("last_used_at", "expires_at", "revoked_at")
SECRET_HASH = "SELECT COALESCE((SELECT secret_hash FROM api_key WHERE public_id = $1), $2) AS secret_hash"
"""One row for every key: one that nobody has is refused after the same work as one with a wrong secret."""
_DUMMY_HASH = hashlib.sha256(b"nobody").hexdigest()


def hash_secret(secret: str) -> str:
    """The hash that is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def authenticate_api_key(api_key: str, now: datetime) -> Viewer | None:
    """The viewer whom the key stands for; None where it is unknown, wrong, revoked, expired or its member inactive."""
    with bypass_row_security():
        return await _authenticate_api_key(api_key, now)


async def _authenticate_api_key(api_key: str, now: datetime) -> Viewer | None:
    public_id, secret = _split_key(api_key)
    [stored] = await fetch(SECRET_HASH, public_id, _DUMMY_HASH)
    if not hmac.compare_digest(hash_secret(secret), str(stored["secret_hash"])):
        return None
    names = ("id", "organization_id", "name", "role", "member_id", *KEY_TIME_COLUMNS)
    found = await ApiKey.filter(public_id=public_id).limit(1).values(*names)
    if not found:
        return None
    record = found[0]
    if record["revoked_at"] is not None or (record["expires_at"] is not None and record["expires_at"] <= now):
        return None
    if record["member_id"] is None:
        return Viewer(
            organization_id=record["organization_id"],
            role=Role(record["role"]),
            member_id=None,
            name=record["name"],
            kind=ActorKind.API_KEY,
            key=_key_use(record),
        )
    return await viewer_for_member(
        record["organization_id"], record["member_id"], Role(record["role"]), _key_use(record)
    )


async def viewer_for_member(
    organization_id: UUID, member_id: UUID, limit: Role | None = None, key: ApiKeyUse | None = None
) -> Viewer | None:
    """The viewer who a member is now, by a key as far as its role allows too; None where they are not active."""
    active_member = Member.filter(id=member_id, organization_id=organization_id, active=True)
    found = await active_member.values("name", "role", "visibility", "team_id")
    if not found:
        return None
    member = found[0]
    member_role = Role(member["role"])
    role = member_role if limit is None else acting_role(limit, member_role)
    return Viewer(
        organization_id=organization_id,
        role=role,
        member_id=member_id,
        name=member["name"],
        kind=ActorKind.MEMBER,
        visibility=acting_visibility(role, member_role, Visibility(member["visibility"])),
        teams=await _visible_teams(organization_id, member_id, member["team_id"]),
        key=key,
    )


async def valid_viewers(viewers: Collection[Viewer], now: datetime) -> set[Viewer]:
    """Those of the viewers whose key is neither revoked nor expired and whose member is active; two statements at most."""
    key_ids = {viewer.key.id for viewer in viewers if viewer.key}
    member_ids = {viewer.member_id for viewer in viewers if viewer.member_id}
    with bypass_row_security():
        usable_keys = ApiKey.filter(id__in=list(key_ids), revoked_at=None).filter(
            Q(expires_at=None) | Q(expires_at__gt=now)
        )
        usable_key_ids = set(await usable_keys.values_list("id", flat=True)) if key_ids else set()
        active_member_ids = (
            set(await Member.filter(id__in=list(member_ids), active=True).values_list("id", flat=True))
            if member_ids
            else set()
        )
    return {
        viewer
        for viewer in viewers
        if (viewer.key is None or viewer.key.id in usable_key_ids)
        and (viewer.member_id is None or viewer.member_id in active_member_ids)
    }


def _key_use(api_key: dict[str, Any]) -> ApiKeyUse:
    return ApiKeyUse(id=api_key["id"], last_used_at=api_key["last_used_at"])


async def _visible_teams(organization_id: UUID, member_id: UUID, team_id: UUID | None) -> frozenset[UUID]:
    tree = await Team.filter(organization_id=organization_id).values("id", "parent_id", "manager_id")
    led = [team["id"] for team in tree if team["manager_id"] == member_id or team["id"] == team_id]
    return with_subteams(led, tree)


def with_subteams(teams: Iterable[UUID], tree: Iterable[dict[str, Any]]) -> frozenset[UUID]:
    """These teams and all under them."""
    children: dict[UUID, list[UUID]] = {}
    for team in tree:
        children.setdefault(team["parent_id"], []).append(team["id"])
    found: set[UUID] = set()
    pending = list(teams)
    while pending:
        team_id = pending.pop()
        if team_id not in found:
            found.add(team_id)
            pending.extend(children.get(team_id, ()))
    return frozenset(found)


def _split_key(api_key: str) -> tuple[str, str]:
    prefix, _, rest = api_key.partition("_")
    public_id, _, secret = rest.partition("_")
    return (public_id, secret) if prefix == "pur" and len(public_id) <= MAX_PUBLIC_ID_LENGTH else ("", "")
