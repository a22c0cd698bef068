"""The resolvers of the opportunity's own fields; those of its parts are in the parts' modules."""

from collections.abc import Sequence
from decimal import Decimal

from schema.core.context import Info
from schema.core.dataloader import load_required
from schema.core.money import Money, money
from schema.core.nodes import Root
from workflow.queries.opportunity.accounts import AccountRow
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.people.people import MemberRow
from workflow.queries.process.processes import ProcessRow
from workflow.rules.enums import CLOSED_STATES, ForecastCategory
from workflow.rules.money import weighted_minor
from workflow.rules.opportunity.time_in_state import StateDuration, state_durations
from workflow.rules.permissions import Action, Ownership, may_manage, may_write


async def account(root: Root, info: Info) -> AccountRow:
    """Return the account."""
    return await load_required(info.context.loaders.account, root.account_id)


async def owner(root: Root, info: Info) -> MemberRow:
    """Return the owner."""
    return await load_required(info.context.loaders.member, root.owner_id)


async def collaborators(root: Root, info: Info) -> Sequence[MemberRow]:
    """Return the collaborators."""
    member_ids = await info.context.loaders.part("collaborator_ids", root.id)
    return [await load_required(info.context.loaders.member, id) for id in member_ids]


async def process(root: Root, info: Info) -> ProcessRow:
    """Return the process version."""
    return await load_required(info.context.loaders.process, root.process_id)


async def time_in_states(root: Root, info: Info) -> Sequence[StateDuration]:
    """Return the time spent in each state."""
    return state_durations(await load_required(info.context.loaders.facts, root.id), info.context.now)


def value(root: Root) -> Money | None:
    """Return the value in its own currency."""
    return money(root.value_minor, root.value_currency)


async def base_value(root: Root, info: Info) -> Money | None:
    """Return the value in the base currency."""
    return money(root.base_minor, (await info.context.loaders.organization()).base_currency)


async def weighted_value(root: Root, info: Info) -> Money | None:
    """Return the base value multiplied by the probability."""
    omitted = root.forecast_category is ForecastCategory.OMITTED or root.disqualify_proposed
    weighted = weighted_minor(root.base_minor, Decimal(0) if omitted else Decimal(str(root.probability)))
    return money(weighted, (await info.context.loaders.organization()).base_currency)


async def viewer_can_update(root: Root, info: Info) -> bool:
    """Return True if the viewer may change the deal now."""
    return root.state not in CLOSED_STATES and may_write(info.context.viewer, await ownership(info, root))


async def viewer_can_assign(root: Root, info: Info) -> bool:
    """Return True if the viewer may give the deal to another owner now."""
    owned = await ownership(info, root)
    return root.state not in CLOSED_STATES and may_manage(info.context.viewer, Action.ASSIGN, owned)


def viewer_can_delete(info: Info) -> bool:
    """Return True if the viewer may delete the deal."""
    return info.context.viewer.may(Action.DELETE)


async def ownership(info: Info, row: OpportunityRow) -> Ownership:
    """Return the people whom the permissions of a deal depend on."""
    deal_owner = await load_required(info.context.loaders.member, row.owner_id)
    collaborator_ids = await info.context.loaders.part("collaborator_ids", row.id)
    return Ownership(
        owner_id=row.owner_id, owner_team_id=deal_owner.team_id, collaborator_ids=collaborator_ids
    )
