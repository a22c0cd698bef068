"""Sign-in with an OpenID Connect token: the verified e-mail identifies a member, created if necessary."""

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
    """The claims of a token about a person, not validated yet. `role` is for a member to be created."""

    email: object
    email_verified: object
    name: object = None
    role: object = None


async def sign_in(claims: IdentityClaims, *, now: datetime, request_id: str | None = None) -> Viewer:
    """Return the viewer of the one active member with the verified e-mail, or raise PermissionDeniedError."""
    with bypass_row_security():
        return await _resolve_viewer(claims, now, request_id)


async def _resolve_viewer(claims: IdentityClaims, now: datetime, request_id: str | None) -> Viewer:
    email = _verified_email(claims)
    known = await identities_by_email(email)
    if not known:
        known = [await _provision_member(claims, email, now, request_id)]
    active = [identity for identity in known if identity.active]
    if not active:
        raise PermissionDeniedError(f"The member {email} is not active. Ask an admin to activate the member.")
    if len(active) > 1:
        raise PermissionDeniedError(
            f"{email} is a member of {len(active)} organizations. Use an API key of one of them instead."
        )
    viewer = await viewer_for_member(active[0].organization_id, active[0].id)
    if viewer is None:
        raise PermissionDeniedError(f"The member {email} is not active. Ask an admin to activate the member.")
    return viewer


def _verified_email(claims: IdentityClaims) -> str:
    """Return the verified e-mail in lower case. Refuse a token without one."""
    email = claims.email
    if not isinstance(email, str) or claims.email_verified is not True:
        raise PermissionDeniedError(
            "The token has no verified e-mail. Configure the issuer to add `email` and `email_verified`."
        )
    address = email.lower()
    validator = Validator()
    normalized = validator.email(email, "email", required=True)
    # Some capitals outside ASCII have a small letter in ASCII (the Kelvin sign becomes "k"), which would
    # turn one person's address into another's. An address with such letters must be in lower case already.
    if validator.problems or normalized != address or not (email.isascii() or email == address):
        raise PermissionDeniedError(f"The token's e-mail {email[:80]!r} is not a valid e-mail of a member.")
    return address


async def _provision_member(
    claims: IdentityClaims, email: str, now: datetime, request_id: str | None
) -> Identity:
    """Create a member with the role in the token, if the server has exactly one organization."""
    role = _claimed_role(claims, email)
    organization_id = await only_organization()
    if organization_id is None:
        raise PermissionDeniedError(
            f"No member has the e-mail {email}, and members are created at sign-in only on a server with one "
            "organization. Ask an admin to create the member."
        )
    ctx = Ctx(viewer=system_viewer(organization_id), now=now, request_id=request_id)

    async def work() -> Identity:
        return await _find_or_create_member(ctx, claims, email, role)

    return await transaction(work)


async def _find_or_create_member(ctx: Ctx, claims: IdentityClaims, email: str, role: Role) -> Identity:
    """Create the member, or find the one that a concurrent sign-in has created."""
    organization_id = ctx.viewer.organization_id
    await lock_organization(organization_id)
    found = await Member.filter(organization_id=organization_id, email=email).values("id", "active")
    if found:
        return Identity(id=found[0]["id"], organization_id=organization_id, active=found[0]["active"])
    id = await insert_member(ctx, name=_claimed_name(claims, email), email=email, role=role)
    return Identity(id=id, organization_id=organization_id, active=True)


def _claimed_role(claims: IdentityClaims, email: str) -> Role:
    """Return the role in the token, which is a text or a list of one text. Refuse any other claim."""
    claim = claims.role
    name = claim[0] if isinstance(claim, list) and len(claim) == 1 else claim
    if name is None:
        raise PermissionDeniedError(f"No member has the e-mail {email}. Ask an admin to create the member.")
    if not isinstance(name, str) or name.upper() not in Role.__members__:
        roles = ", ".join(role.lower() for role in Role)
        raise PermissionDeniedError(
            f"No member has the e-mail {email}, and the role in the token is not one of {roles}."
        )
    return Role(name.upper())


def _claimed_name(claims: IdentityClaims, email: str) -> str:
    """Return the name in the token if it can be stored, or the part of the e-mail before the @."""
    name = claims.name.strip() if isinstance(claims.name, str) else ""
    is_valid = name and len(name) <= MAX_NAME_LENGTH and not UNSTORABLE.search(name)
    return name if is_valid else email.partition("@")[0]
