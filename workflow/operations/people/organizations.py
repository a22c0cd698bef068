"""A new organization with its default process, its first admin and that admin's key; and what an admin sets of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID
from zoneinfo import available_timezones

from workflow.models import ExchangeRate, Opportunity, OpportunityCounter, Organization, Target
from workflow.models.columns import new_id
from workflow.models.engine.database import dialect, fetch, transaction
from workflow.operations.core.context import Ctx, system_viewer
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import hold_organization
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults
from workflow.operations.people.api_keys import new_key
from workflow.operations.people.members import make_member
from workflow.operations.process.processes import preset, publish
from workflow.rules.enums import Role
from workflow.rules.errors import Duplicate, invalid
from workflow.rules.money import exponent
from workflow.rules.permissions import Action, require


@dataclass(frozen=True, slots=True)
class Founded:
    """What `pursuit init` shows once."""

    organization_id: UUID
    member_id: UUID
    api_key: str


class OrganizationChanges(TypedDict, total=False):
    """Fields of an organization that a client gave; none can be cleared."""

    name: str | None
    time_zone: str | None
    base_currency: str | None


async def init_organization(
    *, name: str, email: str, admin_name: str, currency: str, time_zone: str, now: datetime
) -> Founded:
    """Found an organization; Duplicate where one has the name now, for whoever founds finds it again by it."""
    faults = Faults()
    faults.text(name, "organization", required=True)
    faults.text(admin_name, "name", required=True)
    faults.email(email, "email", required=True)
    _check_currency(currency, "currency", faults)
    _check_time_zone(time_zone, faults)
    faults.raise_if_any()

    async def work() -> Founded:
        return await _found(name.strip(), email.strip().lower(), admin_name.strip(), currency, time_zone, now)

    return await transaction(work)


async def update_organization(ctx: Ctx, given: OrganizationChanges) -> UUID:
    """Change the fields that are given; the base currency stays once an amount has been kept in it."""
    id = ctx.viewer.organization_id

    async def work() -> UUID:
        require(ctx.viewer, Action.ADMINISTER, to="change the organization")
        await hold_organization(id, base_currency="base_currency" in given)
        before = (await Organization.filter(id=id).values())[0]
        fields = _checked(given)
        differences = changed(*({_PATHS[name]: kept[name] for name in fields} for kept in (before, fields)))
        if "baseCurrency" in differences:
            await _refuse_once_priced(id, before["base_currency"])
        if differences:
            await Organization.filter(id=id).update(**fields)
            payload = {"organizationId": id, "changes": differences}
            await record(ctx, "organization.updated", aggregate="organization", id=id, payload=payload)
        return id

    return await perform(ctx, work)


_PATHS = {"name": "name", "time_zone": "timeZone", "base_currency": "baseCurrency"}


def _checked(given: OrganizationChanges) -> dict[str, object]:
    faults, fields = Faults(), dict(given)
    for name, path in _PATHS.items():
        if name in fields and fields[name] is None:
            faults.add(path, message=f"`{path}` cannot be null. Leave it out to keep it.")
    if given.get("name") is not None:
        fields["name"] = faults.text(given["name"], "name", required=True)
    if (currency := given.get("base_currency")) is not None:
        _check_currency(currency, "baseCurrency", faults)
    if (time_zone := given.get("time_zone")) is not None:
        _check_time_zone(time_zone, faults)
    faults.raise_if_any()
    return fields


def _check_currency(currency: str, path: str, faults: Faults) -> None:
    if exponent(currency) is None:
        faults.add(path, message=f"`{currency[:80]}` is no ISO 4217 currency code such as EUR or USD.")


def _check_time_zone(time_zone: str, faults: Faults) -> None:
    if time_zone not in available_timezones():
        faults.add("timeZone", message=f"`{time_zone[:80]}` is no time zone such as Europe/Berlin or UTC.")


async def _refuse_once_priced(id: UUID, currency: str) -> None:
    """What is worth something in base currency is kept in it, deals that are deleted or closed too."""
    kept = (
        (Opportunity.filter(organization_id=id, value_minor__not_isnull=True), "An opportunity has a value"),
        (ExchangeRate.filter(organization_id=id), "An exchange rate is set"),
        (Target.filter(organization_id=id), "A target is set"),
    )
    for rows, why in kept:
        if await rows.exists():
            message = (
                f"{why} already, and its worth is kept in {currency}. Another base currency needs another organization."
            )
            raise invalid("baseCurrency", message=message)


async def _found(name: str, email: str, admin_name: str, currency: str, time_zone: str, now: datetime) -> Founded:
    if dialect() == "postgres":
        await fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"organization {name}")
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
    return Founded(organization_id=id, member_id=admin, api_key=key.api_key)
