"""Activities: logged by whoever sees the deal, and corrected; they count in no version, and guards look at them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Activity, ActivityContact, Contact
from workflow.models.columns import new_id
from workflow.operations.change.change import Deal, Part, change
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed
from workflow.operations.core.validation import EARLIEST, Faults
from workflow.rules.codec import camel
from workflow.rules.enums import ActivityDirection, ActivityKind
from workflow.rules.errors import Duplicate, NotFound, PermissionDenied
from workflow.rules.permissions import Action, may_write, require

ONE_WAY_KINDS = frozenset({ActivityKind.NOTE})
ONE_WAY_DIRECTIONS = frozenset({ActivityDirection.INTERNAL})


@dataclass(frozen=True, slots=True)
class NewActivity:
    """Something that was done; `at` is now where None."""

    kind: ActivityKind
    direction: ActivityDirection
    summary: str
    two_way: bool = False
    at: datetime | None = None
    contact_ids: Sequence[UUID] = ()
    external_system: str | None = None
    external_id: str | None = None


class ActivityChanges(TypedDict, total=False):
    """Fields of an activity that a client gave."""

    kind: ActivityKind | None
    direction: ActivityDirection | None
    two_way: bool | None
    at: datetime | None
    summary: str | None
    contact_ids: Sequence[UUID] | None
    void: bool | None


async def log_activity(ctx: Ctx, opportunity_id: UUID, given: NewActivity) -> UUID:
    """Record what was done, on any deal that the viewer sees, closed ones too."""

    def judge(deal: Deal) -> None:
        require(ctx.viewer, Action.LOG_ACTIVITY, to="log activities")

    async def verb(deal: Deal) -> UUID:
        named = list(dict.fromkeys(given.contact_ids))
        fields = await _sound(deal, {**_about(given), "at": given.at or deal.ctx.now}, named)
        await _refuse_duplicate(ctx, fields)
        id = new_id()
        places: dict[str, Any] = {"organization_id": deal.organization_id, "opportunity_id": deal.id}
        await Activity.create(id=id, created_at=deal.ctx.now, **places, **fields, **deal.ctx.actor())
        await _name(deal, id, named)
        deal.tell("activity.logged", activityId=id, contactIds=named, changes=changed({}, fields))
        return id

    return await change(ctx, opportunity_id, None, verb, judge=judge, counts=False)


async def correct_activity(ctx: Ctx, id: UUID, given: ActivityChanges) -> UUID:
    """Say what was done as it was, or that it did not happen; by who logged it, or who may write the deal."""

    def judge(deal: Deal) -> None:
        require(ctx.viewer, Action.LOG_ACTIVITY, to="correct activities")

    async def verb(deal: Deal) -> UUID:
        before = await _activity(deal, id)
        rows = await ActivityContact.filter(activity_id=id).order_by("id").values("contact_id")
        people: list[UUID] = [row["contact_id"] for row in rows]
        named = list(dict.fromkeys(given.get("contact_ids", people) or ()))
        fields = await _corrected(deal, before, given, named)
        differences = changed({**before, "contact_ids": people}, {**fields, "contact_ids": named})
        if differences:
            await Activity.filter(id=id).update(**fields)
            await ActivityContact.filter(activity_id=id).delete()
            await _name(deal, id, named)
            deal.tell("activity.corrected", activityId=id, contactIds=named, changes=differences)
        return id

    return await change(ctx, Part("Activity", id), None, verb, judge=judge, counts=False)


def _about(given: NewActivity) -> dict[str, Any]:
    names = ("kind", "direction", "two_way", "summary", "external_system", "external_id")
    return {name: getattr(given, name) for name in names}


async def _activity(deal: Deal, id: UUID) -> dict[str, Any]:
    found = await Activity.filter(opportunity_id=deal.id, id=id).values()
    if not found:
        raise NotFound("Activity", id)
    viewer, logged = deal.ctx.viewer, found[0]["actor_member_id"]
    if not may_write(viewer, deal.holding) and (viewer.member_id is None or viewer.member_id != logged):
        message = "Only who logged it, or who may write the opportunity, corrects an activity. Ask one of them."
        raise PermissionDenied(message)
    return dict(found[0])


async def _corrected(
    deal: Deal, before: Mapping[str, Any], given: ActivityChanges, named: Sequence[UUID]
) -> dict[str, Any]:
    faults = Faults()
    for name, value in given.items():
        if value is None and name != "contact_ids":
            faults.add(camel(name), message=f"`{camel(name)}` cannot be null. Leave it out to keep it.")
    faults.raise_if_any()
    whole = {name: given.get(name, before[name]) for name in ("kind", "direction", "two_way", "summary", "at")}
    fields = await _sound(deal, whole, named)
    if "void" in given:
        gone = before["voided_at"] or deal.ctx.now
        fields["voided_at"] = gone if given["void"] else None
    return fields


async def _sound(deal: Deal, fields: Mapping[str, Any], contact_ids: Sequence[UUID]) -> dict[str, Any]:
    """The activity whole, where it can be so: who was there, when, and whether it went both ways."""
    faults, sound = Faults(), dict(fields)
    sound["summary"] = faults.text(sound["summary"], "summary", required=True, most=20_000)
    for name, path in (("external_system", "externalSystem"), ("external_id", "externalId")):
        if name in sound:
            sound[name] = faults.text(sound[name], path)
    faults.external(sound)
    if sound["at"] > deal.ctx.now:
        faults.add("at", message="`at` is in the future. Log what was done; what comes is the next step.")
    if sound["at"].date() < EARLIEST:
        faults.add("at", message="`at` is before 1900. Check the year.")
    if sound["two_way"]:
        _check_two_way(sound, contact_ids, faults)
    await _check_contacts(deal, contact_ids, faults)
    faults.raise_if_any()
    return sound


def _check_two_way(fields: Mapping[str, Any], contact_ids: Sequence[UUID], faults: Faults) -> None:
    if fields["kind"] in ONE_WAY_KINDS or fields["direction"] in ONE_WAY_DIRECTIONS:
        faults.add("twoWay", message="A NOTE, and what is INTERNAL, never reached the buyer: it is not two-way.")
    if not contact_ids:
        faults.add("contactIds", message="A two-way activity names at least one contact who took part.")


async def _check_contacts(deal: Deal, contact_ids: Sequence[UUID], faults: Faults) -> None:
    known = Contact.filter(organization_id=deal.organization_id, id__in=list(contact_ids))
    accounts = dict(await known.values_list("id", "account_id"))
    for id in contact_ids:
        if id not in accounts:
            raise NotFound("Contact", id)
    if any(account != deal.facts.account.id for account in accounts.values()):
        message = f"`contactIds` names somebody who is no contact of {deal.facts.account.name}."
        faults.add("contactIds", message=message)


async def _name(deal: Deal, id: UUID, contact_ids: Sequence[UUID]) -> None:
    places: dict[str, Any] = {"organization_id": deal.organization_id, "activity_id": id}
    await ActivityContact.bulk_create(
        [ActivityContact(id=new_id(), contact_id=contact, **places) for contact in contact_ids]
    )


async def _refuse_duplicate(ctx: Ctx, fields: Mapping[str, Any]) -> None:
    if fields["external_id"] is None:
        return
    mine = Activity.filter(organization_id=ctx.viewer.organization_id)
    key = {name: fields[name] for name in ("external_system", "external_id")}
    found = await mine.filter(**key).limit(1).values("id")
    if found:
        message = "There is an activity with this external id already. Correct that one, or give another external id."
        raise Duplicate(message, kind="Activity", id=found[0]["id"])
