"""Concurrent requests with one Idempotency-Key."""

import pytest
from tortoise.exceptions import IntegrityError

from tests.support.organizations import NOW, TestOrganization
from workflow.models import IdempotencyRecord
from workflow.operations.core import idempotency
from workflow.operations.core.idempotency import RequestInProgressError, acquire_key, run_operation_once


async def test_a_concurrently_created_idempotency_record_is_kept(organization: TestOrganization) -> None:
    viewer = organization.ctx.viewer
    first = await acquire_key(viewer, "key", "request", NOW)

    with pytest.raises(IntegrityError):
        await idempotency._create_record(viewer, "key", "request", NOW)

    assert [
        row["id"] for row in await IdempotencyRecord.filter(organization_id=organization.id).values("id")
    ] == [first.id]


async def test_a_request_that_lost_its_idempotency_record_writes_nothing(
    organization: TestOrganization,
) -> None:
    viewer = organization.ctx.viewer
    later = NOW + idempotency.LEASE_DURATION
    slow = await acquire_key(viewer, "key", "request", NOW)
    await acquire_key(viewer, "key", "request", later)

    async def work() -> None:
        await IdempotencyRecord.filter(id=slow.id).update(request_hash="written")

    with pytest.raises(RequestInProgressError):
        await run_operation_once(slow, None, work, None)

    [row] = await IdempotencyRecord.filter(organization_id=organization.id).values("request_hash", "done")
    assert row == {"request_hash": "request", "done": False}
