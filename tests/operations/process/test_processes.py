"""Publishing sales processes: versions, equal documents and the default."""

import asyncio
from dataclasses import replace

import pytest

from tests.support.organizations import TestOrganization
from tests.support.team import SalesTeam, new_sales_team
from workflow.models import Event, Opportunity, SalesProcess
from workflow.operations.accounts.accounts import create_account
from workflow.operations.opportunity.edit import NewOpportunity, create_opportunity
from workflow.operations.process.processes import PublishResult, preset, publish
from workflow.queries.process.processes import default_process, newest_processes, process
from workflow.rules.enums import OpportunityState, Role
from workflow.rules.errors import FieldProblem, InvalidInputError, PermissionDeniedError
from workflow.rules.process.document import ProcessDocument, content_hash

OURS = replace(preset("default"), key="ours", name="Our way")


def version(place: int) -> ProcessDocument:
    """Return a document that differs from all others."""
    return replace(OURS, name=f"Our way, the {place}th")


async def process_events(organization: TestOrganization) -> list[str]:
    """Return the events of the organization's processes after its creation."""
    found = (
        Event.filter(organization_id=organization.id, aggregatetype="process")
        .order_by("pos")
        .offset(1)
        .limit(100)
    )
    return [str(type) for type in await found.values_list("type", flat=True)]


async def stored_versions(organization: TestOrganization) -> list[tuple[str, int, str]]:
    """Return every stored version with its content hash."""
    rows = SalesProcess.filter(organization_id=organization.id, process_key="ours").order_by("version")
    return [(row["process_key"], row["version"], row["content_hash"]) for row in await rows.values()]


async def test_each_document_is_the_next_version_of_its_key(organization: TestOrganization) -> None:
    made = [await publish(organization.ctx, version(place)) for place in (1, 2, 3)]

    assert [(one.version, one.is_new) for one in made] == [(1, True), (2, True), (3, True)]
    assert await stored_versions(organization) == [
        ("ours", place, content_hash(version(place))) for place in (1, 2, 3)
    ]
    assert await process_events(organization) == ["process.published"] * 3


async def test_the_same_document_again_publishes_nothing(organization: TestOrganization) -> None:
    first = await publish(organization.ctx, OURS)

    again = await publish(organization.ctx, OURS)

    assert again == PublishResult(first.id, 1, is_new=False)
    assert len(await stored_versions(organization)) == 1
    assert await process_events(organization) == ["process.published"]


async def test_an_older_document_again_is_a_new_version(organization: TestOrganization) -> None:
    for place in (1, 2):
        await publish(organization.ctx, version(place))

    back = await publish(organization.ctx, version(1))

    assert (back.version, back.is_new) == (3, True)


async def test_the_default_is_a_key_and_its_newest_version_is_used(organization: TestOrganization) -> None:
    viewer = organization.ctx.viewer
    await publish(organization.ctx, OURS)
    assert (await default_process(viewer)).document.key == "default"

    await publish(organization.ctx, OURS, make_default=True)
    await publish(organization.ctx, version(2))
    await publish(organization.ctx, version(2), make_default=True)

    newest = await default_process(viewer)
    assert (newest.document, newest.version) == (version(2), 2)
    assert await process_events(organization) == [
        "process.published",
        "process.madeDefault",
        "process.published",
    ]


async def test_the_newest_version_of_each_key_is_listed(organization: TestOrganization) -> None:
    for place in (1, 2):
        await publish(organization.ctx, version(place))

    found = await newest_processes(organization.ctx.viewer)

    assert [(row.document.key, row.version) for row in found] == [("default", 1), ("ours", 2)]
    first, unknown = [await process(organization.ctx.viewer, "ours", number) for number in (1, 3)]
    assert first is not None
    assert (first.document, unknown) == (version(1), None)


async def test_concurrent_publishes_get_versions_of_their_own(organization: TestOrganization) -> None:
    made = await asyncio.gather(*(publish(organization.ctx, version(place)) for place in range(20)))

    assert sorted(one.version for one in made) == list(range(1, 21))


async def test_the_same_document_published_concurrently_is_one_version(
    organization: TestOrganization,
) -> None:
    made = await asyncio.gather(*(publish(organization.ctx, OURS) for _ in range(20)))

    assert len({one.id for one in made}) == 1
    assert sum(one.is_new for one in made) == 1


async def test_an_invalid_document_is_refused(organization: TestOrganization) -> None:
    faulty = replace(OURS, criteria=OURS.criteria[1:], milestones=(*OURS.milestones, OURS.milestones[0]))

    with pytest.raises(InvalidInputError) as refused:
        await publish(organization.ctx, faulty)

    assert FieldProblem(
        ("document", "milestones", "5"), "problem_agreed appears twice. Remove one of them."
    ) in (refused.value.fields)
    assert ("document", "criteria") in [fault.path for fault in refused.value.fields]
    assert await stored_versions(organization) == []


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_only_admins_publish(organization: TestOrganization, role: Role) -> None:
    with pytest.raises(PermissionDeniedError, match=r"you cannot publish sales processes\. Ask an admin"):
        await publish(await organization.ctx_of(role), OURS)

    assert await stored_versions(organization) == []


async def test_a_deal_keeps_its_version_when_a_new_one_is_published() -> None:
    team: SalesTeam = await new_sales_team()
    deal = team.deals[OpportunityState.LEAD]
    before = await Opportunity.filter(id=deal).values()

    await publish(team.organization.ctx, replace(OURS, key="default"))

    assert await Opportunity.filter(id=deal).values() == before


async def test_a_new_deal_follows_the_newest_version_of_the_default(organization: TestOrganization) -> None:
    published = await publish(organization.ctx, OURS, make_default=True)
    account = await create_account(organization.ctx, {"name": "Acme"})

    deal = await create_opportunity(organization.ctx, NewOpportunity(account, None, None), {"name": "Pilot"})

    [row] = await Opportunity.filter(id=deal).values("process_id")
    assert row["process_id"] == published.id
