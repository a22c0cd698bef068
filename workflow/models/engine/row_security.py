"""Row-level security on PostgreSQL: for whom a connection stands, and the policies that hold it to that.

Every table with a column organization_id, and the organizations themselves, give a connection the rows of the organization
it stands for and no others, whatever a statement forgets to ask for. SQLite has no such thing, and one organization's
file is seldom shared.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

import asyncpg

ROLE = "pursuit_rows"
"""May read and write rows, owns no table and passes no policy; a name of the whole server, so that databases share it."""
SETTING = "pursuit.organization"
_CURRENT_ORGANIZATION = f"(SELECT NULLIF(current_setting('{SETTING}', true), '')::uuid)"
_ROLE_IS_READY = f"""EXISTS (
    SELECT FROM pg_roles
    WHERE rolname = '{ROLE}' AND pg_has_role(session_user, oid, 'USAGE')
        AND has_table_privilege(oid, to_regclass('organization'), 'SELECT'))"""
APPLY_IDENTITY = f"""SELECT set_config('{SETTING}', $1, false),
    set_config('role', CASE WHEN $2 AND {_ROLE_IS_READY} THEN '{ROLE}' ELSE 'none' END, false)"""


@dataclass(frozen=True, slots=True)
class RowIdentity:
    """Whose rows a connection is given: one organization's, nobody's, or, unbound, everybody's."""

    organization: str = ""
    bound: bool = True


NO_ORGANIZATION, ALL_ORGANIZATIONS = RowIdentity(), RowIdentity(bound=False)
_identity: ContextVar[RowIdentity] = ContextVar("standing", default=NO_ORGANIZATION)


@contextmanager
def act_as_organization(organization_id: UUID) -> Iterator[None]:
    """All that is asked here is of this organization; a transaction stands for whom it began for."""
    with _act_as(RowIdentity(str(organization_id))):
        yield


@contextmanager
def bypass_row_security() -> Iterator[None]:
    """What has no organization yet or is about several: credentials, migrations, commands of who runs the server."""
    with _act_as(ALL_ORGANIZATIONS):
        yield


@contextmanager
def _act_as(identity: RowIdentity) -> Iterator[None]:
    before = _identity.get()
    _identity.set(identity)
    try:
        yield
    finally:
        _identity.set(
            before
        )  # no token, for a fixture's or generator's end may run in another context than its begin


class SecuredConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg tells no types
    """A pooled connection that is told for whom it stands as it is handed out, and only where that changes."""

    applied: RowIdentity | None = None

    async def apply_identity(self) -> None:
        """Stand for whom the caller's context says."""
        identity = _identity.get()
        if self.applied != identity:
            self.applied = None
            await self.fetchrow(APPLY_IDENTITY, identity.organization, identity.bound)
            self.applied = identity

    def get_reset_query(self) -> str:
        """Nothing: what a session could keep besides its standing, such as LISTEN or a lock, is never taken on a pooled one."""
        return ""


_ORGANIZATION_TABLES = """
SELECT c.oid::regclass::text AS name, CASE c.relname WHEN 'organization' THEN 'id' ELSE 'organization_id' END AS of,
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
    f"""DO $$ DECLARE place record; BEGIN
    FOR place IN {_ORGANIZATION_TABLES} LOOP
        IF NOT place.secured THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', place.name);
            EXECUTE format($policy$CREATE POLICY of_organization ON %s USING (%I = {_CURRENT_ORGANIZATION})$policy$, place.name, place.of);
        END IF;
    END LOOP;
END $$""",
    f"""DO $$ DECLARE place record; BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO {ROLE}', current_schema());
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO {ROLE}', current_schema());
        EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO {ROLE}', current_schema());
        FOR place IN {_ORGANIZATION_TABLES} LOOP
            EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO {ROLE}', place.name);
        END LOOP;
    END IF;
END $$""",
)
"""The role, made where this login may and granted to it; the policies; what the role may do. Each changes nothing a second time.

Two databases of one server may be migrated at once, and who may not make roles is told by `WHY_NOT_SECURE`.
"""

ROW_SECURITY_STATUS = f"""
SELECT {_ROLE_IS_READY} AS role_is_ready, session_user::text AS login,
    (SELECT string_agg(name, ', ') FROM ({_ORGANIZATION_TABLES}) AS place WHERE NOT secured) AS open_tables"""
