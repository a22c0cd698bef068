"""Organizations for tests, with their members and keys."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from tests.support.serving import SECRET_KEY
from workflow.operations.core.context import Ctx
from workflow.operations.core.vault import Vault
from workflow.operations.people.bootstrap import init_organization, issue_key
from workflow.queries.people.credentials import authenticate_api_key
from workflow.rules.enums import Role

VAULT = Vault((SECRET_KEY,))
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class TestOrganization:
    """A new organization with its admin, the admin's key, and a context that acts as the admin at NOW."""

    __test__ = False

    name: str
    id: UUID
    admin_id: UUID
    api_key: str
    ctx: Ctx

    async def key(self, role: Role, email: str | None = None) -> str:
        """Create a key for a member with this e-mail, or for no member."""
        created = await issue_key(organization_name=str(self.id), role=role, email=email, now=NOW)
        return created.api_key

    async def ctx_of(self, role: Role, email: str | None = None, *, now: datetime = NOW) -> Ctx:
        """Return a context with the role, as the member with the e-mail if there is one."""
        return await context_for_key(await self.key(role, email), now)


async def new_organization(*, currency: str = "EUR", time_zone: str = "UTC") -> TestOrganization:
    """Create an organization by the product's own operation."""
    name = f"Test {uuid4().hex}"
    created = await init_organization(
        name=name,
        email="admin@example.com",
        admin_name="Ada Admin",
        currency=currency,
        time_zone=time_zone,
        now=NOW,
    )
    ctx = await context_for_key(created.api_key, NOW)
    return TestOrganization(name, created.organization_id, created.member_id, created.api_key, ctx)


async def context_for_key(api_key: str, now: datetime) -> Ctx:
    """Return the context of a request with the key."""
    viewer = await authenticate_api_key(api_key, now)
    assert viewer is not None
    return Ctx(viewer=viewer, now=now, vault=VAULT)
