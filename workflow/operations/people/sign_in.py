"""Somebody whom the issuer vouches for becomes a viewer: a member by their verified e-mail, made on first sight where a role is told."""

from dataclasses import dataclass
from datetime import datetime

from workflow.models import Member
from workflow.models.columns import UNSTORABLE
from workflow.models.engine.database import bypass_row_security, transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.locking import lock_organization
from workflow.operations.core.validation import Validator
from workflow.operations.people.members import insert_member
from workflow.queries.people.credentials import viewer_for_member
from workflow.queries.people.identities import Identity, identities_by_email, only_organization
from workflow.rules.enums import Role
from workflow.rules.errors import PermissionDeniedError
from workflow.rules.permissions import Viewer

MAX_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class IdentityClaims:
    """What the issuer's token says of a person, as it says it; `role` is that of somebody new, none where none is told."""

    email: object
    email_verified: object
    name: object = None
    role: object = None


async def sign_in(claims: IdentityClaims, *, now: datetime, request_id: str | None = None) -> Viewer:
    """The viewer of the one active member with the person's e-mail; raises PermissionDenied where there is none."""
    with bypass_row_security():
        return await _resolve_viewer(claims, now, request_id)


async def _resolve_viewer(claims: IdentityClaims, now: datetime, request_id: str | None) -> Viewer:
    email = _verified_email(claims)
    known = await identities_by_email(email)
    if not known:
        known = [await _provision_member(claims, email, now, request_id)]
    active = [identity for identity in known if identity.active]
    if not active:
        raise PermissionDeniedError(f"The member {email} is not active. An admin can make them so.")
    if len(active) > 1:
        raise PermissionDeniedError(
            f"{email} is a member of {len(active)} organizations. Use an API key of one of them."
        )
    viewer = await viewer_for_member(active[0].organization_id, active[0].id)
    if viewer is None:
        raise PermissionDeniedError(f"The member {email} is not active any more. An admin can make them so.")
    return viewer


def _verified_email(claims: IdentityClaims) -> str:
    """The verified e-mail in lower case; letters outside ASCII must be small already, for some of their capitals have an ASCII small one."""
    email = claims.email
    if not isinstance(email, str) or claims.email_verified is not True:
        raise PermissionDeniedError(
            "The token has no verified e-mail. Let the issuer write `email` and `email_verified`."
        )
    address = email.lower()
    validator = Validator()
    normalized = validator.email(email, "email", required=True)
    if validator.problems or normalized != address or not (email.isascii() or email == address):
        raise PermissionDeniedError(f"The token's e-mail {email[:80]!r} is none that a member could have.")
    return address


async def _provision_member(claims: IdentityClaims, email: str, now: datetime, request_id: str | None) -> Identity:
    """A member for somebody whom nobody here knows: of the one organization there is, in the role that the token tells."""
    role = _claimed_role(claims, email)
    organization_id = await only_organization()
    if organization_id is None:
        raise PermissionDeniedError(
            f"No member has the e-mail {email}, and new ones are made only on a server with one organization. "
            "Let an admin make the member."
        )
    ctx = Ctx(viewer=system_viewer(organization_id), now=now, request_id=request_id)

    async def work() -> Identity:
        return await _find_or_create_member(ctx, claims, email, role)

    return await transaction(work)


async def _find_or_create_member(ctx: Ctx, claims: IdentityClaims, email: str, role: Role) -> Identity:
    """The member, made by the first of those who come at the same time, and found by the others."""
    organization_id = ctx.viewer.organization_id
    await lock_organization(organization_id)
    found = await Member.filter(organization_id=organization_id, email=email).values("id", "active")
    if found:
        return Identity(id=found[0]["id"], organization_id=organization_id, active=found[0]["active"])
    id = await insert_member(ctx, name=_claimed_name(claims, email), email=email, role=role)
    return Identity(id=id, organization_id=organization_id, active=True)


def _claimed_role(claims: IdentityClaims, email: str) -> Role:
    claim = claims.role
    word = claim[0] if isinstance(claim, list) and len(claim) == 1 else claim
    if word is None:
        raise PermissionDeniedError(f"No member has the e-mail {email}. Let an admin make the member.")
    if not isinstance(word, str) or word.upper() not in Role.__members__:
        words = ", ".join(role.lower() for role in Role)
        raise PermissionDeniedError(f"No member has the e-mail {email}, and the token's role is none of {words}.")
    return Role(word.upper())


def _claimed_name(claims: IdentityClaims, email: str) -> str:
    """The name that the token tells, where it can be kept; else the e-mail's own part."""
    name = claims.name.strip() if isinstance(claims.name, str) else ""
    fits = name and len(name) <= MAX_NAME_LENGTH and not UNSTORABLE.search(name)
    return name if fits else email.partition("@")[0]
