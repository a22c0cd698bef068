"""A new organization: its default process, its first admin and that admin's key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import available_timezones

from workflow.models import OpportunityCounter, Organization
from workflow.models.columns import new_id
from workflow.models.database import transaction
from workflow.operations.checks import Faults
from workflow.operations.context import Ctx, system_viewer
from workflow.operations.keys import new_key
from workflow.operations.members import make_member
from workflow.operations.processes import preset, publish
from workflow.rules.errors import Duplicate
from workflow.rules.money import exponent
from workflow.rules.states import Role


@dataclass(frozen=True, slots=True)
class Founded:
    """What `pursuit init` shows once."""

    organization_id: UUID
    member_id: UUID
    api_key: str


async def init_organization(
    *, name: str, email: str, admin_name: str, currency: str, time_zone: str, now: datetime
) -> Founded:
    """Found an organization; its name is unique, for the command line finds it by name."""
    faults = Faults()
    faults.text(name, "organization", required=True)
    faults.text(admin_name, "name", required=True)
    faults.email(email, "email", required=True)
    if exponent(currency) is None:
        faults.add("currency", message=f"`{currency}` is no ISO 4217 currency code such as EUR or USD.")
    if time_zone not in available_timezones():
        faults.add("timeZone", message=f"`{time_zone}` is no time zone such as Europe/Berlin or UTC.")
    faults.raise_if_any()

    async def work() -> Founded:
        return await _found(name.strip(), email.strip().lower(), admin_name.strip(), currency, time_zone, now)

    return await transaction(work)


async def _found(name: str, email: str, admin_name: str, currency: str, time_zone: str, now: datetime) -> Founded:
    same = await Organization.filter(name=name).values("id")
    if same:
        raise Duplicate(
            f"There is an organization called {name} already. Choose another name.", kind="Organization", id=None
        )
    document = preset("default")
    id = new_id()
    await Organization.create(
        id=id, name=name, base_currency=currency, time_zone=time_zone, default_process_key=document.key, created_at=now
    )
    await OpportunityCounter.create(organization_id=id, last_number=0)
    ctx = Ctx(viewer=system_viewer(id), now=now)
    await publish(ctx, document)
    admin = await make_member(ctx, name=admin_name, email=email, role=Role.ADMIN)
    key = await new_key(ctx, name="first key", role=Role.ADMIN, member_id=admin)
    return Founded(organization_id=id, member_id=admin, api_key=key)
