"""Opportunities: made, changed and deleted; `state` is never among what these write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict
from uuid import UUID

from workflow.models import Account, Opportunity
from workflow.models.columns import new_id
from workflow.models.database import transaction
from workflow.operations.change import Deal, change
from workflow.operations.checks import Faults, MoneyGiven, merged, money
from workflow.operations.context import Ctx
from workflow.operations.holding import active_members, add_collaborators, collaborate, owner_of_new
from workflow.operations.journal import changed, record
from workflow.operations.numbering import next_number
from workflow.queries.processes import ProcessRow, default_process, process
from workflow.rules.errors import Duplicate, NotFound, invalid
from workflow.rules.facts import NextStep
from workflow.rules.permissions import Action, require
from workflow.rules.states import OpportunityState, OpportunityType, PurchaseProcess


class OpportunityChanges(TypedDict, total=False):
    """Fields of an opportunity that a client gave; None clears."""

    name: str | None
    type: OpportunityType | None
    description: str | None
    source: str | None
    external_system: str | None
    external_id: str | None
    value: MoneyGiven | None
    expected_close_date: date | None
    next_step: NextStep | None
    pain_since: date | None
    collaborator_ids: Sequence[UUID] | None
    attributes: object


@dataclass(frozen=True, slots=True)
class NewOpportunity:
    """Where a new opportunity hangs: its account, its owner (the one who makes it where None), its process (the default where None)."""

    account_id: UUID
    owner_id: UUID | None
    process_key: str | None


async def create_opportunity(ctx: Ctx, place: NewOpportunity, given: OpportunityChanges) -> UUID:
    """A new lead."""
    require(ctx.viewer, Action.CREATE, to="create opportunities")

    async def work() -> UUID:
        owner = await owner_of_new(ctx, place.owner_id)
        if not await Account.filter(organization_id=ctx.viewer.organization_id, id=place.account_id).exists():
            raise NotFound("Account", place.account_id)
        version = await _process(ctx, place.process_key)
        fields = await checked(ctx, {**given, "name": given.get("name")})
        await _refuse_duplicate(ctx, fields, None)
        helpers = given.get("collaborator_ids") or ()
        await active_members(ctx, helpers)
        id = await _insert(ctx, {"account_id": place.account_id, "owner_id": owner}, version, fields)
        await add_collaborators(ctx, id, helpers)
        return id

    return await transaction(work)


async def update_opportunity(ctx: Ctx, id: UUID, given: OpportunityChanges, *, expected_version: int | None) -> UUID:
    """Change the fields that are given; the same values again change nothing."""

    async def verb(deal: Deal) -> UUID:
        fields = await checked(ctx, given, before=deal.row)
        await _refuse_duplicate(ctx, {**deal.row, **fields}, id)
        differences = changed(deal.row, fields)
        if "collaborator_ids" in given:
            differences |= await collaborate(ctx, deal, given["collaborator_ids"] or ())
        await deal.write(**fields)
        if differences:
            deal.tell("opportunity.updated", changes=differences)
        return id

    return await change(ctx, id, expected_version, verb)


async def delete_opportunity(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """Take the deal out of every list; its history, its events and its number stay."""

    def judge(deal: Deal) -> None:
        require(ctx.viewer, Action.DELETE, to="delete opportunities")

    async def verb(deal: Deal) -> UUID:
        faults = Faults()
        why = faults.text(reason, "reason", required=True, most=2_000)
        faults.raise_if_any()
        await deal.write(deleted_at=ctx.now)
        deal.tell("opportunity.deleted", number=deal.facts.number, reason=why)
        return id

    return await change(ctx, id, expected_version, verb, judge=judge)


async def checked(ctx: Ctx, given: OpportunityChanges, *, before: object = None) -> dict[str, object]:
    """The columns that the given fields mean; every fault told."""
    faults = Faults()
    fields: dict[str, object] = {}
    if "name" in given:
        name = faults.text(given["name"], "name", required=True)
        fields |= {"name": name, "name_folded": (name or "").casefold()}
    if "type" in given:
        fields["type"] = given["type"]
        if given["type"] is None:
            faults.add("type", message="Every opportunity has a `type`. Leave it out to keep it.")
    if "description" in given:
        fields["description"] = faults.text(given["description"], "description", most=20_000)
    if "source" in given:
        fields["source"] = faults.text(given["source"], "source")
    if "external_system" in given:
        fields["external_system"] = faults.text(given["external_system"], "externalSystem")
    if "external_id" in given:
        fields["external_id"] = faults.text(given["external_id"], "externalId")
    row = dict(before) if isinstance(before, dict) else {}
    faults.external({**row, **fields})
    fields |= _dates(ctx, faults, given)
    if "attributes" in given:
        fields["attributes"] = merged(row.get("attributes") or {}, faults.attributes(given["attributes"], "attributes"))
    faults.raise_if_any()
    return fields | await valued(ctx, given)


def next_step_columns(step: NextStep | None, faults: Faults) -> dict[str, object]:
    """A next step as the deal's row keeps it."""
    if step is None:
        return {"next_step_text": None, "next_step_due": None, "next_step_agreed": False}
    text = faults.text(step.text, "nextStep", "text", required=True, most=2_000)
    return {"next_step_text": text, "next_step_due": step.due_date, "next_step_agreed": step.agreed_with_buyer}


async def valued(ctx: Ctx, given: OpportunityChanges) -> dict[str, object]:
    """A value as the deal's row keeps it."""
    if "value" not in given:
        return {}
    value = given["value"]
    if value is None:
        return {"value_minor": None, "value_currency": None, "base_minor": None}
    kept = await money(ctx, value, "value")
    return {"value_minor": kept.minor, "value_currency": kept.currency, "base_minor": kept.base_minor}


def _dates(ctx: Ctx, faults: Faults, given: OpportunityChanges) -> dict[str, object]:
    fields: dict[str, object] = {}
    if "next_step" in given:
        fields |= next_step_columns(given["next_step"], faults)
    if "pain_since" in given:
        since = given["pain_since"]
        if since is not None and since > ctx.now.date():
            faults.add(
                "painSince", message="`painSince` is a day in the past: since when the buyer has lived with the pain."
            )
        fields["pain_since"] = since
    if "expected_close_date" in given:
        fields["expected_close_date"] = given["expected_close_date"]
        if given["expected_close_date"] is not None:
            fields["latest_close_date"] = given["expected_close_date"]
    return fields


async def _process(ctx: Ctx, key: str | None) -> ProcessRow:
    if key is None:
        return await default_process(ctx.viewer)
    found = await process(ctx.viewer, key)
    if found is None:
        raise invalid(
            "processKey",
            message=f"There is no sales process with the key {key[:64]}. Leave it out for the default one.",
        )
    return found


async def _refuse_duplicate(ctx: Ctx, fields: dict[str, object], own: UUID | None) -> None:
    if fields.get("external_id") is None:
        return
    same = Opportunity.filter(
        organization_id=ctx.viewer.organization_id,
        external_system=fields["external_system"],
        external_id=fields["external_id"],
    )
    found = await (same.exclude(id=own) if own else same).limit(1).values("id")
    if found:
        message = "There is an opportunity with this external id already. Update that one, or give another external id."
        raise Duplicate(message, kind="Opportunity", id=found[0]["id"])


async def _insert(ctx: Ctx, places: dict[str, Any], version: ProcessRow, fields: dict[str, object]) -> UUID:
    id, lead = new_id(), OpportunityState.LEAD
    usual = {"type": OpportunityType.NEW_BUSINESS, "attributes": {}, "next_step_agreed": False}
    about: dict[str, Any] = usual | fields  # Any: columns of several kinds
    settings = version.document.settings(lead)
    number = await next_number(ctx.viewer.organization_id)
    await Opportunity.create(
        id=id,
        organization_id=ctx.viewer.organization_id,
        number=number,
        process_id=version.id,
        state=lead,
        state_since=ctx.now,
        created_at=ctx.now,
        updated_at=ctx.now,
        version=1,
        probability=float(settings.probability),
        probability_is_manual=False,
        forecast_category=settings.forecast_category,
        push_count=0,
        purchase_process=PurchaseProcess.UNKNOWN,
        **places,
        **about,
    )
    told = changed({}, {**about, **places, "state": lead})
    payload = {"opportunityId": id, "number": number, "version": 1, "changes": told}
    await record(ctx, "opportunity.created", aggregate="opportunity", id=id, payload=payload)
    return id
