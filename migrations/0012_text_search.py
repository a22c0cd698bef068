"""Add the documents of text search, which triggers update, and fill them.

`name_search` is the folded name if it differs from `name_folded`, which orders and matches names.
"""

from unicodedata import combining, normalize

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

NAMED = ("account", "contact", "opportunity")
BATCH = 1_000
# A name of a member has no other folded form. Names in ASCII are the same in lower case on both databases.
MEMBER_NAME = "COALESCE({0}.name_search, lower({0}.name))"
NAME = "COALESCE({0}.name_search, {0}.name_folded)"
NEW_LINE = {"sqlite": "char(10)", "postgres": "chr(10)"}
JOINED = {"sqlite": "group_concat", "postgres": "string_agg"}
CAST = {"sqlite": "o.number", "postgres": "o.number::text"}
# A folded text has no capital letters, so a number in capital letters differs from digits in names.
DIGITS = dict(zip("0123456789", "ABCDEFGHIJ", strict=True))


def _number(dialect: str) -> str:
    expression = CAST[dialect]
    for digit, letter in DIGITS.items():
        expression = f"replace({expression}, '{digit}', '{letter}')"
    return expression


def _text_of_opportunity(dialect: str, id: str) -> str:
    """Return a subquery of the document of a deal: a line for each name, and one for its number."""
    line = NEW_LINE[dialect]
    contacts = f"""(SELECT {JOINED[dialect]}({NAME.format("c")}, {line})
        FROM stakeholder s JOIN contact c ON c.id = s.contact_id WHERE s.opportunity_id = o.id)"""
    names = [NAME.format("o"), NAME.format("a"), MEMBER_NAME.format("m"), contacts]
    lines = [*(f"COALESCE({name}, '')" for name in names), _number(dialect)]
    text = f" || {line} || ".join(lines)
    return f"""(SELECT {line} || {text} || {line} FROM opportunity o
        LEFT JOIN account a ON a.id = o.account_id LEFT JOIN member m ON m.id = o.owner_id WHERE o.id = {id})"""


def _text_of_named(dialect: str, row: str) -> str:
    return f"{NEW_LINE[dialect]} || {NAME.format(row)} || {NEW_LINE[dialect]}"


INSERT = "INSERT INTO search_document (organization_id, kind, subject_id, text)"
CHANGED_NAME = (
    "NEW.name_folded <> OLD.name_folded OR COALESCE(NEW.name_search, '') <> COALESCE(OLD.name_search, '')"
)
CHANGED_MEMBER = "NEW.name <> OLD.name OR COALESCE(NEW.name_search, '') <> COALESCE(OLD.name_search, '')"
CHANGED_DEAL = f"{CHANGED_NAME} OR NEW.account_id <> OLD.account_id OR NEW.owner_id <> OLD.owner_id OR NEW.number <> OLD.number"
CHANGED_STAKEHOLDER = "NEW.contact_id <> OLD.contact_id OR NEW.opportunity_id <> OLD.opportunity_id"
DEAL_COLUMNS = "name_folded, name_search, account_id, owner_id, number"
DEALS_OF = {
    "account": "SELECT id FROM opportunity WHERE account_id = NEW.id",
    "contact": "SELECT opportunity_id FROM stakeholder WHERE contact_id = NEW.id",
    "member": "SELECT id FROM opportunity WHERE owner_id = NEW.id",
}


def _sqlite_triggers() -> list[str]:
    def trigger(name: str, event: str, action: str, when: str = "") -> str:
        condition = f" WHEN {when}" if when else ""
        return f"-- only: sqlite\nCREATE TRIGGER {name} AFTER {event}{condition} BEGIN {action}; END"

    def delete(kind: str) -> str:
        return f"DELETE FROM search_document WHERE kind = '{kind.upper()}' AND subject_id = OLD.id"

    def refresh(deals: str) -> str:
        text = _text_of_opportunity("sqlite", "search_document.subject_id")
        return (
            f"UPDATE search_document SET text = {text} WHERE kind = 'OPPORTUNITY' AND subject_id IN ({deals})"
        )

    made = []
    for kind in ("account", "contact"):
        text = _text_of_named("sqlite", "NEW")
        insert = f"{INSERT} VALUES (NEW.organization_id, '{kind.upper()}', NEW.id, {text})"
        rename = (
            f"UPDATE search_document SET text = {text} WHERE kind = '{kind.upper()}' AND subject_id = NEW.id"
        )
        update = f"{rename}; {refresh(DEALS_OF[kind])}"
        made += [
            trigger(f"{kind}_document_insert", f"INSERT ON {kind}", insert),
            trigger(
                f"{kind}_document_update",
                f"UPDATE OF name_folded, name_search ON {kind}",
                update,
                CHANGED_NAME,
            ),
            trigger(f"{kind}_document_delete", f"DELETE ON {kind}", delete(kind)),
        ]
    insert = f"{INSERT} VALUES (NEW.organization_id, 'OPPORTUNITY', NEW.id, {_text_of_opportunity('sqlite', 'NEW.id')})"
    of_member = refresh(DEALS_OF["member"])
    both = refresh("NEW.opportunity_id, OLD.opportunity_id")
    return [
        *made,
        trigger("opportunity_document_insert", "INSERT ON opportunity", insert),
        trigger(
            "opportunity_document_update",
            f"UPDATE OF {DEAL_COLUMNS} ON opportunity",
            refresh("NEW.id"),
            CHANGED_DEAL,
        ),
        trigger("opportunity_document_delete", "DELETE ON opportunity", delete("opportunity")),
        trigger("member_document_update", "UPDATE OF name, name_search ON member", of_member, CHANGED_MEMBER),
        trigger("stakeholder_document_insert", "INSERT ON stakeholder", refresh("NEW.opportunity_id")),
        trigger(
            "stakeholder_document_update",
            "UPDATE OF contact_id, opportunity_id ON stakeholder",
            both,
            CHANGED_STAKEHOLDER,
        ),
        trigger("stakeholder_document_delete", "DELETE ON stakeholder", refresh("OLD.opportunity_id")),
    ]


# Two transactions may change the names of one deal at once. Each locks the document before it reads the names, so
# the second one reads what the first one committed.
POSTGRES_FUNCTIONS = f"""-- only: postgres
CREATE FUNCTION refresh_opportunity_document(deal uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM search_document WHERE kind = 'OPPORTUNITY' AND subject_id = deal FOR UPDATE;
    UPDATE search_document SET text = {_text_of_opportunity("postgres", "deal")}
    WHERE kind = 'OPPORTUNITY' AND subject_id = deal AND EXISTS (SELECT FROM opportunity WHERE id = deal);
END $$;
CREATE FUNCTION update_documents() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    own_kind text := upper(TG_TABLE_NAME);
    deal uuid;
BEGIN
    IF TG_TABLE_NAME = 'stakeholder' THEN
        IF TG_OP <> 'INSERT' THEN PERFORM refresh_opportunity_document(OLD.opportunity_id); END IF;
        IF TG_OP <> 'DELETE' THEN PERFORM refresh_opportunity_document(NEW.opportunity_id); END IF;
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM search_document WHERE kind = own_kind AND subject_id = OLD.id;
    ELSIF TG_TABLE_NAME = 'opportunity' AND TG_OP = 'INSERT' THEN
        {INSERT} VALUES (NEW.organization_id, own_kind, NEW.id, {_text_of_opportunity("postgres", "NEW.id")});
    ELSIF TG_TABLE_NAME = 'opportunity' THEN
        PERFORM refresh_opportunity_document(NEW.id);
    ELSIF TG_OP = 'INSERT' THEN
        {INSERT} VALUES (NEW.organization_id, own_kind, NEW.id, {_text_of_named("postgres", "NEW")});
    ELSE
        IF TG_TABLE_NAME = 'account' THEN
            FOR deal IN {DEALS_OF["account"]} ORDER BY 1 LOOP PERFORM refresh_opportunity_document(deal); END LOOP;
        ELSIF TG_TABLE_NAME = 'contact' THEN
            FOR deal IN {DEALS_OF["contact"]} ORDER BY 1 LOOP PERFORM refresh_opportunity_document(deal); END LOOP;
        ELSE
            FOR deal IN {DEALS_OF["member"]} ORDER BY 1 LOOP PERFORM refresh_opportunity_document(deal); END LOOP;
        END IF;
        IF TG_TABLE_NAME <> 'member' THEN
            UPDATE search_document SET text = {_text_of_named("postgres", "NEW")}
            WHERE kind = own_kind AND subject_id = NEW.id;
        END IF;
    END IF;
    RETURN NULL;
END $$"""


def _postgres_triggers() -> list[str]:
    def trigger(name: str, event: str, when: str = "") -> str:
        condition = f" WHEN ({when})" if when else ""
        return (
            f"-- only: postgres\nCREATE TRIGGER {name} AFTER {event} FOR EACH ROW{condition} "
            "EXECUTE FUNCTION update_documents()"
        )

    made = []
    for kind in ("account", "contact"):
        made.append(
            trigger(f"{kind}_document_update", f"UPDATE OF name_folded, name_search ON {kind}", CHANGED_NAME)
        )
    for kind in (*NAMED, "stakeholder"):
        made.append(trigger(f"{kind}_document", f"INSERT OR DELETE ON {kind}"))
    return [
        *made,
        trigger("opportunity_document_update", f"UPDATE OF {DEAL_COLUMNS} ON opportunity", CHANGED_DEAL),
        trigger("member_document_update", "UPDATE OF name, name_search ON member", CHANGED_MEMBER),
        trigger(
            "stakeholder_document_update",
            "UPDATE OF contact_id, opportunity_id ON stakeholder",
            CHANGED_STAKEHOLDER,
        ),
    ]


def _fill(dialect: str) -> list[str]:
    filled = [
        f"{INSERT} SELECT organization_id, '{kind.upper()}', id, {_text_of_named(dialect, kind)} FROM {kind}"
        for kind in ("account", "contact")
    ]
    text = _text_of_opportunity(dialect, "opportunity.id")
    filled.append(f"{INSERT} SELECT organization_id, 'OPPORTUNITY', id, {text} FROM opportunity")
    return [f"-- only: {dialect}\n{statement}" for statement in filled]


def _fold(name: str) -> str:
    """Return a name as search compares it: without case, accents and compatibility forms."""
    folded = normalize("NFKD", normalize("NFKD", name).casefold()).replace("\u0131", "i")
    return "".join(character for character in folded if not combining(character))


async def fold_names(apps: object, editor: object) -> None:
    """Store the folded form of every name whose other form differs."""
    client = editor.client
    for table in (*NAMED, "member"):
        other = "lower(name)" if table == "member" else "name_folded"
        last = "00000000-0000-0000-0000-000000000000"
        while rows := await client.execute_query_dict(
            f"SELECT id, name, {other} AS other FROM {table} WHERE id > '{last}' ORDER BY id LIMIT {BATCH}"
        ):
            last = str(rows[-1]["id"])
            mark = ("?", "?") if editor.DIALECT == "sqlite" else ("$1", "$2::uuid")
            changes = [
                [folded, str(row["id"])]
                for row in rows
                if (folded := _fold(row["name"])) != row["other"]
                or not (table != "member" or folded.isascii())
            ]
            if changes:
                await client.execute_many(
                    f"UPDATE {table} SET name_search = {mark[0]} WHERE id = {mark[1]}", changes
                )


class Migration(migrations.Migration):
    dependencies = [("pursuit", "0011_key_budgets")]

    operations = [
        *(
            ops.AddField(model_name=model, name="name_search", field=fields.TextField(null=True))
            for model in ("Account", "Contact", "Member", "Opportunity")
        ),
        ops.CreateModel(
            name="SearchDocument",
            fields=[
                ("id", fields.BigIntField(primary_key=True, generated=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=False,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.CharField(max_length=32)),
                ("subject_id", fields.UUIDField()),
                ("text", fields.TextField()),
            ],
            options={
                "table": "search_document",
                "app": "pursuit",
                "pk_attr": "id",
                "constraints": [
                    CheckConstraint(
                        name="search_document_kind_known",
                        check="kind IN ('ACCOUNT', 'CONTACT', 'OPPORTUNITY')",
                    ),
                ],
            },
        ),
        ops.RunPython(fold_names),
        ops.RunSQL([*_fill("sqlite"), *_fill("postgres")]),
        ops.RunSQL("CREATE UNIQUE INDEX search_document_unique_1 ON search_document (kind, subject_id)"),
        ops.RunSQL("CREATE INDEX search_document_listed_1 ON search_document (organization_id, kind)"),
        # The planner decides by a sample of the texts if a word is common.
        ops.RunSQL("-- only: postgres\nALTER TABLE search_document ALTER COLUMN text SET STATISTICS 1000"),
        ops.RunSQL([*_sqlite_triggers(), POSTGRES_FUNCTIONS, *_postgres_triggers()]),
    ]
