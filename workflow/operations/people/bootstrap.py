"""Creation of organizations and keys from the command line, without a viewer to authorize."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflow.models import Member, OpportunityCounter, Organization
from workflow.models.columns import new_id
from workflow.models.engine.database import dialect, fetch, transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.duplicates import refuse_duplicate
from workflow.operations.core.validation import Validator
from workflow.operations.people.api_keys import ApiKeyResult, NewApiKey, check_key_member, insert_key
from workflow.operations.people.members import insert_member
from workflow.operations.people.organizations import check_base_currency, check_time_zone
from workflow.operations.process.processes import preset, publish
from workflow.queries.people.people import find_organization
from workflow.rules.enums import Role


@dataclass(frozen=True, slots=True)
class InitOrganizationResult:
    """A new organization, its first admin, and the admin's key, which is shown only once."""

    organization_id: UUID
    member_id: UUID
    api_key: str


async def init_organization(
    *, name: str, email: str, admin_name: str, currency: str, time_zone: str, now: datetime
) -> InitOrganizationResult:
    """Create an organization with the default process, its first admin and a key.

    Raise DuplicateError if an organization has the name.
    """
    validator = Validator()
    validator.text(name, "organization", required=True)
    validator.text(admin_name, "name", required=True)
    validator.email(email, "email", required=True)
    check_base_currency(currency, "currency", validator)
    check_time_zone(time_zone, validator)
    validator.raise_if_any()

    async def work() -> InitOrganizationResult:
        # Commands find an organization by its name. Admins may rename theirs, so no index is unique.
        await _refuse_duplicate_name(name.strip())
        ctx = await _insert_organization(name.strip(), currency, time_zone, now)
        await publish(ctx, preset("default"))
        admin = await insert_member(ctx, name=admin_name.strip(), email=email.strip(), role=Role.ADMIN)
        key = await insert_key(ctx, NewApiKey("first key", Role.ADMIN, admin))
        return InitOrganizationResult(ctx.viewer.organization_id, admin, key.api_key)

    return await transaction(work)


async def issue_key(*, organization_name: str, role: Role, email: str | None, now: datetime) -> ApiKeyResult:
    """Create a key for the organization with this name or id.

    With `email`, the key acts as that member, who is created with the role if there is no such member.
    """

    async def work() -> ApiKeyResult:
        organization = await find_organization(organization_name)
        ctx = Ctx(viewer=system_viewer(organization.id), now=now)
        address = None if email is None else email.strip().lower()
        member_id = None if address is None else await _find_or_create_member(ctx, address, role)
        return await insert_key(ctx, NewApiKey(address or f"{role.lower()} key", role, member_id))

    return await transaction(work)


async def _refuse_duplicate_name(name: str) -> None:
    if dialect() == "postgres":
        await fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"organization {name}")
    message = f'An organization with the name "{name}" exists already. Choose another name.'
    await refuse_duplicate(Organization.filter(name=name), kind="Organization", message=message)


async def _insert_organization(name: str, currency: str, time_zone: str, now: datetime) -> Ctx:
    """Insert the organization and return the context to write in it."""
    id = new_id()
    await Organization.create(
        id=id,
        name=name,
        base_currency=currency,
        time_zone=time_zone,
        default_process_key=preset("default").key,
        created_at=now,
    )
    await OpportunityCounter.create(organization_id=id, last_number=0)
    return Ctx(viewer=system_viewer(id), now=now)


async def _find_or_create_member(ctx: Ctx, email: str, role: Role) -> UUID:
    validator = Validator()
    validator.email(email, "email", required=True)
    validator.raise_if_any()
    found = await Member.filter(organization_id=ctx.viewer.organization_id, email=email).values("id")
    if not found:
        return await insert_member(ctx, name=email.partition("@")[0], email=email, role=role)
    id: UUID = found[0]["id"]
    await check_key_member(ctx, id, role, validator)
    validator.raise_if_any()
    return id
