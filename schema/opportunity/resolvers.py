"""The resolvers of the opportunity's own fields; those of its parts are in the parts' modules."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import islice

from schema.core.context import Info
from schema.core.dataloader import load_all_required
from schema.core.money import Money, money
from schema.core.nodes import Root, Roots, batch, needs
from workflow.queries.opportunity.rows import OpportunityRow
from workflow.queries.people.people import MemberRow
from workflow.rules.enums import CLOSED_STATES, ForecastCategory
from workflow.rules.money import weighted_minor
from workflow.rules.opportunity.time_in_state import StateDuration, state_durations
from workflow.rules.permissions import Action, Ownership, may_manage, may_write


@batch
@needs("id")
async def collaborators(roots: Roots, info: Info) -> list[list[MemberRow | None]]:
    """Return the collaborators of each deal."""
    lists = await info.context.loaders.part_of_each("collaborator_ids", [root.id for root in roots])
    members = iter(await info.context.loaders.member.load_many([id for ids in lists for id in ids]))
    return [list(islice(members, len(ids))) for ids in lists]


@batch
async def time_in_states(roots: Roots, info: Info) -> list[Sequence[StateDuration]]:
    """Return the time spent in each state."""
    facts = await load_all_required(info.context.loaders.facts, [root.id for root in roots])
    return [state_durations(one, info.context.now) for one in facts]


@needs("value_minor", "value_currency")
def value(root: Root) -> Money | None:
    """Return the value in its own currency."""
    return money(root.value_minor, root.value_currency)


@batch
@needs("base_minor")
async def base_value(roots: Roots, info: Info) -> list[Money | None]:
    """Return the value in the base currency."""
    currency = (await info.context.loaders.organization()).base_currency
    return [money(root.base_minor, currency) for root in roots]


@batch
@needs("base_minor", "forecast_category", "disqualify_proposed", "probability")
async def weighted_value(roots: Roots, info: Info) -> list[Money | None]:
    """Return the base value multiplied by the probability."""
    currency = (await info.context.loaders.organization()).base_currency
    return [money(_weighted_minor(root), currency) for root in roots]


def _weighted_minor(row: OpportunityRow) -> int | None:
    omitted = row.forecast_category is ForecastCategory.OMITTED or row.disqualify_proposed
    return weighted_minor(row.base_minor, Decimal(0) if omitted else Decimal(str(row.probability)))


@batch
@needs("id", "state", "owner_id", others={MemberRow: frozenset({"team_id"})})
async def viewer_can_update(roots: Roots, info: Info) -> list[bool]:
    """Return True for each deal that the viewer may change now."""
    return [
        root.state not in CLOSED_STATES and may_write(info.context.viewer, owned)
        for root, owned in zip(roots, await ownerships(info, roots), strict=True)
    ]


@batch
@needs("id", "state", "owner_id", others={MemberRow: frozenset({"team_id"})})
async def viewer_can_assign(roots: Roots, info: Info) -> list[bool]:
    """Return True for each deal that the viewer may give to another owner now."""
    return [
        root.state not in CLOSED_STATES and may_manage(info.context.viewer, Action.ASSIGN, owned)
        for root, owned in zip(roots, await ownerships(info, roots), strict=True)
    ]


@needs()
def viewer_can_delete(info: Info) -> bool:
    """Return True if the viewer may delete the deal."""
    return info.context.viewer.may(Action.DELETE)


async def ownerships(info: Info, rows: Sequence[OpportunityRow]) -> list[Ownership]:
    """Return the people whom the permissions of each deal depend on."""
    loaders = info.context.loaders
    owners = await load_all_required(loaders.member, [row.owner_id for row in rows])
    collaborator_lists = await loaders.part_of_each("collaborator_ids", [row.id for row in rows])
    return [
        Ownership(owner_id=row.owner_id, owner_team_id=owner.team_id, collaborator_ids=collaborator_ids)
        for row, owner, collaborator_ids in zip(rows, owners, collaborator_lists, strict=True)
    ]
