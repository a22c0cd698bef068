"""Members by e-mail in any organization: the reads of a sign-in, before there is a viewer."""

from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import Subquery

from workflow.models import Member, Organization


@dataclass(frozen=True, slots=True)
class Identity:
    """A member with an e-mail."""

    id: UUID
    organization_id: UUID
    active: bool


async def identities_by_email(email: str) -> list[Identity]:
    """Return the members of all organizations with this e-mail in lower case."""
    # The index on e-mails begins with the organization, so naming all organizations makes it usable.
    all_organizations = Subquery(Organization.all().values("id"))
    found = await Member.filter(organization_id__in=all_organizations, email=email).values(
        "id", "organization_id", "active"
    )
    return [Identity(**member) for member in found]


async def only_organization() -> UUID | None:
    """Return the only organization of this server, or None if there are several."""
    found = await Organization.all().limit(2).values("id")
    return found[0]["id"] if len(found) == 1 else None
