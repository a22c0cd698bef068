"""From an e-mail to a member of whichever organization: the reads of a sign-in, before there is a viewer."""

from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Subquery

from workflow.models import Member, Organization


@dataclass(frozen=True, slots=True)
class Identity:
    """A member whom an e-mail names."""

    id: UUID
    organization_id: UUID
    active: bool


async def identities_by_email(email: str) -> list[Identity]:
    """The members of all organizations who have this e-mail, in lower case; one look into the index an organization."""
    all_organizations = Subquery(Organization.all().values("id"))
    found = await Member.filter(organization_id__in=all_organizations, email=email).values(
        "id", "organization_id", "active"
    )
    return [Identity(**member) for member in found]


async def only_organization() -> UUID | None:
    """The organization of a server that has just one."""
    found = await Organization.all().limit(2).values("id")
    return found[0]["id"] if len(found) == 1 else None
