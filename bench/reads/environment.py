"""Environment variables through which the benchmark configures the servers of the contenders."""

import os
from uuid import UUID

DATABASE_URL = "BENCH_DATABASE_URL"
ORGANIZATION_ID = "BENCH_ORGANIZATION_ID"
CONNECTIONS = 10
"""Connections to the database that each contender may open, as many as Pursuit opens."""


def database_url() -> str:
    """Return the URL of the filled database."""
    return os.environ[DATABASE_URL]


def organization_id() -> UUID:
    """Return the organization whose deals are read."""
    return UUID(os.environ[ORGANIZATION_ID])
