"""Execution of writes with and without an Idempotency-Key."""

from dataclasses import replace
from uuid import UUID

import pytest

from tests.support.organizations import NOW, TestOrganization
from workflow.models import Team
from workflow.models.columns import new_id
from workflow.operations.core.context import Ctx
from workflow.operations.core.idempotency import acquire_key
from workflow.operations.core.perform import perform


async def create_team(ctx: Ctx) -> UUID:
    """Create a team as an operation does."""

    async def work() -> UUID:
        id = new_id()
        await Team.create(id=id, organization_id=ctx.viewer.organization_id, name=str(id), created_at=NOW)
        return id

    return await perform(ctx, work)


async def with_key(ctx: Ctx, name: str) -> Ctx:
    """Return the context of a request that sends an Idempotency-Key."""
    return replace(ctx, idempotency=await acquire_key(ctx.viewer, name, "the same request", NOW))


async def test_work_without_a_key_runs_each_time(organization: TestOrganization) -> None:
    ids = [await create_team(organization.ctx) for _ in range(2)]

    assert await Team.filter(id__in=ids).count() == 2


async def test_work_under_a_key_runs_once_and_returns_its_outcome_with_its_type(
    organization: TestOrganization,
) -> None:
    first = await create_team(await with_key(organization.ctx, "key"))
    # The first request has stored the outcome of its operation, but has not answered.
    again = await create_team(await with_key(organization.ctx, "key"))

    assert type(again) is UUID
    assert again == first
    assert await Team.filter(organization_id=organization.id).count() == 1


async def test_the_outcome_is_decoded_by_the_annotation_of_the_typing_function(
    organization: TestOrganization,
) -> None:
    async def verb() -> UUID:
        return organization.id

    async def untyped() -> object:
        return organization.id

    found = []
    for _ in range(2):
        ctx = await with_key(organization.ctx, "typed")
        found.append(await perform(ctx, untyped, typed_by=verb))

    assert found == [organization.id, organization.id]


async def test_failed_work_leaves_nothing_and_can_be_sent_again(organization: TestOrganization) -> None:
    ctx = await with_key(organization.ctx, "key")

    async def fail() -> UUID:
        await create_team(replace(ctx, idempotency=None))
        raise LookupError("Something is missing.")

    with pytest.raises(LookupError):
        await perform(ctx, fail)

    assert await Team.filter(organization_id=organization.id).count() == 0
    assert await Team.filter(id=await create_team(ctx)).count() == 1
