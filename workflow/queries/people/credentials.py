"""From a key to a viewer: the one read without a viewer."""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import ApiKey, Member, Team
from workflow.models.engine.database import fetch, standing_for_everybody
from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.permissions import KeyUse, Viewer, acting_role, acting_visibility

LONGEST_ID = 32
"""Characters that the public part of a key can have at most, as its column holds them."""
TIMES = ("last_used_at", "expires_at", "revoked_at")
HASH = "SELECT COALESCE((SELECT secret_hash FROM api_key WHERE public_id = $1), $2) AS secret_hash"
"""One row for every key: one that nobody has is refused after the same work as one with a wrong secret."""
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


def hashed(secret: str) -> str:
    """The hash that is kept of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def viewer_of(api_key: str, now: datetime) -> Viewer | None:
    """The viewer whom the key stands for; None where it is unknown, wrong, revoked, expired or its member inactive."""
    with standing_for_everybody():
        return await _viewer_of(api_key, now)


async def _viewer_of(api_key: str, now: datetime) -> Viewer | None:
    public_id, secret = _parts(api_key)
    [kept_hash] = await fetch(HASH, public_id, _NOBODY)
    if not hmac.compare_digest(hashed(secret), str(kept_hash["secret_hash"])):
        return None
    names = ("id", "organization_id", "name", "role", "member_id", *TIMES)
    found = await ApiKey.filter(public_id=public_id).limit(1).values(*names)
    if not found:
        return None
    kept = found[0]
    if kept["revoked_at"] is not None or (kept["expires_at"] is not None and kept["expires_at"] <= now):
        return None
    if kept["member_id"] is None:
        return Viewer(
            organization_id=kept["organization_id"],
            role=Role(kept["role"]),
            member_id=None,
            name=kept["name"],
            kind=ActorKind.API_KEY,
            key=_use(kept),
        )
    return await viewer_of_member(kept["organization_id"], kept["member_id"], Role(kept["role"]), _use(kept))


async def viewer_of_member(
    organization_id: UUID, member_id: UUID, limit: Role | None = None, key: KeyUse | None = None
) -> Viewer | None:
    """The viewer who a member is now, by a key as far as its role allows too; None where they are not active."""
    asked = Member.filter(id=member_id, organization_id=organization_id, active=True)
    found = await asked.values("name", "role", "visibility", "team_id")
    if not found:
        return None
    person = found[0]
    own = Role(person["role"])
    role = own if limit is None else acting_role(limit, own)
    return Viewer(
        organization_id=organization_id,
        role=role,
        member_id=member_id,
        name=person["name"],
        kind=ActorKind.MEMBER,
        visibility=acting_visibility(role, own, Visibility(person["visibility"])),
        teams=await _teams(organization_id, member_id, person["team_id"]),
        key=key,
    )


async def still_in(viewers: Collection[Viewer], now: datetime) -> set[Viewer]:
    """Those of the viewers whose key is neither revoked nor expired and whose member is active; two statements at most."""
    keys = {viewer.key.id for viewer in viewers if viewer.key}
    members = {viewer.member_id for viewer in viewers if viewer.member_id}
    with standing_for_everybody():
        good = ApiKey.filter(id__in=list(keys), revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now))
        open_keys = set(await good.values_list("id", flat=True)) if keys else set()
        active = (
            set(await Member.filter(id__in=list(members), active=True).values_list("id", flat=True))
            if members
            else set()
        )
    return {
        viewer
        for viewer in viewers
        if (viewer.key is None or viewer.key.id in open_keys)
        and (viewer.member_id is None or viewer.member_id in active)
    }


def _use(kept: dict[str, Any]) -> KeyUse:
    return KeyUse(id=kept["id"], last_used_at=kept["last_used_at"])


async def _teams(organization_id: UUID, member_id: UUID, team_id: UUID | None) -> frozenset[UUID]:
    tree = await Team.filter(organization_id=organization_id).values("id", "parent_id", "manager_id")
    led = [team["id"] for team in tree if team["manager_id"] == member_id or team["id"] == team_id]
    return below(led, tree)


def below(teams: Iterable[UUID], tree: Iterable[dict[str, Any]]) -> frozenset[UUID]:
    """These teams and all under them."""
    children: dict[UUID, list[UUID]] = {}
    for team in tree:
        children.setdefault(team["parent_id"], []).append(team["id"])
    reached: set[UUID] = set()
    waiting = list(teams)
    while waiting:
        team_id = waiting.pop()
        if team_id not in reached:
            reached.add(team_id)
            waiting.extend(children.get(team_id, ()))
    return frozenset(reached)


def _parts(api_key: str) -> tuple[str, str]:
    prefix, _, rest = api_key.partition("_")
    public_id, _, secret = rest.partition("_")
    return (public_id, secret) if prefix == "pur" and len(public_id) <= LONGEST_ID else ("", "")
