"""Row-level security on PostgreSQL: the row identity of a connection, and the policies that enforce it.

A connection reads and writes only rows of the organization it acts as, even if a statement forgets to filter
by it. This holds for every table with a column organization_id and for the organizations themselves. SQLite
has no row-level security.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

ROLE = "pursuit_rows"
"""The role that may read and write rows but owns no table, so policies apply to it.

A role belongs to the whole server, so databases share it.
"""
SETTING = "pursuit.organization"
# A sub-select is evaluated once for a statement and not for each row. Without an organization it is NULL,
# which equals no row.
_CURRENT_ORGANIZATION = f"(SELECT NULLIF(current_setting('{SETTING}', true), '')::uuid)"
# session_user is the login, whatever role the connection has taken on.
_ROLE_IS_READY = f"""EXISTS (
    SELECT FROM pg_roles
    WHERE rolname = '{ROLE}' AND pg_has_role(session_user, oid, 'USAGE')
        AND has_table_privilege(oid, to_regclass('organization'), 'SELECT'))"""
# For the session (`false`) rather than the transaction, because statements also run outside of transactions.
APPLY_IDENTITY = f"""SELECT set_config('{SETTING}', $1, false),
    set_config('role', CASE WHEN $2 AND {_ROLE_IS_READY} THEN '{ROLE}' ELSE 'none' END, false)"""


@dataclass(frozen=True, slots=True)
class RowIdentity:
    """The rows that a connection may use: those of one organization, none, or all if it is not bound."""

    organization: str = ""
    bound: bool = True


NO_ORGANIZATION = RowIdentity()
ALL_ORGANIZATIONS = RowIdentity(bound=False)
_identity: ContextVar[RowIdentity] = ContextVar("row_identity", default=NO_ORGANIZATION)


@contextmanager
def act_as_organization(organization_id: UUID) -> Iterator[None]:
    """Use only rows of this organization; a transaction keeps the identity with which it began."""
    with _act_as(RowIdentity(str(organization_id))):
        yield


@contextmanager
def bypass_row_security() -> Iterator[None]:
    """Use the rows of all organizations: for credentials, migrations, the worker and commands."""
    with _act_as(ALL_ORGANIZATIONS):
        yield


@contextmanager
def _act_as(identity: RowIdentity) -> Iterator[None]:
    before = _identity.get()
    _identity.set(identity)
    try:
        yield
    finally:
        # Not a token: a generator or fixture may end in another context than it began in.
        _identity.set(before)


class SecuredConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A pooled connection whose row identity is set when it is acquired, if it differs."""

    applied: RowIdentity | None = None
    on_timeout: Callable[[], None] | None = None

    async def fetch(self, *arguments: Any, **options: Any) -> Any:
        with self._given_up_on_timeout():
            return await super().fetch(*arguments, **options)

    async def fetchrow(self, *arguments: Any, **options: Any) -> Any:
        with self._given_up_on_timeout():
            return await super().fetchrow(*arguments, **options)

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        with self._given_up_on_timeout():
            return await super().execute(*arguments, **options)

    async def executemany(self, *arguments: Any, **options: Any) -> Any:
        with self._given_up_on_timeout():
            return await super().executemany(*arguments, **options)

    @contextmanager
    def _given_up_on_timeout(self) -> Iterator[None]:
        """Close the connection if a statement gets no answer: the pool does not take a closed one back."""
        try:
            yield
        except TimeoutError:
            self._protocol.abort()
            if self.on_timeout is not None:
                self.on_timeout()
            raise

    async def apply_identity(self) -> None:
        """Set the row identity of the caller's context."""
        identity = _identity.get()
        if self.applied != identity:
            # Unknown until the statement has succeeded, because it may be cancelled halfway.
            self.applied = None
            await self.fetchrow(APPLY_IDENTITY, identity.organization, identity.bound)
            self.applied = identity

    def get_reset_query(self) -> str:
        """Return an empty query."""
        # A pooled session never has anything to reset, such as LISTEN or a lock, except its row identity.
        return ""


_ORGANIZATION_TABLES = """
SELECT c.oid::regclass::text AS name,
    CASE c.relname WHEN 'organization' THEN 'id' ELSE 'organization_id' END AS organization_column,
    c.relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid) AS secured
FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
    AND (c.relname = 'organization' OR EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'organization_id' AND NOT attisdropped))
ORDER BY 1"""

ROW_SECURITY_SETUP = (
    f"""DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        CREATE ROLE {ROLE} NOLOGIN;
    END IF;
    IF NOT pg_has_role(session_user, '{ROLE}', 'USAGE') THEN
        EXECUTE format('GRANT {ROLE} TO %I', session_user);
    END IF;
EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN NULL;
END $$""",
    f"""DO $$ DECLARE target record; BEGIN
    FOR target IN {_ORGANIZATION_TABLES} LOOP
        IF NOT target.secured THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target.name);
            EXECUTE format(
                $policy$CREATE POLICY of_organization ON %s USING (%I = {_CURRENT_ORGANIZATION})$policy$,
                target.name, target.organization_column);
        END IF;
    END LOOP;
END $$""",
    f"""DO $$ DECLARE target record; BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO {ROLE}', current_schema());
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO {ROLE}', current_schema());
        EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO {ROLE}', current_schema());
        FOR target IN {_ORGANIZATION_TABLES} LOOP
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO {ROLE}', target.name);
        END LOOP;
    END IF;
END $$""",
)
"""The statements that create and grant the role, create the policies, and grant privileges.

Each is idempotent. Errors are ignored if the login may not create roles, which ROW_SECURITY_STATUS reports,
and if another database of the server is migrated at the same time.
"""

ROW_SECURITY_STATUS = f"""
SELECT {_ROLE_IS_READY} AS role_is_ready, session_user::text AS login,
    (SELECT string_agg(name, ', ') FROM ({_ORGANIZATION_TABLES}) AS target
        WHERE NOT secured) AS open_tables"""
