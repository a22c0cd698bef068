"""The trigram index of text search, where the database has one, and the functions of PostgreSQL that search.

Without the index, searches read every document of the organization, with the same result.
"""

import sqlite3
from contextlib import closing
from functools import cache

from workflow.models.engine.row_security import ROLE, SETTING


@cache
def sqlite_has_trigrams() -> bool:
    """Return True if this process's SQLite has FTS5 with its trigram tokenizer, as since 3.34."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(
                "CREATE VIRTUAL TABLE probe USING fts5(text, tokenize = 'trigram case_sensitive 1')"
            )
        except sqlite3.OperationalError:
            return False
        return True


_SQLITE_INDEX = """CREATE VIRTUAL TABLE search_trigrams USING fts5(
    text, content = 'search_document', content_rowid = 'id', tokenize = 'trigram case_sensitive 1');
CREATE TRIGGER search_trigrams_insert AFTER INSERT ON search_document BEGIN
    INSERT INTO search_trigrams (rowid, text) VALUES (NEW.id, NEW.text);
END;
CREATE TRIGGER search_trigrams_delete AFTER DELETE ON search_document BEGIN
    INSERT INTO search_trigrams (search_trigrams, rowid, text) VALUES ('delete', OLD.id, OLD.text);
END;
CREATE TRIGGER search_trigrams_update AFTER UPDATE OF text ON search_document WHEN NEW.text <> OLD.text BEGIN
    INSERT INTO search_trigrams (search_trigrams, rowid, text) VALUES ('delete', OLD.id, OLD.text);
    INSERT INTO search_trigrams (rowid, text) VALUES (NEW.id, NEW.text);
END;
INSERT INTO search_trigrams (search_trigrams) VALUES ('rebuild')"""

# Under row-level security, PostgreSQL may not use an index or statistics for LIKE, whose errors could reveal
# rows of other organizations. So these functions run as the owner of the tables, and check the organization.
_CHECK = f"""IF current_setting('role') = '{ROLE}'
        AND organization::text IS DISTINCT FROM current_setting('{SETTING}', true) THEN
        RAISE insufficient_privilege USING MESSAGE = 'This is not the organization of the connection.';
    END IF;"""
_ARGUMENTS = "kind text, organization uuid, patterns text[], alternatives text[]"
_CONDITION = """condition := format('organization_id = %L AND kind = %L', organization, kind);
    FOR place IN 1 .. cardinality(patterns) LOOP
        condition := condition || format(' AND (text LIKE %L', patterns[place]);
        IF alternatives[place] <> '' THEN
            condition := condition || format(' OR text LIKE %L', alternatives[place]);
        END IF;
        condition := condition || ')';
    END LOOP;"""


def _function(name: str, returns: str, volatility: str, variables: str, body: str) -> str:
    return f"""DO $setup$ BEGIN EXECUTE format($create$
CREATE OR REPLACE FUNCTION {name}({_ARGUMENTS}) RETURNS {returns}
    LANGUAGE plpgsql {volatility} SECURITY DEFINER SET search_path = pg_catalog, %1$I, pg_temp AS $body$
DECLARE
    condition text;
    {variables}
BEGIN
    {_CHECK}
    {_CONDITION.replace("%", "%%")}
    {body.replace("%", "%%")}
END $body$;
REVOKE EXECUTE ON FUNCTION {name}({_ARGUMENTS}) FROM PUBLIC
$create$, current_schema());
IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN
    GRANT EXECUTE ON FUNCTION {name}({_ARGUMENTS}) TO {ROLE};
END IF;
END $setup$"""


# A role with CREATE on the database may create the trusted extension. Without it, there is no index.
_INDEX = """DO $$ DECLARE extension_schema name; BEGIN
    BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    SELECT nspname INTO extension_schema
    FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pg_trgm';
    IF FOUND THEN
        EXECUTE format('CREATE INDEX IF NOT EXISTS search_trigrams ON search_document
            USING gin (text %I.gin_trgm_ops) WITH (gin_pending_list_limit = 256)', extension_schema);
    END IF;
END $$"""
_SEARCH = _function(
    "search_documents",
    "SETOF uuid",
    "STABLE",
    "",
    "RETURN QUERY EXECUTE 'SELECT subject_id FROM search_document WHERE ' || condition;",
)
# If m of n rows match, a page walks its order past n / m rows for each row it shows, or it sorts all m rows.
# The walk is faster if the square of m is greater than about 30 n. The planner expects about half of m: it
# takes documents of accounts and contacts to match as often as those of deals.
_IS_COMMON = _function(
    "is_common_search",
    "boolean",
    "VOLATILE",  # as EXPLAIN requires
    "found jsonb; matches float8; documents float8;",
    """EXECUTE 'EXPLAIN (FORMAT JSON) SELECT FROM search_document WHERE ' || condition INTO found;
    matches := (found #>> '{0,Plan,Plan Rows}')::float8;
    EXECUTE format(
        'EXPLAIN (FORMAT JSON) SELECT FROM search_document WHERE organization_id = %L AND kind = %L',
        organization, kind
    ) INTO found;
    documents := (found #>> '{0,Plan,Plan Rows}')::float8;
    RETURN matches * matches > 10 * documents;""",
)

TEXT_INDEX_STATE = {
    "postgres": "SELECT to_regclass('search_document') IS NOT NULL AS has_documents, false AS is_complete",
    "sqlite": """SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'search_document') AS has_documents,
    EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'search_trigrams') AS is_complete""",
}
TEXT_INDEX_SETUP = {
    "postgres": (_INDEX, _SEARCH, _IS_COMMON),
    "sqlite": (_SQLITE_INDEX,) if sqlite_has_trigrams() else (),
}
"""The statements that create the index and the functions, if they are not complete yet.

Those of PostgreSQL are idempotent, and create what a newer server or an added privilege allows.
"""
