"""Somebody whom the issuer vouches for becomes a viewer: a member by their verified e-mail, made on first sight where a role is told."""

from dataclasses import dataclass
from datetime import datetime

from workflow.models import Member
from workflow.models.columns import UNSTORABLE
from workflow.models.engine.database import standing_for_everybody, transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.locking import hold_organization
from workflow.operations.core.validation import Faults
from workflow.operations.people.members import make_member
from workflow.queries.people.credentials import viewer_of_member
from workflow.queries.people.identities import Identity, identities, only_organization
from workflow.rules.enums import Role
from workflow.rules.errors import PermissionDenied
from workflow.rules.permissions import Viewer

LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class Vouched:
    """What the issuer's token says of a person, as it says it; `role` is that of somebody new, none where none is told."""

    email: object
    email_verified: object
    name: object = None
    role: object = None


async def sign_in(person: Vouched, *, now: datetime, request_id: str | None = None) -> Viewer:
    """The viewer of the one active member with the person's e-mail; raises PermissionDenied where there is none."""
    with standing_for_everybody():
        return await _signed_in(person, now, request_id)


async def _signed_in(person: Vouched, now: datetime, request_id: str | None) -> Viewer:
    email = _address(person)
    known = await identities(email)
    if not known:
        known = [await _first_sight(person, email, now, request_id)]
    active = [identity for identity in known if identity.active]
    if not active:
        raise PermissionDenied(f"The member {email} is not active. An admin can make them so.")
    if len(active) > 1:
        raise PermissionDenied(f"{email} is a member of {len(active)} organizations. Use an API key of one of them.")
    viewer = await viewer_of_member(active[0].organization_id, active[0].id)
    if viewer is None:
        raise PermissionDenied(f"The member {email} is not active any more. An admin can make them so.")
    return viewer


def _address(person: Vouched) -> str:
    """The verified e-mail in lower case; letters outside ASCII must be small already, for some of their capitals have an ASCII small one."""
    email = person.email
    if not isinstance(email, str) or person.email_verified is not True:
        raise PermissionDenied("The token has no verified e-mail. Let the issuer write `email` and `email_verified`.")
    address = email.lower()
    faults = Faults()
    kept = faults.email(email, "email", required=True)
    if faults.found or kept != address or not (email.isascii() or email == address):
        raise PermissionDenied(f"The token's e-mail {email[:80]!r} is none that a member could have.")
    return address


async def _first_sight(person: Vouched, email: str, now: datetime, request_id: str | None) -> Identity:
    """A member for somebody whom nobody here knows: of the one organization there is, in the role that the token tells."""
    role = _role(person, email)
    organization_id = await only_organization()
    if organization_id is None:
        raise PermissionDenied(
            f"No member has the e-mail {email}, and new ones are made only on a server with one organization. "
            "Let an admin make the member."
        )
    ctx = Ctx(viewer=system_viewer(organization_id), now=now, request_id=request_id)

    async def work() -> Identity:
        return await _made_once(ctx, person, email, role)

    return await transaction(work)


async def _made_once(ctx: Ctx, person: Vouched, email: str, role: Role) -> Identity:
    """The member, made by the first of those who come at the same time, and found by the others."""
    organization_id = ctx.viewer.organization_id
    await hold_organization(organization_id)
    found = await Member.filter(organization_id=organization_id, email=email).values("id", "active")
    if found:
        return Identity(id=found[0]["id"], organization_id=organization_id, active=found[0]["active"])
    id = await make_member(ctx, name=_name(person, email), email=email, role=role)
    return Identity(id=id, organization_id=organization_id, active=True)


def _role(person: Vouched, email: str) -> Role:
    told = person.role
    word = told[0] if isinstance(told, list) and len(told) == 1 else told
    if word is None:
        raise PermissionDenied(f"No member has the e-mail {email}. Let an admin make the member.")
    if not isinstance(word, str) or word.upper() not in Role.__members__:
        words = ", ".join(role.lower() for role in Role)
        raise PermissionDenied(f"No member has the e-mail {email}, and the token's role is none of {words}.")
    return Role(word.upper())


def _name(person: Vouched, email: str) -> str:
    """The name that the token tells, where it can be kept; else the e-mail's own part."""
    name = person.name.strip() if isinstance(person.name, str) else ""
    fits = name and len(name) <= LONGEST_NAME and not UNSTORABLE.search(name)
    return name if fits else email.partition("@")[0]
