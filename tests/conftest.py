"""What every test may ask for: a migrated database, an organization of its own, a database of its own."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.counts import FULL
from tests.databases import Databases, chosen, databases
from tests.organizations import TestOrganization, new_organization
from tests.serving import Server, serving
from workflow.models.engine.database import opened

HERE = Path(__file__).parent
ELSEWHERE = {
    "postgres": {
        HERE / "rules",
        HERE / "test_house.py",
        HERE / "test_counts.py",
        HERE / "clients" / "test_schema_tools.py",
    },
    "sqlite": {
        HERE / "models" / "test_row_security.py",
        HERE / "models" / "test_row_security_setup.py",
        HERE / "queries" / "test_feed_under_writers.py",
    },
}
"""What asks no database runs once, beside SQLite: the rules are pure, and the house is text. Only PostgreSQL has row-level security, and
several writers at once."""
ONCE = {
    "sqlite": {
        *(
            HERE / "api" / f"test_{name}.py"
            for name in ("cors", "documents", "forged_tokens", "graphiql", "graphql", "issuer")
        ),
        *(
            HERE / "api" / f"test_{name}.py"
            for name in ("persisted", "problems", "settings", "socket_bounds", "telemetry")
        ),
        *(HERE / "api" / f"test_{name}.py" for name in ("command_line", "exporting", "process_commands")),
        HERE / "journeys" / "test_demo.py",
        HERE / "schema" / "test_processes.py",
    },
    "postgres": {
        HERE / "api" / "test_abuse.py",
        HERE / "schema" / "test_buyer.py",
        *(HERE / "clients" / f"test_{name}.py" for name in ("node_clients", "python_client", "fuzzing")),
    },
}
"""What is about HTTP, commands, clients and the words of GraphQL, whatever the database that answers them, while the operations behind
are tried on both: beside one, and at full counts beside both."""


def pytest_configure() -> None:
    """A run that is ended from outside stops its PostgreSQL and removes its files as one that is interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """What this run's database has nothing to say to is left to the other run."""
    other = "postgres" if chosen() == "sqlite" else "sqlite"
    once = not FULL and collection_path in ONCE[other]
    return True if once or collection_path in ELSEWHERE[chosen()] else None


@pytest.fixture(scope="session")
async def run_databases() -> AsyncIterator[Databases]:
    """Where this run's databases are made; migrated once."""
    async with databases() as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
async def database(run_databases: Databases) -> AsyncIterator[str]:
    """The url of the one database that all tests of this process share, migrated and open."""
    url = await run_databases.copy()
    async with opened(url):
        yield url


@pytest.fixture
async def organization() -> TestOrganization:
    """An organization of the test's own, in the shared database."""
    return await new_organization()


@pytest.fixture
async def own_database(run_databases: Databases) -> AsyncIterator[str]:
    """The url of a migrated database that no other test sees; not open."""
    url = await run_databases.copy()
    yield url
    await run_databases.drop(url)


@pytest.fixture
async def empty_database(run_databases: Databases) -> AsyncIterator[str]:
    """The url of a database without a table, for tests of migrations; not open."""
    url = await run_databases.empty()
    yield url
    await run_databases.drop(url)


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
