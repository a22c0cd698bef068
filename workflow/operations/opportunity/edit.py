"""Create, update and delete an opportunity. None of these changes `state`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from workflow.models import Account, Collaborator, Opportunity, Organization, Snapshot
from workflow.models.columns import new_id
from workflow.operations.alerts.sync import AlertInput, plan_alerts, write_alerts
from workflow.operations.change.change import change
from workflow.operations.change.columns import OpportunityChanges, forecast_columns, is_push, validate_changes
from workflow.operations.change.locked import LockedOpportunity
from workflow.operations.change.new_rows import DEFAULTS, opportunity_row
from workflow.operations.change.ownership import (
    require_active_members,
    resolve_owner,
    set_collaborators,
)
from workflow.operations.change.snapshots import snapshot_columns
from workflow.operations.core.context import Ctx
from workflow.operations.core.diff import diff
from workflow.operations.core.duplicates import refuse_duplicate
from workflow.operations.core.journal import NewEvent, record_events
from workflow.operations.core.locking import lock_if_exists
from workflow.operations.core.numbers import next_number
from workflow.operations.core.perform import perform
from workflow.operations.core.rows import insert_rows
from workflow.operations.core.validation import Validator
from workflow.queries.columns import column_names
from workflow.queries.opportunity.facts import OrganizationSettings, facts_of_new_opportunity
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.process.processes import ProcessRow, default_process, process
from workflow.rules.enums import OpportunityState
from workflow.rules.errors import NotFoundError, invalid_field
from workflow.rules.health.stored import evaluation_columns
from workflow.rules.opportunity.facts import AccountFacts
from workflow.rules.permissions import Action, require_permission

EXTERNAL_KEY = ("external_system", "external_id")


@dataclass(frozen=True, slots=True)
class NewOpportunity:
    """The account, owner and process of a new opportunity.

    None means the viewer as owner and the default process.
    """

    account_id: UUID
    owner_id: UUID | None
    process_key: str | None


async def create_opportunity(ctx: Ctx, new: NewOpportunity, changes: OpportunityChanges) -> UUID:
    """Create a lead."""

    async def work() -> UUID:
        require_permission(ctx.viewer, Action.CREATE, to="create opportunities")
        owner = await resolve_owner(ctx, new.owner_id)
        account = await _get_account(ctx, new.account_id)
        organization = await _organization(ctx)
        process_row = await _get_process(ctx, new.process_key)
        fields = await validate_changes(
            ctx, {**changes, "name": changes.get("name")}, ctx.today(organization.time_zone)
        )
        await _refuse_duplicate_key(ctx, fields, None)
        collaborator_ids = changes.get("collaborator_ids") or ()
        await require_active_members(ctx, collaborator_ids)
        row = opportunity_row(
            ctx,
            process_row,
            id=new_id(),
            number=0,
            state=OpportunityState.LEAD,
            created_at=ctx.now,
            fields={**fields, "account_id": account.id, "owner_id": owner},
        )
        facts = facts_of_new_opportunity(row, account, organization)
        row.update_from_dict(evaluation_columns(process_row.document, facts, ctx.now))
        alerts = await plan_alerts([AlertInput(ctx, facts, process_row.document, version=1, rows=[])])
        # Last, because the counter is locked from here to the commit.
        row.number = await next_number(ctx.viewer.organization_id)
        await _insert(ctx, row, collaborator_ids)
        await write_alerts(alerts)
        await record_events(ctx, [_created_event(row, fields), *alerts.events])
        return row.id

    return await perform(ctx, work)


async def update_opportunity(
    ctx: Ctx, id: UUID, changes: OpportunityChanges, *, expected_version: int | None
) -> UUID:
    """Change the given fields; equal values change nothing.

    Moving the close date to a later month needs a reason.
    """

    async def verb(deal: LockedOpportunity) -> UUID:
        before = deal.row.values()
        fields = await validate_changes(deal.ctx, changes, deal.facts.today(deal.ctx.now), before)
        validator = Validator()
        fields |= forecast_columns(validator, changes, deal.process.state_settings(deal.row.state))
        pushed = is_push(deal.row.latest_close_date, changes.get("expected_close_date"))
        if pushed and changes.get("slip_reason") is None:
            message = (
                f"The close date moves to a later month; it was {deal.row.latest_close_date} when last set. "
                "Give the reason with `slipReason`."
            )
            validator.add("slipReason", message=message)
        validator.raise_if_any()
        if any(fields.get(name, before[name]) != before[name] for name in EXTERNAL_KEY):
            await _refuse_duplicate_key(ctx, {**before, **fields}, id)
        collaborator_changes = {}
        if "collaborator_ids" in changes:
            collaborator_changes = await set_collaborators(deal, changes["collaborator_ids"] or ())
        if diff(before, fields) or collaborator_changes:
            if pushed:
                fields["push_count"] = deal.row.push_count + 1
            deal.write(**fields)
            _emit_update(deal, changes, collaborator_changes, pushed=pushed)
        return id

    return await change(ctx, id, expected_version, verb)


def _emit_update(
    deal: LockedOpportunity,
    changes: OpportunityChanges,
    collaborator_changes: dict[str, object],
    *,
    pushed: bool,
) -> None:
    deal.emit("opportunity.updated", **collaborator_changes)
    if pushed:
        dates = {"from": deal.row.latest_close_date, "to": changes.get("expected_close_date")}
        deal.emit(
            "closeDate.pushed",
            **dates,
            slipReason=changes.get("slip_reason"),
            pushCount=deal.row.push_count + 1,
        )


async def delete_opportunity(ctx: Ctx, id: UUID, *, reason: str, expected_version: int | None) -> UUID:
    """Mark the opportunity as deleted, so that no list has it.

    Its history, events and number are retained.
    """

    def authorize(deal: LockedOpportunity) -> None:
        require_permission(ctx.viewer, Action.DELETE, to="delete opportunities")

    async def verb(deal: LockedOpportunity) -> UUID:
        validator = Validator()
        reason_text = validator.text(reason, "reason", required=True, max_length=2_000)
        validator.raise_if_any()
        deal.write(deleted_at=deal.ctx.now)
        deal.emit("opportunity.deleted", number=deal.row.number, reason=reason_text)
        return id

    return await change(ctx, id, expected_version, verb, authorize=authorize)


async def _get_account(ctx: Ctx, id: UUID) -> AccountFacts:
    exists = await lock_if_exists(Account, ctx.viewer.organization_id, id)
    found = await Account.filter(organization_id=ctx.viewer.organization_id, id=id).values(
        *column_names(AccountFacts)
    )
    if not exists or not found:
        raise NotFoundError("Account", id)
    return AccountFacts(**found[0])


async def _organization(ctx: Ctx) -> OrganizationSettings:
    rows = Organization.filter(id=ctx.viewer.organization_id)
    [settings] = await rows.values(*column_names(OrganizationSettings))
    return OrganizationSettings(**settings)


async def _get_process(ctx: Ctx, key: str | None) -> ProcessRow:
    if key is None:
        return await default_process(ctx.viewer)
    found = await process(ctx.viewer, key)
    if found is None:
        raise invalid_field(
            "processKey",
            message=f"There is no sales process with the key `{key[:64]}`. Leave it out for the default.",
        )
    return found


async def _refuse_duplicate_key(ctx: Ctx, fields: dict[str, object], own_id: UUID | None) -> None:
    if fields.get("external_id") is None:
        return
    same_key = Opportunity.filter(
        organization_id=ctx.viewer.organization_id,
        external_system=fields["external_system"],
        external_id=fields["external_id"],
    )
    message = (
        "An opportunity with this external id exists already. Update that one, or use another external id."
    )
    await refuse_duplicate(same_key, kind="Opportunity", message=message, own_id=own_id)


async def _insert(ctx: Ctx, deal: Opportunity, collaborator_ids: Sequence[UUID]) -> None:
    """Insert a new deal with its first snapshot and its collaborators, each member once."""
    names = (*OpportunityRow.columns, "name_folded", "name_search")
    columns = {name: getattr(deal, name) for name in names} | {"disqualify_proposed": False}
    row = OpportunityRow(columns)
    await insert_rows(Opportunity, [columns])
    await insert_rows(Snapshot, [snapshot_columns(row, ctx.now)])
    keys = {"organization_id": row.organization_id, "opportunity_id": row.id}
    members = dict.fromkeys(collaborator_ids)
    await insert_rows(Collaborator, [{"id": new_id(), **keys, "member_id": member} for member in members])


def _created_event(deal: Opportunity, fields: dict[str, object]) -> NewEvent:
    names = (*DEFAULTS, *fields, "account_id", "owner_id", "state")
    changes = diff({}, {name: getattr(deal, name) for name in names})
    payload = {"opportunityId": deal.id, "number": deal.number, "version": 1, "changes": changes}
    return NewEvent("opportunity.created", "opportunity", deal.id, payload)
