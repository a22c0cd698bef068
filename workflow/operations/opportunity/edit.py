"""Opportunities: made, changed and deleted; `state` is never among what these write."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from workflow.models import Account, Opportunity, Organization, Standing
from workflow.models.columns import new_id
from workflow.operations.alerts.sync import Looked, look_and_tell
from workflow.operations.change.change import Deal, change
from workflow.operations.change.columns import OpportunityChanges, checked, forecast_columns, is_push
from workflow.operations.change.ownership import active_members, add_collaborators, collaborate, owner_of_new
from workflow.operations.change.snapshots import first_standing
from workflow.operations.core.context import Ctx
from workflow.operations.core.journal import changed, record
from workflow.operations.core.locking import keep_there
from workflow.operations.core.numbers import next_number
from workflow.operations.core.perform import perform
from workflow.operations.core.validation import Faults
from workflow.queries.opportunity.facts import Home, facts_of_new
from workflow.queries.people.people import columns
from workflow.queries.process.processes import ProcessRow, default_process, process
from workflow.rules.enums import OpportunityState, OpportunityType, PurchaseProcess
from workflow.rules.errors import Duplicate, NotFound, invalid
from workflow.rules.health.stored import judged
from workflow.rules.opportunity.facts import AccountFacts
from workflow.rules.permissions import Action, require

USUAL = {"type": OpportunityType.NEW_BUSINESS, "attributes": {}, "next_step_agreed": False}
"""What a new opportunity is where nothing else is said."""


@dataclass(frozen=True, slots=True)
class NewOpportunity:
    """Where a new opportunity hangs: its account, its owner (the one who makes it where None), its process (the default where None)."""

    account_id: UUID
    owner_id: UUID | None
    process_key: str | None


async def create_opportunity(ctx: Ctx, place: NewOpportunity, given: OpportunityChanges) -> UUID:
    """A new lead."""

    async def work() -> UUID:
        require(ctx.viewer, Action.CREATE, to="create opportunities")
        owner = await owner_of_new(ctx, place.owner_id)
        account, home = await _account(ctx, place.account_id), await _home(ctx)
        version = await _process(ctx, place.process_key)
        fields = await checked(ctx, {**given, "name": given.get("name")}, ctx.today(home.time_zone))
        await _refuse_duplicate(ctx, fields, None)
        helpers = given.get("collaborator_ids") or ()
        await active_members(ctx, helpers)
        record = await _made(ctx, {"account_id": account.id, "owner_id": owner}, version, fields)
        facts = facts_of_new(record, account, home)
        id = await _insert(ctx, record.update_from_dict(judged(version.document, facts, ctx.now)), fields)
        await add_collaborators(ctx, id, helpers)
        await look_and_tell(ctx, [Looked(facts, version.document, proposed=False, version=1)])
        return id

    return await perform(ctx, work)


async def update_opportunity(ctx: Ctx, id: UUID, given: OpportunityChanges, *, expected_version: int | None) -> UUID:
    """Change the fields that are given; the same values again change nothing. A push needs its reason."""

    async def verb(deal: Deal) -> UUID:
        before = asdict(deal.row)
        fields = await checked(deal.ctx, given, deal.facts.today(deal.ctx.now), before)
        faults = Faults()
        fields |= forecast_columns(faults, given, deal.process.settings(deal.row.state))
        pushed = is_push(deal.row.latest_close_date, given.get("expected_close_date"))
        if pushed and given.get("slip_reason") is None:
            message = (
                "The expected close date moves to a later month: say why with `slipReason`. "
                f"It was {deal.row.latest_close_date} when it was last set."
            )
            faults.add("slipReason", message=message)
        faults.raise_if_any()
        await _refuse_duplicate(ctx, {**before, **fields}, id)
        helpers = {}
        if "collaborator_ids" in given:
            helpers = await collaborate(deal, given["collaborator_ids"] or ())
        if changed(before, fields) or helpers:
            await deal.write(**fields, **({"push_count": deal.row.push_count + 1} if pushed else {}))
            _tell_update(deal, given, helpers, pushed=pushed)
        return id

    return await change(ctx, id, expected_version, verb)


def _tell_update(deal: Deal, given: OpportunityChanges, helpers: dict[str, object], *, pushed: bool) -> None:
    deal.tell("opportunity.updated", **helpers)
    if pushed:
        dates = {"from": deal.row.latest_close_date, "to": given.get("expected_close_date")}
        deal.tell(
            "closeDate.pushed",
            **dates,
            slipReason=given.get("slip_reason"),
            pushCount=deal.row.push_count + 1,
        )


async def delete_opportunity(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """Take the deal out of every list; its history, its events and its number stay."""

    def judge(deal: Deal) -> None:
        require(ctx.viewer, Action.DELETE, to="delete opportunities")

    async def verb(deal: Deal) -> UUID:
        faults = Faults()
        why = faults.text(reason, "reason", required=True, most=2_000)
        faults.raise_if_any()
        await deal.write(deleted_at=deal.ctx.now)
        deal.tell("opportunity.deleted", number=deal.row.number, reason=why)
        return id

    return await change(ctx, id, expected_version, verb, judge=judge)


async def _account(ctx: Ctx, id: UUID) -> AccountFacts:
    there = await keep_there(Account, ctx.viewer.organization_id, id)
    found = await Account.filter(organization_id=ctx.viewer.organization_id, id=id).values(*columns(AccountFacts))
    if not there or not found:
        raise NotFound("Account", id)
    return AccountFacts(**found[0])


async def _home(ctx: Ctx) -> Home:
    return Home(**(await Organization.filter(id=ctx.viewer.organization_id).values(*columns(Home)))[0])


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


async def _made(ctx: Ctx, places: dict[str, Any], version: ProcessRow, fields: dict[str, object]) -> Opportunity:
    """The lead as it will be stored, with the next number."""
    settings = version.document.settings(OpportunityState.LEAD)
    about: dict[str, Any] = USUAL | fields  # Any: columns of several kinds
    return Opportunity(
        id=new_id(),
        organization_id=ctx.viewer.organization_id,
        number=await next_number(ctx.viewer.organization_id),
        process_id=version.id,
        state=OpportunityState.LEAD,
        state_since=ctx.now,
        created_at=ctx.now,
        updated_at=ctx.now,
        recorded_at=ctx.now,
        version=1,
        probability=float(settings.probability),
        probability_is_manual=False,
        forecast_category=settings.forecast_category,
        push_count=0,
        purchase_process=PurchaseProcess.UNKNOWN,
        **places,
        **about,
    )


async def _insert(ctx: Ctx, deal: Opportunity, fields: dict[str, object]) -> UUID:
    await deal.save(force_create=True)
    await Standing.bulk_create([first_standing(deal, ctx.now)])
    names = (*USUAL, *fields, "account_id", "owner_id", "state")
    told = changed({}, {name: getattr(deal, name) for name in names})
    payload = {"opportunityId": deal.id, "number": deal.number, "version": 1, "changes": told}
    await record(ctx, "opportunity.created", aggregate="opportunity", id=deal.id, payload=payload)
    return deal.id
