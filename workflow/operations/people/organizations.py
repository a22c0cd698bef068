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
from workflow.operations.core.journal import diff, record_event
from workflow.operations.core.locking import lock_organization
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Validator
from workflow.operations.people.api_keys import insert_key
from workflow.operations.people.members import insert_member
from workflow.operations.process.processes import preset, publish
from workflow.rules.enums import Role
from workflow.rules.errors import DuplicateError, invalid_field
from workflow.rules.money import exponent
from workflow.rules.permissions import Action, require_permission


@dataclass(frozen=True, slots=True)
class InitOrganizationResult:
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
) -> InitOrganizationResult:
    """Found an organization; Duplicate where one has the name now, for whoever founds finds it again by it."""
    validator = Validator()
    validator.text(name, "organization", required=True)
    validator.text(admin_name, "name", required=True)
    validator.email(email, "email", required=True)
    _check_currency(currency, "currency", validator)
    _check_time_zone(time_zone, validator)
    validator.raise_if_any()

    async def work() -> InitOrganizationResult:
        return await _create(name.strip(), email.strip().lower(), admin_name.strip(), currency, time_zone, now)

    return await transaction(work)


async def update_organization(ctx: Ctx, changes: OrganizationChanges) -> UUID:
    """Change the fields that are given; the base currency stays once an amount has been kept in it."""
    id = ctx.viewer.organization_id

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="change the organization")
        await lock_organization(id, base_currency="base_currency" in changes)
        before = (await Organization.filter(id=id).values())[0]
        fields = _validate(changes)
        differences = diff(*({_PATHS[name]: row[name] for name in fields} for row in (before, fields)))
        if "baseCurrency" in differences:
            await _refuse_if_amounts_exist(id, before["base_currency"])
        if differences:
            await Organization.filter(id=id).update(**fields)
            payload = {"organizationId": id, "changes": differences}
            await record_event(ctx, "organization.updated", aggregate="organization", id=id, payload=payload)
        return id

    return await perform(ctx, work)


_PATHS = {"name": "name", "time_zone": "timeZone", "base_currency": "baseCurrency"}


def _validate(changes: OrganizationChanges) -> dict[str, object]:
    validator, fields = Validator(), dict(changes)
    for name, path in _PATHS.items():
        if name in fields and fields[name] is None:
            validator.add(path, message=f"`{path}` cannot be null. Leave it out to keep it.")
    if changes.get("name") is not None:
        fields["name"] = validator.text(changes["name"], "name", required=True)
    if (currency := changes.get("base_currency")) is not None:
        _check_currency(currency, "baseCurrency", validator)
    if (time_zone := changes.get("time_zone")) is not None:
        _check_time_zone(time_zone, validator)
    validator.raise_if_any()
    return fields


def _check_currency(currency: str, path: str, validator: Validator) -> None:
    if exponent(currency) is None:
        validator.add(path, message=f"`{currency[:80]}` is no ISO 4217 currency code such as EUR or USD.")


def _check_time_zone(time_zone: str, validator: Validator) -> None:
    if time_zone not in available_timezones():
        validator.add("timeZone", message=f"`{time_zone[:80]}` is no time zone such as Europe/Berlin or UTC.")


async def _refuse_if_amounts_exist(id: UUID, currency: str) -> None:
    """What is worth something in base currency is kept in it, deals that are deleted or closed too."""
    amounts = (
        (Opportunity.filter(organization_id=id, value_minor__not_isnull=True), "An opportunity has a value"),
        (ExchangeRate.filter(organization_id=id), "An exchange rate is set"),
        (Target.filter(organization_id=id), "A target is set"),
    )
    for rows, why in amounts:
        if await rows.exists():
            message = (
                f"{why} already, and its worth is kept in {currency}. Another base currency needs another organization."
            )
            raise invalid_field("baseCurrency", message=message)


async def _create(
    name: str, email: str, admin_name: str, currency: str, time_zone: str, now: datetime
) -> InitOrganizationResult:
    if dialect() == "postgres":
        await fetch("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"organization {name}")
    same = await Organization.filter(name=name).values("id")
    if same:
        raise DuplicateError(
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
    admin = await insert_member(ctx, name=admin_name, email=email, role=Role.ADMIN)
    key = await insert_key(ctx, name="first key", role=Role.ADMIN, member_id=admin)
    return InitOrganizationResult(organization_id=id, member_id=admin, api_key=key.api_key)
