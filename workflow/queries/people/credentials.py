"""The viewer of an API key or a member: the reads that happen before there is a viewer."""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from workflow.models import ApiKey, Member
from workflow.models.engine.database import Record, bypass_row_security, dialect, fetch, read_as_system
from workflow.rules.enums import ActorKind, Role, Visibility
from workflow.rules.permissions import ApiKeyUse, Viewer, acting_role, acting_visibility

MAX_PUBLIC_ID_LENGTH = 32
"""Characters that the public part of a key can have at most, as its column holds them."""
VISIBLE_TEAMS = """visible_team (id) AS (
    SELECT team.id FROM team JOIN person ON team.organization_id = person.organization_id
    AND (team.manager_id = person.member_id OR team.id = person.team_id)
    UNION SELECT team.id FROM team JOIN visible_team ON team.parent_id = visible_team.id
)"""
"""The teams that a person belongs to or manages, and all below them.

UNION ends at a team that was seen before.
"""
VIEWER_OF_KEY = f"""WITH RECURSIVE person AS (
    SELECT key.id AS key_id, key.organization_id, key.name AS key_name, key.role AS key_role, key.member_id,
        key.last_used_at, key.expires_at, key.points_per_minute,
        member.name, member.role, member.visibility, member.team_id
    FROM api_key AS key
    LEFT JOIN member
        ON member.id = key.member_id AND member.organization_id = key.organization_id AND member.active
    WHERE key.public_id = $1 AND key.secret_hash = $2 AND key.revoked_at IS NULL
    AND (key.member_id IS NULL OR member.id IS NOT NULL)
), {VISIBLE_TEAMS}
SELECT person.*, (SELECT $TEAM_IDS FROM visible_team) AS team_ids FROM person"""
"""The person or service that a key represents, in one statement.

An unknown key and a key with a wrong secret take the same work: one lookup in the index of public ids. The
secret is compared by its hash, so the time of the comparison reveals nothing about it.
"""
VIEWER_OF_MEMBER = f"""WITH RECURSIVE person AS (
    SELECT organization_id, id AS member_id, name, role, visibility, team_id FROM member
    WHERE id = $1 AND organization_id = $2 AND active
), {VISIBLE_TEAMS}
SELECT person.*, (SELECT $TEAM_IDS FROM visible_team) AS team_ids FROM person"""
TEAM_IDS = {"postgres": "string_agg(id::text, ',')", "sqlite": "group_concat(id)"}


def hash_secret(secret: str) -> str:
    """Return the stored hash of a secret of 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def authenticate_api_key(api_key: str, now: datetime) -> Viewer | None:
    """Return the viewer of a key.

    None if it is unknown, wrong, revoked or expired, or its member is not active.
    """
    public_id, secret = _split_key(api_key)
    # The key decides the organization, so that there is none yet to act as.
    found = await read_as_system(_in_dialect(VIEWER_OF_KEY), public_id, hash_secret(secret))
    if not found:
        return None
    person = found[0]
    expires_at = _instant(person["expires_at"])
    if expires_at is not None and expires_at <= now:
        return None
    key = ApiKeyUse(
        _id(person["key_id"]), _instant(person["last_used_at"]), points_per_minute=person["points_per_minute"]
    )
    role = Role(person["key_role"])
    if person["member_id"] is not None:
        return _member_viewer(person, limit=role, key=key)
    return Viewer(
        organization_id=_id(person["organization_id"]),
        role=role,
        member_id=None,
        name=person["key_name"],
        kind=ActorKind.API_KEY,
        key=key,
    )


async def viewer_for_member(organization_id: UUID, member_id: UUID) -> Viewer | None:
    """Return the viewer that a member is now; None if the member is not active."""
    found = await fetch(_in_dialect(VIEWER_OF_MEMBER), member_id, organization_id)
    return _member_viewer(found[0]) if found else None


async def valid_viewers(viewers: Collection[Viewer], now: datetime) -> set[Viewer]:
    """Return the viewers whose key is neither revoked nor expired and whose member is active.

    Two statements at most.
    """
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


def _member_viewer(person: Record, *, limit: Role | None = None, key: ApiKeyUse | None = None) -> Viewer:
    """Return the viewer of a member's row, whose role a key may limit."""
    member_role = Role(person["role"])
    role = member_role if limit is None else acting_role(limit, member_role)
    return Viewer(
        organization_id=_id(person["organization_id"]),
        role=role,
        member_id=_id(person["member_id"]),
        name=person["name"],
        kind=ActorKind.MEMBER,
        visibility=acting_visibility(role, member_role, Visibility(person["visibility"])),
        teams=frozenset(UUID(id) for id in (person["team_ids"] or "").split(",") if id),
        key=key,
    )


def _in_dialect(sql: str) -> str:
    return sql.replace("$TEAM_IDS", TEAM_IDS[dialect()])


def _id(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)  # SQLite stores ids as text


def _instant(value: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def with_subteams(teams: Iterable[UUID], tree: Iterable[dict[str, Any]]) -> frozenset[UUID]:
    """Return these teams and all teams below them."""
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
