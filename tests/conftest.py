"""Fixtures of the suite: migrated databases, organizations, servers and clients."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.counts import FULL
from tests.support.databases import Databases, database_kind, databases
from tests.support.organizations import TestOrganization, new_organization
from tests.support.serving import Server, serving
from workflow.models.engine.database import open_database

HERE = Path(__file__).parent
NOT_ON = {
    "postgres": {
        "rules",
        "test_house.py",
        "docs",
        "support/test_counts.py",
        "clients/test_schema_tools.py",
    },
    "sqlite": {
        "models/engine/test_row_security.py",
        "models/engine/test_row_security_setup.py",
        "journeys/test_frozen_database.py",
        "models/engine/test_sockets.py",
        "queries/events/test_events_concurrent_writers.py",
    },
}
"""Paths that do not run on a database: rules are pure and house checks read text; only PostgreSQL has
row-level security, concurrent writers and a network."""
ONLY_ON = {
    "sqlite": {
        *(f"api/http/test_{name}.py" for name in ("documents", "graphiql", "graphql", "negotiation")),
        *(f"api/http/test_{name}.py" for name in ("persisted_queries", "problems", "requests")),
        "api/http/test_websocket_view.py",
        *(f"api/auth/test_{name}.py" for name in ("issuer", "oidc_forged_tokens")),
        *(f"api/config/test_{name}.py" for name in ("secret_key", "setting_values", "settings", "telemetry")),
        *(f"api/cli/test_{name}.py" for name in ("checks", "command_line", "database", "keys", "process")),
        *(f"api/cli/test_{name}.py" for name in ("runtime", "serve")),
        "api/test_app.py",
        "api/test_app_static_files.py",
        "api/test_app_cors.py",
        "api/files/test_atomic_file.py",
        "api/files/test_exports.py",
        "journeys/test_demo.py",
        "schema/process/test_mutations.py",
        "security/test_websocket_limits.py",
    },
    "postgres": {
        "schema/buyer/test_profile.py",
        "security/test_abuse.py",
        *(f"clients/test_{name}.py" for name in ("node_clients", "python_client", "fuzzing")),
    },
}
"""Paths that do not depend on the database, such as HTTP and commands: `make test` runs each on one database,
`make prove` on both."""


def pytest_configure() -> None:
    """Turn SIGTERM into an interrupt, so that the run stops its PostgreSQL and removes its files."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Ignore tests that do not apply to this run's database, or that the run on the other database covers."""
    other = "postgres" if database_kind() == "sqlite" else "sqlite"
    path = collection_path.relative_to(HERE).as_posix() if collection_path.is_relative_to(HERE) else ""
    ignored = path in NOT_ON[database_kind()] or (not FULL and path in ONLY_ON[other])
    return True if ignored else None


@pytest.fixture(scope="session")
async def run_databases() -> AsyncIterator[Databases]:
    """Yield the databases of this run, from one migrated template."""
    async with databases() as created:
        yield created


@pytest.fixture(scope="session", autouse=True)
async def database(run_databases: Databases) -> AsyncIterator[str]:
    """Yield the url of the database that all tests of this process share, migrated and open."""
    url = await run_databases.copy()
    async with open_database(url):
        yield url


@pytest.fixture
async def organization() -> TestOrganization:
    """Create an organization for one test, in the shared database."""
    return await new_organization()


@pytest.fixture
async def own_database(run_databases: Databases) -> AsyncIterator[str]:
    """Yield the url of a migrated database for one test; it is not open."""
    url = await run_databases.copy()
    yield url
    await run_databases.drop(url)


@pytest.fixture
async def empty_database(run_databases: Databases) -> AsyncIterator[str]:
    """Yield the url of an empty database, for tests of migrations; it is not open."""
    url = await run_databases.empty()
    yield url
    await run_databases.drop(url)


@pytest.fixture(scope="session")
async def server(database: str) -> AsyncIterator[Server]:
    """Yield the server that all tests of the run share."""
    async with serving(database) as started:
        yield started


@pytest.fixture
async def client(server: Server, organization: TestOrganization) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client with the admin's key of the test's organization."""
    async with server.client(organization.api_key) as opened:
        yield opened
