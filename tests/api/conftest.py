"""The server that the tests of the doors share, on the database that the tests share."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.organizations import TestOrganization
from tests.serving import Server, serving


@pytest.fixture(scope="session")
async def server(database: str) -> AsyncIterator[Server]:
    """A serving process, one for the run."""
    async with serving(database) as started:
        yield started


@pytest.fixture
async def client(server: Server, organization: TestOrganization) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the admin's key of the test's own organization."""
    async with server.client(organization.api_key) as opened:
        yield opened
