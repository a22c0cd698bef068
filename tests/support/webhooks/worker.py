"""A worker in the test's process, on a database that no other test uses, and its endpoints."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.worker.webhook_sender import WebhookSender
from api.worker.worker import Worker
from tests.support.organizations import VAULT, TestOrganization, new_organization
from workflow.models import WebhookDelivery
from workflow.models.engine.database import open_database
from workflow.operations.accounts.accounts import create_account
from workflow.operations.core.context import Ctx
from workflow.operations.webhooks.endpoints import WebhookEndpointResult, create_webhook_endpoint
from workflow.queries.events.subscribe import FeedDispatcher


@dataclass(frozen=True)
class WebhookOrganization:
    """An organization with webhooks, and its worker."""

    organization: TestOrganization
    ctx: Ctx

    async def endpoint(self, url: str, *types: str) -> WebhookEndpointResult:
        """Create an endpoint, by default for events of accounts."""
        return await create_webhook_endpoint(self.ctx, {"url": url, "event_types": types or ("account.*",)})

    async def create_accounts(self, count: int, **fields: Any) -> list[UUID]:
        """Create accounts, each of which is an event."""
        about: list[Any] = [{"name": f"Account {number}", **fields} for number in range(count)]
        return [await create_account(self.ctx, account) for account in about]

    @asynccontextmanager
    async def running_worker(self, *, private: bool = True, seconds: float = 15) -> AsyncIterator[None]:
        """Run a worker in the background."""
        tail = FeedDispatcher()
        async with Worker(tail, WebhookSender(VAULT, allow_private=private, timeout=seconds)).running():
            yield
        await tail.close()


@asynccontextmanager
async def webhook_organization(url: str) -> AsyncIterator[WebhookOrganization]:
    """Yield an organization in an open database of its own."""
    async with open_database(url, all_contexts=False):
        organization = await new_organization()
        yield WebhookOrganization(organization, replace(organization.ctx, private_webhooks=True))


async def make_retries_due() -> None:
    """Make all retries due now."""
    await WebhookDelivery.filter(status="FAILED").update(next_attempt_at=datetime.now(UTC))


async def deliveries(**filters: Any) -> list[dict[str, Any]]:
    """Return the stored deliveries."""
    return await WebhookDelivery.filter(**filters).order_by("id").values()


async def wait_for_deliveries(wanted: int, **statuses: object) -> None:
    """Wait for a number of deliveries with this status."""
    for _ in range(1_000):
        if len(await deliveries(**statuses)) >= wanted:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(Counter((row["status"], row["last_error"]) for row in await deliveries()))
