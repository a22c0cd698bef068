"""The settings of an organization, changed by its admins."""

from typing import TypedDict
from uuid import UUID
from zoneinfo import available_timezones

from workflow.models import ExchangeRate, Opportunity, Organization, Target
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.journal import record_event
from workflow.operations.core.locking import lock_organization
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Validator
from workflow.rules.errors import invalid_field
from workflow.rules.money import exponent
from workflow.rules.permissions import Action, require_permission


class OrganizationChanges(TypedDict, total=False):
    """The fields of an organization that a client has set. None of them can be cleared."""

    name: str | None
    time_zone: str | None
    base_currency: str | None


async def update_organization(ctx: Ctx, changes: OrganizationChanges) -> UUID:
    """Change the given fields. The base currency is fixed as soon as an amount is stored in it."""
    id = ctx.viewer.organization_id

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.ADMINISTER, to="change the organization")
        await lock_organization(id, base_currency="base_currency" in changes)
        before = (await Organization.filter(id=id).values())[0]
        fields = _validate(changes)
        # By API names, because diff() takes a column that ends in "_currency" for a part of an amount.
        differences = diff(*({_PATHS[name]: row[name] for name in fields} for row in (before, fields)))
        if "baseCurrency" in differences:
            await _refuse_if_amounts_exist(id, before["base_currency"])
        if differences:
            await Organization.filter(id=id).update(**fields)
            payload = {"organizationId": id, "changes": differences}
            await record_event(ctx, "organization.updated", aggregate="organization", id=id, payload=payload)
        return id

    return await perform(ctx, work)


def check_base_currency(currency: str, path: str, validator: Validator) -> None:
    """Report a currency that ISO 4217 does not have."""
    if exponent(currency) is None:
        validator.add(path, message=f"`{currency[:80]}` is not an ISO 4217 currency code such as EUR or USD.")


def check_time_zone(time_zone: str, validator: Validator) -> None:
    """Report a time zone that this server does not know."""
    if time_zone not in available_timezones():
        validator.add(
            "timeZone", message=f"`{time_zone[:80]}` is not a time zone such as Europe/Berlin or UTC."
        )


_PATHS = {"name": "name", "time_zone": "timeZone", "base_currency": "baseCurrency"}


def _validate(changes: OrganizationChanges) -> dict[str, object]:
    validator = Validator()
    fields: dict[str, object] = dict(changes)
    for name, path in _PATHS.items():
        if name in fields and fields[name] is None:
            validator.add(path, message=f"`{path}` cannot be null. Leave it out to keep it.")
    if changes.get("name") is not None:
        fields["name"] = validator.text(changes["name"], "name", required=True)
    if (currency := changes.get("base_currency")) is not None:
        check_base_currency(currency, "baseCurrency", validator)
    if (time_zone := changes.get("time_zone")) is not None:
        check_time_zone(time_zone, validator)
    validator.raise_if_any()
    return fields


async def _refuse_if_amounts_exist(id: UUID, currency: str) -> None:
    """Refuse another base currency if amounts are stored in this one, also by closed or deleted deals."""
    amounts = (
        (Opportunity.filter(organization_id=id, value_minor__not_isnull=True), "an opportunity has a value"),
        (ExchangeRate.filter(organization_id=id), "an exchange rate is set"),
        (Target.filter(organization_id=id), "a target is set"),
    )
    for rows, reason in amounts:
        if await rows.exists():
            message = (
                f"The base currency stays {currency} because {reason} in it already. "
                "To use another base currency, create another organization."
            )
            raise invalid_field("baseCurrency", message=message)
