"""Activities: logged and corrected. Requirements depend on them, but the deal's version does not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Activity, ActivityContact, Contact
from workflow.operations.change.change import change
from workflow.operations.change.locked import LockedOpportunity, PartRef
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.duplicates import refuse_duplicate
from workflow.operations.core.validation import EARLIEST_DATE, Validator
from workflow.rules.codec import camel
from workflow.rules.enums import ActivityDirection, ActivityKind
from workflow.rules.errors import NotFoundError, PermissionDeniedError
from workflow.rules.opportunity.milestones import with_activity
from workflow.rules.permissions import Action, may_write, require_permission

ONE_WAY_KINDS = frozenset({ActivityKind.NOTE})
ONE_WAY_DIRECTIONS = frozenset({ActivityDirection.INTERNAL})


@dataclass(frozen=True, slots=True)
class NewActivity:
    """An activity to log. `at` is the current time by default."""

    kind: ActivityKind
    direction: ActivityDirection
    summary: str
    two_way: bool = False
    at: datetime | None = None
    contact_ids: Sequence[UUID] = ()
    external_system: str | None = None
    external_id: str | None = None


class ActivityChanges(TypedDict, total=False):
    """The fields of an activity that a client has set."""

    kind: ActivityKind | None
    direction: ActivityDirection | None
    two_way: bool | None
    at: datetime | None
    summary: str | None
    contact_ids: Sequence[UUID] | None
    void: bool | None


async def log_activity(ctx: Ctx, opportunity_id: UUID, new: NewActivity) -> UUID:
    """Log an activity on any deal that the viewer can see, even a closed one."""

    def authorize(deal: LockedOpportunity) -> None:
        require_permission(ctx.viewer, Action.LOG_ACTIVITY, to="log activities")

    async def verb(deal: LockedOpportunity) -> UUID:
        contact_ids = list(dict.fromkeys(new.contact_ids))
        fields = await _validate(deal, {**_new_columns(new), "at": new.at or deal.ctx.now}, contact_ids)
        await _refuse_duplicate_key(ctx, fields)
        id = deal.insert(Activity, created_at=deal.ctx.now, **fields, **deal.ctx.actor())
        _link_contacts(deal, id, contact_ids)
        logged = with_activity(
            deal.facts.activity,
            fields["at"],
            deal.ctx.now,
            is_internal=new.direction is ActivityDirection.INTERNAL,
            two_way_contacts=contact_ids if new.two_way else None,
        )
        deal.set_part("activity", logged)
        deal.emit("activity.logged", activityId=id, contactIds=contact_ids, changes=diff({}, fields))
        return id

    return await change(ctx, opportunity_id, None, verb, authorize=authorize, bump_version=False)


async def correct_activity(ctx: Ctx, id: UUID, changes: ActivityChanges) -> UUID:
    """Correct or void an activity. The member who logged it may do so, and anyone who may write the deal."""

    def authorize(deal: LockedOpportunity) -> None:
        require_permission(ctx.viewer, Action.LOG_ACTIVITY, to="correct activities")

    async def verb(deal: LockedOpportunity) -> UUID:
        before = await _get_activity(deal, id)
        rows = await ActivityContact.filter(activity_id=id).order_by("id").values("contact_id")
        old_contact_ids: list[UUID] = [row["contact_id"] for row in rows]
        contact_ids = list(dict.fromkeys(changes.get("contact_ids", old_contact_ids) or ()))
        fields = await _validate_changes(deal, before, changes, contact_ids)
        differences = diff({**before, "contact_ids": old_contact_ids}, {**fields, "contact_ids": contact_ids})
        if differences:
            deal.update(Activity, id, **fields)
            deal.delete(ActivityContact, activity_id=id)
            _link_contacts(deal, id, contact_ids)
            deal.emit("activity.corrected", activityId=id, contactIds=contact_ids, changes=differences)
        return id

    return await change(ctx, PartRef("Activity", id), None, verb, authorize=authorize, bump_version=False)


def _new_columns(new: NewActivity) -> dict[str, Any]:
    names = ("kind", "direction", "two_way", "summary", "external_system", "external_id")
    return {name: getattr(new, name) for name in names}


async def _get_activity(deal: LockedOpportunity, id: UUID) -> dict[str, Any]:
    found = await Activity.filter(opportunity_id=deal.id, id=id).values()
    if not found:
        raise NotFoundError("Activity", id)
    viewer = deal.ctx.viewer
    logged_by = found[0]["actor_member_id"]
    if not may_write(viewer, deal.ownership) and (viewer.member_id is None or viewer.member_id != logged_by):
        message = (
            "Only the member who logged this activity, or someone who may change the opportunity, can "
            "correct it. Ask one of them."
        )
        raise PermissionDeniedError(message)
    return dict(found[0])


async def _validate_changes(
    deal: LockedOpportunity, before: Mapping[str, Any], changes: ActivityChanges, contact_ids: Sequence[UUID]
) -> dict[str, Any]:
    validator = Validator()
    for name, value in changes.items():
        if value is None and name != "contact_ids":
            validator.add(camel(name), message=f"`{camel(name)}` cannot be null. Leave it out to keep it.")
    validator.raise_if_any()
    columns = {
        name: changes.get(name, before[name]) for name in ("kind", "direction", "two_way", "summary", "at")
    }
    fields = await _validate(deal, columns, contact_ids)
    if "void" in changes:
        voided_at = before["voided_at"] or deal.ctx.now
        fields["voided_at"] = voided_at if changes["void"] else None
    return fields


async def _validate(
    deal: LockedOpportunity, fields: Mapping[str, Any], contact_ids: Sequence[UUID]
) -> dict[str, Any]:
    """Return the columns of an activity. Raise InvalidInputError with every fault."""
    validator = Validator()
    validated = dict(fields)
    validated["summary"] = validator.text(validated["summary"], "summary", required=True, max_length=20_000)
    for name, path in (("external_system", "externalSystem"), ("external_id", "externalId")):
        if name in validated:
            validated[name] = validator.text(validated[name], path)
    validator.external_id(validated)
    if validated["at"] > deal.ctx.now:
        message = "`at` is in the future. Log what has happened, and plan what comes as the next step."
        validator.add("at", message=message)
    if validated["at"].date() < EARLIEST_DATE:
        validator.add("at", message="`at` is before 1900. Check the year.")
    if validated["two_way"]:
        _check_two_way(validated, contact_ids, validator)
    await _check_contacts(deal, contact_ids, validator)
    validator.raise_if_any()
    return validated


def _check_two_way(fields: Mapping[str, Any], contact_ids: Sequence[UUID], validator: Validator) -> None:
    if fields["kind"] in ONE_WAY_KINDS or fields["direction"] in ONE_WAY_DIRECTIONS:
        message = "A note or an internal activity does not reach the buyer, so it cannot be two-way."
        validator.add("twoWay", message=message)
    if not contact_ids:
        message = "A two-way activity needs at least one contact who took part. Add the contact."
        validator.add("contactIds", message=message)


async def _check_contacts(deal: LockedOpportunity, contact_ids: Sequence[UUID], validator: Validator) -> None:
    if not contact_ids:
        return
    contacts = Contact.filter(organization_id=deal.organization_id, id__in=list(contact_ids))
    accounts = dict(await contacts.values_list("id", "account_id"))
    for id in contact_ids:
        if id not in accounts:
            raise NotFoundError("Contact", id)
    if any(account != deal.facts.account.id for account in accounts.values()):
        account = deal.facts.account.name
        message = f'One of the contacts does not belong to "{account}". Use contacts of this account.'
        validator.add("contactIds", message=message)


def _link_contacts(deal: LockedOpportunity, id: UUID, contact_ids: Sequence[UUID]) -> None:
    for contact_id in contact_ids:
        deal.insert(ActivityContact, activity_id=id, contact_id=contact_id)


async def _refuse_duplicate_key(ctx: Ctx, fields: Mapping[str, Any]) -> None:
    if fields["external_id"] is None:
        return
    key = {name: fields[name] for name in ("external_system", "external_id")}
    same_key = Activity.filter(organization_id=ctx.viewer.organization_id, **key)
    message = (
        "An activity with this external id exists already. Correct that activity, or use another external id."
    )
    await refuse_duplicate(same_key, kind="Activity", message=message)
