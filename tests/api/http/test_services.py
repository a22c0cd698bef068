"""The components that all transports share: contexts recheck their credential, closing stops the tasks."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from api.app import build_services
from api.auth.credentials import AuthenticatedViewer, Credential
from api.config.settings import Settings
from api.http.services import Services
from tests.support.organizations import TestOrganization
from tests.support.serving import SECRET_KEY
from workflow.models import ApiKey


@pytest.fixture
async def services() -> AsyncIterator[Services]:
    """Yield the components of a server that allows private webhooks."""
    settings = {"PURSUIT_SECRET_KEY": SECRET_KEY, "PURSUIT_WEBHOOK_ALLOW_PRIVATE": "on"}
    running = build_services(Settings.read(settings), time.monotonic)
    yield running
    await running.close()


async def test_a_context_reauthenticates_until_the_key_is_revoked(
    services: Services, organization: TestOrganization
) -> None:
    credential = Credential(organization.api_key, None, "request-1")
    context = services.request_context(organization.ctx.viewer, datetime.now(UTC), credential)

    before = await context.reauthenticate()
    await ApiKey.filter(organization_id=organization.id).update(revoked_at=datetime.now(UTC))
    after = await context.reauthenticate()

    assert before is not None
    assert (before[0].member_id, after) == (organization.ctx.viewer.member_id, None)
    assert (context.request_id, context.private_webhooks) == ("request-1", True)


async def test_closing_ends_the_rechecks(services: Services, organization: TestOrganization) -> None:
    others = recheck_tasks()
    async with services.session_watch.watch(AuthenticatedViewer(organization.ctx.viewer)):
        before = recheck_tasks()
        await services.close()

        assert (len(before - others), recheck_tasks()) == (1, others)


def recheck_tasks() -> set[str]:
    """Return the running tasks that recheck sessions; servers of other tests may have theirs."""
    return {name for task in asyncio.all_tasks() if "_recheck_forever" in (name := repr(task.get_coro()))}
