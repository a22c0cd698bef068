"""The first tables: all that the domain names, with their keys, checks, uniques and triggers."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

UNIQUE = {
    "organization": ["name"],
    "member": ["organization_id, email"],
    "team": ["organization_id, name"],
    "api_key": ["public_id"],
    "exchange_rate": ["organization_id, currency, valid_from"],
    "account": ["organization_id, external_system, external_id", "organization_id, domain"],
    "contact": ["organization_id, external_system, external_id"],
    "imported_row": ["organization_id, external_system, external_id"],
    "sales_process": ["organization_id, process_key, version"],
    "opportunity": ["organization_id, number", "organization_id, external_system, external_id"],
    "collaborator": ["opportunity_id, member_id"],
    "stakeholder": ["opportunity_id, contact_id"],
    "stakeholder_relation": ["stakeholder_id, kind, to_id"],
    "decision_step": ["opportunity_id, position"],
    "objective": ["opportunity_id, position"],
    "milestone": ["opportunity_id, template_key"],
    "activity": ["organization_id, external_system, external_id"],
    "activity_contact": ["activity_id, contact_id"],
    "transition": ["opportunity_id, sequence"],
    "event": ["id"],
}
LISTED = {
    "opportunity": [
        "organization_id, created_at, id",
        "organization_id, updated_at, id",
        "organization_id, state, id",
        "organization_id, owner_id, id",
        "organization_id, expected_close_date, id",
        "organization_id, base_minor, id",
        "organization_id, name_folded, id",
    ],
    "account": ["organization_id, name_folded, id"],
    "contact": ["organization_id, name_folded, id"],
    "assessment": ["opportunity_id, criterion, assessed_at"],
    "event": ["organization_id, xid, pos", "aggregateid, pos"],
    "activity": ["opportunity_id, at"],
}
FOR_EVER = ["assessment", "event", "risk_review", "sales_process", "transition"]


def _indexes() -> list[str]:
    made = [
        f"CREATE UNIQUE INDEX {table}_unique_{place} ON {table} ({columns})"
        for table, all_columns in UNIQUE.items()
        for place, columns in enumerate(all_columns, 1)
    ]
    made += [
        f"CREATE INDEX {table}_listed_{place} ON {table} ({columns})"
        for table, all_columns in LISTED.items()
        for place, columns in enumerate(all_columns, 1)
    ]
    return made


def _append_only() -> list[str]:
    """History is refused an update or a delete by the database itself."""
    postgres = """-- only: postgres
        CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"""
    sqlite = [
        f"""-- only: sqlite
        CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
        for table in FOR_EVER
        for verb in ("update", "delete")
    ]
    triggers = [
        f"""-- only: postgres
        CREATE TRIGGER {table}_for_ever BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_rewriting()"""
        for table in FOR_EVER
    ]
    truncates = [
        f"""-- only: postgres
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"""
        for table in FOR_EVER
    ]
    return [postgres, *sqlite, *triggers, *truncates]


def _same_order() -> list[str]:
    """Names order by code point on both databases, and a NOT NULL default epoch stands in its one row."""
    collated = [
        f"""-- only: postgres
        ALTER TABLE {table} ALTER COLUMN name_folded TYPE varchar(1024) COLLATE "C" """
        for table in ("account", "contact", "opportunity")
    ]
    return [*collated, "INSERT INTO feed_epoch (id, epoch) VALUES (1, 1)"]


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="FeedEpoch",
            fields=[
                ("id", fields.IntField(primary_key=True, generated=False)),
                ("epoch", fields.IntField()),
            ],
            options={
                "table": "feed_epoch",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(name="feed_epoch_one_sound", check="id = 1"),
                ],
                "pk_attr": "id",
                "table_description": "One row; a restore raises it, so that older cursors are told apart.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Organization",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                ("name", fields.CharField(max_length=255)),
                ("base_currency", fields.CharField(max_length=3)),
                ("time_zone", fields.CharField(max_length=64)),
                ("default_process_key", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "organization",
                "app": "pursuit",
                "pk_attr": "id",
                "table_description": "A company that sells; nothing of it is ever seen by another.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=255)),
                ("name_folded", fields.CharField(max_length=1024)),
                ("domain", fields.CharField(null=True, max_length=255)),
                ("industry", fields.CharField(null=True, max_length=255)),
                ("employee_count", fields.IntField(null=True)),
                ("annual_revenue_minor", fields.BigIntField(null=True)),
                ("annual_revenue_currency", fields.CharField(null=True, max_length=3)),
                ("country", fields.CharField(null=True, max_length=255)),
                ("external_system", fields.CharField(null=True, max_length=255)),
                ("external_id", fields.CharField(null=True, max_length=255)),
                ("attributes", fields.JSONField()),
                ("version", fields.IntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "account",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(name="account_version_sound", check="version >= 1"),
                    CheckConstraint(name="account_employees_sound", check="employee_count >= 0"),
                    CheckConstraint(
                        name="account_revenue_sound",
                        check="annual_revenue_minor >= 0 AND (annual_revenue_minor IS NULL) = (annual_revenue_currency IS NULL)",
                    ),
                    CheckConstraint(
                        name="account_external_sound",
                        check="(external_system IS NULL) = (external_id IS NULL)",
                    ),
                    CheckConstraint(name="account_domain_lower_sound", check="domain = lower(domain)"),
                ],
                "pk_attr": "id",
                "table_description": "A company that may buy; `name_folded` is its name case-folded, for search, matching and order.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Contact",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "account",
                    fields.ForeignKeyField(
                        "pursuit.Account",
                        source_field="account_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=255)),
                ("name_folded", fields.CharField(max_length=1024)),
                ("email", fields.CharField(null=True, max_length=255)),
                ("phone", fields.CharField(null=True, max_length=255)),
                ("title", fields.CharField(null=True, max_length=255)),
                ("external_system", fields.CharField(null=True, max_length=255)),
                ("external_id", fields.CharField(null=True, max_length=255)),
                ("attributes", fields.JSONField()),
                ("version", fields.IntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "contact",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(name="contact_version_sound", check="version >= 1"),
                    CheckConstraint(
                        name="contact_external_sound",
                        check="(external_system IS NULL) = (external_id IS NULL)",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A person at an account.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ExchangeRate",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("currency", fields.CharField(max_length=3)),
                ("rate", fields.DecimalField(max_digits=30, decimal_places=12)),
                ("valid_from", fields.DateField()),
            ],
            options={
                "table": "exchange_rate",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(name="exchange_rate_rate_sound", check="CAST(rate AS REAL) > 0"),
                ],
                "pk_attr": "id",
                "table_description": "Base currency per one unit of `currency`, from a day on.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OpportunityCounter",
            fields=[
                (
                    "organization",
                    fields.OneToOneField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        primary_key=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("last_number", fields.IntField()),
            ],
            options={
                "table": "opportunity_counter",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(name="opportunity_counter_number_sound", check="last_number >= 0"),
                ],
                "pk_attr": "organization_id",
                "table_description": "The last opportunity number given out; its row is locked last in a transaction.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ApiKey",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=255)),
                ("role", fields.CharField(max_length=32)),
                ("public_id", fields.CharField(max_length=32)),
                ("secret_hash", fields.CharField(max_length=128)),
                ("actor_kind", fields.CharField(max_length=32)),
                ("actor_name", fields.CharField(max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_key",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="api_key_role_known",
                        check=""""role" IN ('REP', 'MANAGER', 'ADMIN', 'INTEGRATOR', 'OBSERVER')""",
                    ),
                    CheckConstraint(
                        name="api_key_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A credential `pur_<public_id>_<secret>`; only the secret's hash is kept.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Event",
            fields=[
                ("pos", fields.BigIntField(generated=True, primary_key=True)),
                ("id", fields.UUIDField()),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("epoch", fields.IntField()),
                ("xid", fields.BigIntField(db_default=0)),
                ("aggregatetype", fields.CharField(max_length=64)),
                ("aggregateid", fields.UUIDField()),
                ("type", fields.CharField(max_length=64)),
                ("payload", fields.JSONField()),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor_kind", fields.CharField(max_length=32)),
                ("actor_name", fields.CharField(max_length=255)),
                ("request_id", fields.CharField(null=True, max_length=64)),
            ],
            options={
                "table": "event",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="event_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                    CheckConstraint(name="event_place_sound", check="xid >= 0 AND epoch >= 1"),
                ],
                "pk_attr": "pos",
                "table_description": "One fact; its place in the feed is (epoch, xid, pos).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ImportedRow",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("external_system", fields.CharField(max_length=255)),
                ("external_id", fields.CharField(max_length=255)),
                ("row", fields.JSONField()),
                ("imported_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "imported_row",
                "app": "pursuit",
                "pk_attr": "id",
                "table_description": "The last row imported under a key, so that the same row again changes nothing.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Member",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=255)),
                ("email", fields.CharField(max_length=255)),
                ("role", fields.CharField(max_length=32)),
                ("visibility", fields.CharField(max_length=32)),
                ("active", fields.BooleanField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "member",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="member_role_known",
                        check=""""role" IN ('REP', 'MANAGER', 'ADMIN', 'INTEGRATOR', 'OBSERVER')""",
                    ),
                    CheckConstraint(
                        name="member_visibility_known", check=""""visibility" IN ('OWN', 'TEAM', 'ALL')"""
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A person of the organization; `email` is kept in lower case.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SalesProcess",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("process_key", fields.CharField(max_length=64)),
                ("version", fields.IntField()),
                ("name", fields.CharField(max_length=255)),
                ("document", fields.JSONField()),
                ("content_hash", fields.CharField(max_length=64)),
                ("published_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor_kind", fields.CharField(max_length=32)),
                ("actor_name", fields.CharField(max_length=255)),
                (
                    "actor_member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="actor_member_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "sales_process",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="sales_process_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                    CheckConstraint(name="sales_process_version_sound", check="version >= 1"),
                ],
                "pk_attr": "id",
                "table_description": "One published version of a process: a document that never changes.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Team",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=255)),
                (
                    "parent",
                    fields.ForeignKeyField(
                        "pursuit.Team",
                        source_field="parent_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "manager",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="manager_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "team",
                "app": "pursuit",
                "pk_attr": "id",
                "table_description": "A team in the tree of teams.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Target",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="member_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "team",
                    fields.ForeignKeyField(
                        "pursuit.Team",
                        source_field="team_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("from_day", fields.DateField()),
                ("to_day", fields.DateField()),
                ("value_minor", fields.BigIntField()),
                ("value_currency", fields.CharField(max_length=3)),
            ],
            options={
                "table": "target",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(name="target_days_sound", check="from_day <= to_day"),
                    CheckConstraint(name="target_value_sound", check="value_minor >= 0"),
                ],
                "pk_attr": "id",
                "table_description": "What the organization, a team or a member is to win in a period.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Opportunity",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.IntField()),
                ("name", fields.CharField(max_length=255)),
                ("name_folded", fields.CharField(max_length=1024)),
                ("type", fields.CharField(max_length=32)),
                ("description", fields.TextField(null=True, unique=False)),
                ("source", fields.CharField(null=True, max_length=255)),
                ("external_system", fields.CharField(null=True, max_length=255)),
                ("external_id", fields.CharField(null=True, max_length=255)),
                (
                    "account",
                    fields.ForeignKeyField(
                        "pursuit.Account",
                        source_field="account_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="owner_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "process",
                    fields.ForeignKeyField(
                        "pursuit.SalesProcess",
                        source_field="process_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("state", fields.CharField(max_length=32)),
                ("state_since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("value_minor", fields.BigIntField(null=True)),
                ("value_currency", fields.CharField(null=True, max_length=3)),
                ("base_minor", fields.BigIntField(null=True)),
                ("probability", fields.FloatField()),
                ("probability_is_manual", fields.BooleanField()),
                ("forecast_category", fields.CharField(max_length=32)),
                ("expected_close_date", fields.DateField(null=True)),
                ("latest_close_date", fields.DateField(null=True)),
                ("push_count", fields.IntField()),
                ("next_step_text", fields.TextField(null=True, unique=False)),
                ("next_step_due", fields.DateField(null=True)),
                ("next_step_agreed", fields.BooleanField()),
                ("pain_since", fields.DateField(null=True)),
                ("purchase_process", fields.CharField(max_length=32)),
                ("decision_date", fields.DateField(null=True)),
                ("compelling_event", fields.TextField(null=True, unique=False)),
                ("motivation_to_change", fields.TextField(null=True, unique=False)),
                ("first_time_buyer", fields.BooleanField(null=True)),
                ("prior_attempt_failed", fields.BooleanField(null=True)),
                ("prior_attempt_note", fields.TextField(null=True, unique=False)),
                ("closed_on", fields.DateField(null=True)),
                ("closed_from", fields.CharField(null=True, max_length=32)),
                ("win_reason", fields.CharField(null=True, max_length=32)),
                ("loss_reason", fields.CharField(null=True, max_length=32)),
                ("disqualify_reason", fields.CharField(null=True, max_length=32)),
                ("close_note", fields.TextField(null=True, unique=False)),
                ("health", fields.IntField(null=True)),
                ("risk_level", fields.CharField(null=True, max_length=32)),
                ("attributes", fields.JSONField()),
                ("version", fields.IntField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "opportunity",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="opportunity_type_known",
                        check=""""type" IN ('NEW_BUSINESS', 'EXISTING_BUSINESS', 'RENEWAL', 'UPSELL', 'CROSS_SELL')""",
                    ),
                    CheckConstraint(
                        name="opportunity_state_known",
                        check=""""state" IN ('LEAD', 'QUALIFIED', 'PROGRESSING', 'WON', 'LOST', 'DISQUALIFIED')""",
                    ),
                    CheckConstraint(
                        name="opportunity_forecast_category_known",
                        check=""""forecast_category" IN ('OMITTED', 'PIPELINE', 'BEST_CASE', 'MOST_LIKELY', 'COMMIT', 'CLOSED')""",
                    ),
                    CheckConstraint(
                        name="opportunity_purchase_process_known",
                        check=""""purchase_process" IN ('UNKNOWN', 'INDIVIDUAL', 'COMMITTEE', 'TENDER')""",
                    ),
                    CheckConstraint(
                        name="opportunity_closed_from_known",
                        check=""""closed_from" IN ('LEAD', 'QUALIFIED', 'PROGRESSING', 'WON', 'LOST', 'DISQUALIFIED')""",
                    ),
                    CheckConstraint(
                        name="opportunity_win_reason_known",
                        check=""""win_reason" IN ('CAPABILITY', 'PRICE_VALUE', 'RELATIONSHIP', 'RISK_REDUCTION', 'SPEED', 'INCUMBENCY', 'OTHER')""",
                    ),
                    CheckConstraint(
                        name="opportunity_loss_reason_known",
                        check=""""loss_reason" IN ('NO_DECISION', 'LOST_TO_COMPETITOR', 'PRICE', 'NO_BUDGET', 'TIMING', 'MISSING_CAPABILITY', 'NO_ACCESS_TO_DECISION_MAKER', 'CHAMPION_LEFT', 'UNRESPONSIVE', 'PERCEIVED_RISK', 'PROJECT_CANCELLED', 'OTHER')""",
                    ),
                    CheckConstraint(
                        name="opportunity_disqualify_reason_known",
                        check=""""disqualify_reason" IN ('NO_PAIN', 'NO_INTEREST', 'NO_FIT', 'NO_BUDGET', 'NO_AUTHORITY', 'NO_TIMELINE', 'INFORMATION_SEEKER', 'DUPLICATE', 'STALLED', 'UNREACHABLE', 'OTHER')""",
                    ),
                    CheckConstraint(
                        name="opportunity_risk_level_known",
                        check=""""risk_level" IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')""",
                    ),
                    CheckConstraint(name="opportunity_number_sound", check="number >= 1"),
                    CheckConstraint(name="opportunity_version_sound", check="version >= 1"),
                    CheckConstraint(
                        name="opportunity_value_sound",
                        check="value_minor >= 0 AND value_minor < 1000000000000000",
                    ),
                    CheckConstraint(
                        name="opportunity_value_currency_sound",
                        check="(value_minor IS NULL) = (value_currency IS NULL)",
                    ),
                    CheckConstraint(name="opportunity_base_sound", check="base_minor >= 0"),
                    CheckConstraint(
                        name="opportunity_probability_sound", check="probability >= 0 AND probability <= 1"
                    ),
                    CheckConstraint(name="opportunity_push_count_sound", check="push_count >= 0"),
                    CheckConstraint(
                        name="opportunity_external_sound",
                        check="(external_system IS NULL) = (external_id IS NULL)",
                    ),
                    CheckConstraint(
                        name="opportunity_closed_sound",
                        check="(closed_on IS NOT NULL) = (state IN ('WON', 'LOST', 'DISQUALIFIED')) AND (closed_from IS NULL) = (closed_on IS NULL)",
                    ),
                    CheckConstraint(
                        name="opportunity_won_reason_sound", check="win_reason IS NULL OR state = 'WON'"
                    ),
                    CheckConstraint(
                        name="opportunity_lost_reason_sound", check="loss_reason IS NULL OR state = 'LOST'"
                    ),
                    CheckConstraint(
                        name="opportunity_disqualified_reason_sound",
                        check="disqualify_reason IS NULL OR state = 'DISQUALIFIED'",
                    ),
                    CheckConstraint(name="opportunity_health_sound", check="health >= 0 AND health <= 100"),
                ],
                "pk_attr": "id",
                "table_description": "A deal; `base_minor`, `health` and `risk_level` are stored so that lists filter and order by them.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Activity",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=32)),
                ("direction", fields.CharField(max_length=32)),
                ("two_way", fields.BooleanField()),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("summary", fields.TextField(unique=False)),
                ("external_system", fields.CharField(null=True, max_length=255)),
                ("external_id", fields.CharField(null=True, max_length=255)),
                ("voided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("actor_kind", fields.CharField(max_length=32)),
                ("actor_name", fields.CharField(max_length=255)),
                (
                    "actor_member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="actor_member_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "activity",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="activity_kind_known",
                        check=""""kind" IN ('CALL', 'MEETING', 'EMAIL', 'DEMO', 'NOTE', 'OTHER')""",
                    ),
                    CheckConstraint(
                        name="activity_direction_known",
                        check=""""direction" IN ('INBOUND', 'OUTBOUND', 'INTERNAL')""",
                    ),
                    CheckConstraint(
                        name="activity_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "Something that was done; `voided_at` where it turned out not to have happened.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ActivityContact",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "activity",
                    fields.ForeignKeyField(
                        "pursuit.Activity",
                        source_field="activity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "contact",
                    fields.ForeignKeyField(
                        "pursuit.Contact",
                        source_field="contact_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "activity_contact",
                "app": "pursuit",
                "pk_attr": "id",
                "table_description": "A contact who took part in an activity.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Collaborator",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="member_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "collaborator",
                "app": "pursuit",
                "pk_attr": "id",
                "table_description": "A member who works the deal with its owner.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Competitor",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=32)),
                ("name", fields.CharField(max_length=255)),
                ("standing", fields.CharField(max_length=32)),
                ("strengths", fields.TextField(null=True, unique=False)),
                ("weaknesses", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "competitor",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="competitor_kind_known",
                        check=""""kind" IN ('VENDOR', 'INCUMBENT', 'IN_HOUSE', 'STATUS_QUO')""",
                    ),
                    CheckConstraint(
                        name="competitor_standing_known",
                        check=""""standing" IN ('SUSPECTED', 'ACTIVE', 'SHORTLISTED', 'PREFERRED', 'ELIMINATED')""",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "Whom or what the buyer compares us with; doing nothing is one too.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Milestone",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("template_key", fields.CharField(null=True, max_length=64)),
                ("name", fields.CharField(max_length=255)),
                ("side", fields.CharField(max_length=32)),
                ("weight", fields.SmallIntField()),
                ("status", fields.CharField(max_length=32)),
                ("due", fields.DateField(null=True)),
                ("position", fields.IntField()),
                ("completed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("evidence", fields.TextField(null=True, unique=False)),
                ("waive_reason", fields.TextField(null=True, unique=False)),
                ("actor_kind", fields.CharField(null=True, max_length=32)),
                ("actor_name", fields.CharField(null=True, max_length=255)),
                (
                    "actor_member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="actor_member_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "milestone",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="milestone_side_known", check=""""side" IN ('BUYER', 'SELLER', 'JOINT')"""
                    ),
                    CheckConstraint(
                        name="milestone_status_known",
                        check=""""status" IN ('PLANNED', 'DONE', 'MISSED', 'WAIVED')""",
                    ),
                    CheckConstraint(
                        name="milestone_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                    CheckConstraint(name="milestone_weight_sound", check="weight >= 0"),
                ],
                "pk_attr": "id",
                "table_description": "A step towards the purchase; `key` is empty for one added by hand.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Objective",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("position", fields.IntField()),
                ("text", fields.TextField(unique=False)),
                ("metric", fields.CharField(null=True, max_length=255)),
                ("baseline", fields.CharField(null=True, max_length=255)),
                ("goal", fields.CharField(null=True, max_length=255)),
                ("due", fields.DateField(null=True)),
            ],
            options={
                "table": "objective",
                "app": "pursuit",
                "pk_attr": "id",
                "table_description": "What the buyer wants to reach, and how it is measured.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RiskReview",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("reviewed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("none_found", fields.BooleanField()),
                ("note", fields.TextField(null=True, unique=False)),
                ("actor_kind", fields.CharField(max_length=32)),
                ("actor_name", fields.CharField(max_length=255)),
                (
                    "actor_member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="actor_member_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "risk_review",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="risk_review_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "Somebody went through the buyer's risks; append-only.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Stakeholder",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "contact",
                    fields.ForeignKeyField(
                        "pursuit.Contact",
                        source_field="contact_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("roles", fields.JSONField()),
                ("influence", fields.CharField(max_length=32)),
                ("attitude", fields.CharField(max_length=32)),
                ("buying_style", fields.CharField(max_length=32)),
                ("motivation", fields.TextField(null=True, unique=False)),
                ("is_primary", fields.BooleanField()),
                ("left_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "stakeholder",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="stakeholder_influence_known",
                        check=""""influence" IN ('UNKNOWN', 'MINOR', 'SIGNIFICANT', 'DECISIVE')""",
                    ),
                    CheckConstraint(
                        name="stakeholder_attitude_known",
                        check=""""attitude" IN ('UNKNOWN', 'HOSTILE', 'SCEPTICAL', 'NEUTRAL', 'SUPPORTIVE', 'CONVINCED')""",
                    ),
                    CheckConstraint(
                        name="stakeholder_buying_style_known",
                        check=""""buying_style" IN ('UNKNOWN', 'FINANCIAL', 'TECHNICAL', 'RELATIONSHIP', 'BUSINESS')""",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A contact who takes part in one purchase; `roles` is a list of buying roles.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Assessment",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("criterion", fields.CharField(max_length=64)),
                ("grade", fields.CharField(max_length=32)),
                ("evidence", fields.TextField(null=True, unique=False)),
                ("evidence_url", fields.TextField(null=True, unique=False)),
                (
                    "said_by",
                    fields.ForeignKeyField(
                        "pursuit.Stakeholder",
                        source_field="said_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("actor_kind", fields.CharField(max_length=32)),
                ("actor_name", fields.CharField(max_length=255)),
                (
                    "actor_member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="actor_member_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("assessed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "assessment",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="assessment_grade_known",
                        check=""""grade" IN ('UNKNOWN', 'IDENTIFIED', 'VALIDATED', 'CONFIRMED', 'DISPROVED')""",
                    ),
                    CheckConstraint(
                        name="assessment_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "One answer to one criterion; append-only, the latest counts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DecisionStep",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("position", fields.IntField()),
                ("name", fields.CharField(max_length=255)),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "pursuit.Stakeholder",
                        source_field="owner_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("due", fields.DateField(null=True)),
                ("done", fields.BooleanField()),
            ],
            options={
                "table": "decision_step",
                "app": "pursuit",
                "pk_attr": "id",
                "table_description": "A step of the buyer's way to a decision, in order of `position`.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Risk",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("category", fields.CharField(max_length=32)),
                ("statement", fields.TextField(unique=False)),
                (
                    "perceived_by",
                    fields.ForeignKeyField(
                        "pursuit.Stakeholder",
                        source_field="perceived_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("likelihood", fields.SmallIntField()),
                ("impact", fields.SmallIntField()),
                ("status", fields.CharField(max_length=32)),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="owner_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("review_due", fields.DateField(null=True)),
                ("raised_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("settle_reason", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "risk",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="risk_category_known",
                        check=""""category" IN ('FINANCIAL', 'PERFORMANCE', 'IMPLEMENTATION', 'TIME', 'SOCIAL_CAREER', 'PSYCHOLOGICAL', 'SECURITY_COMPLIANCE', 'VENDOR_VIABILITY', 'ADOPTION_CHANGE', 'LINKED_DECISION')""",
                    ),
                    CheckConstraint(
                        name="risk_status_known",
                        check=""""status" IN ('SUSPECTED', 'CONFIRMED', 'MITIGATING', 'MITIGATED', 'ACCEPTED', 'CLOSED')""",
                    ),
                    CheckConstraint(name="risk_likelihood_sound", check="likelihood BETWEEN 1 AND 5"),
                    CheckConstraint(name="risk_impact_sound", check="impact BETWEEN 1 AND 5"),
                ],
                "pk_attr": "id",
                "table_description": "Something the buyer fears; likelihood and impact are 1 to 5.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Mitigation",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "risk",
                    fields.ForeignKeyField(
                        "pursuit.Risk",
                        source_field="risk_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=32)),
                ("action", fields.TextField(unique=False)),
                ("due", fields.DateField(null=True)),
                ("done_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("evidence", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "mitigation",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="mitigation_kind_known",
                        check=""""kind" IN ('REFERENCE', 'PILOT', 'GUARANTEE', 'PHASED_ROLLOUT', 'CONTRACT_TERM', 'BUSINESS_CASE', 'TRAINING', 'OTHER')""",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "What is done to make a risk smaller.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StakeholderRelation",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "stakeholder",
                    fields.ForeignKeyField(
                        "pursuit.Stakeholder",
                        source_field="stakeholder_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("kind", fields.CharField(max_length=32)),
                (
                    "to",
                    fields.ForeignKeyField(
                        "pursuit.Stakeholder",
                        source_field="to_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
            ],
            options={
                "table": "stakeholder_relation",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="stakeholder_relation_kind_known",
                        check=""""kind" IN ('REPORTS_TO', 'INFLUENCES', 'CONFLICTS_WITH')""",
                    ),
                    CheckConstraint(
                        name="stakeholder_relation_another_sound", check="stakeholder_id <> to_id"
                    ),
                ],
                "pk_attr": "id",
                "table_description": "How one stakeholder stands to another of the same deal.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Transition",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sequence", fields.IntField()),
                ("trigger", fields.CharField(max_length=32)),
                ("from_state", fields.CharField(max_length=32)),
                ("to_state", fields.CharField(max_length=32)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("actor_kind", fields.CharField(max_length=32)),
                ("actor_name", fields.CharField(max_length=255)),
                (
                    "actor_member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="actor_member_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("source", fields.CharField(max_length=32)),
                ("note", fields.TextField(null=True, unique=False)),
                ("requirements", fields.JSONField()),
                (
                    "process",
                    fields.ForeignKeyField(
                        "pursuit.SalesProcess",
                        source_field="process_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("seconds_in_previous_state", fields.BigIntField()),
                ("value_minor", fields.BigIntField(null=True)),
                ("value_currency", fields.CharField(null=True, max_length=3)),
                ("expected_close_date", fields.DateField(null=True)),
                ("probability", fields.FloatField()),
                ("forecast_category", fields.CharField(max_length=32)),
                ("closed_on", fields.DateField(null=True)),
                ("win_reason", fields.CharField(null=True, max_length=32)),
                ("loss_reason", fields.CharField(null=True, max_length=32)),
                ("disqualify_reason", fields.CharField(null=True, max_length=32)),
                (
                    "lost_to",
                    fields.ForeignKeyField(
                        "pursuit.Competitor",
                        source_field="lost_to_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
            ],
            options={
                "table": "transition",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="transition_trigger_known",
                        check=""""trigger" IN ('QUALIFY', 'PROGRESS', 'WIN', 'LOSE', 'DISQUALIFY', 'REGRESS', 'REOPEN')""",
                    ),
                    CheckConstraint(
                        name="transition_from_state_known",
                        check=""""from_state" IN ('LEAD', 'QUALIFIED', 'PROGRESSING', 'WON', 'LOST', 'DISQUALIFIED')""",
                    ),
                    CheckConstraint(
                        name="transition_to_state_known",
                        check=""""to_state" IN ('LEAD', 'QUALIFIED', 'PROGRESSING', 'WON', 'LOST', 'DISQUALIFIED')""",
                    ),
                    CheckConstraint(
                        name="transition_source_known",
                        check=""""source" IN ('API', 'BULK', 'IMPORT', 'SYSTEM')""",
                    ),
                    CheckConstraint(
                        name="transition_forecast_category_known",
                        check=""""forecast_category" IN ('OMITTED', 'PIPELINE', 'BEST_CASE', 'MOST_LIKELY', 'COMMIT', 'CLOSED')""",
                    ),
                    CheckConstraint(
                        name="transition_win_reason_known",
                        check=""""win_reason" IN ('CAPABILITY', 'PRICE_VALUE', 'RELATIONSHIP', 'RISK_REDUCTION', 'SPEED', 'INCUMBENCY', 'OTHER')""",
                    ),
                    CheckConstraint(
                        name="transition_loss_reason_known",
                        check=""""loss_reason" IN ('NO_DECISION', 'LOST_TO_COMPETITOR', 'PRICE', 'NO_BUDGET', 'TIMING', 'MISSING_CAPABILITY', 'NO_ACCESS_TO_DECISION_MAKER', 'CHAMPION_LEFT', 'UNRESPONSIVE', 'PERCEIVED_RISK', 'PROJECT_CANCELLED', 'OTHER')""",
                    ),
                    CheckConstraint(
                        name="transition_disqualify_reason_known",
                        check=""""disqualify_reason" IN ('NO_PAIN', 'NO_INTEREST', 'NO_FIT', 'NO_BUDGET', 'NO_AUTHORITY', 'NO_TIMELINE', 'INFORMATION_SEEKER', 'DUPLICATE', 'STALLED', 'UNREACHABLE', 'OTHER')""",
                    ),
                    CheckConstraint(
                        name="transition_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                    CheckConstraint(name="transition_sequence_sound", check="sequence >= 1"),
                    CheckConstraint(name="transition_seconds_sound", check="seconds_in_previous_state >= 0"),
                    CheckConstraint(
                        name="transition_probability_sound", check="probability >= 0 AND probability <= 1"
                    ),
                ],
                "pk_attr": "id",
                "table_description": "One arrow taken: the gate as it was evaluated, what the deal weighed then, and the close it made.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Override",
            fields=[
                ("id", fields.UUIDField(primary_key=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "pursuit.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opportunity",
                    fields.ForeignKeyField(
                        "pursuit.Opportunity",
                        source_field="opportunity_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "transition",
                    fields.ForeignKeyField(
                        "pursuit.Transition",
                        source_field="transition_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("requirement_keys", fields.JSONField()),
                ("reason", fields.TextField(unique=False)),
                ("actor_kind", fields.CharField(max_length=32)),
                ("actor_name", fields.CharField(max_length=255)),
                (
                    "actor_member",
                    fields.ForeignKeyField(
                        "pursuit.Member",
                        source_field="actor_member_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("settled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "override",
                "app": "pursuit",
                "constraints": [
                    CheckConstraint(
                        name="override_actor_kind_known",
                        check=""""actor_kind" IN ('MEMBER', 'API_KEY', 'SYSTEM')""",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "Requirements that a manager passed: a debt until each of them holds.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="ApiKey",
            name="member",
            field=fields.ForeignKeyField(
                "pursuit.Member",
                source_field="member_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="ApiKey",
            index=Index(fields=["member_id"], name="idx_api_key_member_id"),
        ),
        ops.AddField(
            model_name="ApiKey",
            name="actor_member",
            field=fields.ForeignKeyField(
                "pursuit.Member",
                source_field="actor_member_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="ApiKey",
            index=Index(fields=["actor_member_id"], name="idx_api_key_actor_member_id"),
        ),
        ops.AddField(
            model_name="Event",
            name="actor_member",
            field=fields.ForeignKeyField(
                "pursuit.Member",
                source_field="actor_member_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="Event",
            index=Index(fields=["actor_member_id"], name="idx_event_actor_member_id"),
        ),
        ops.AddField(
            model_name="ImportedRow",
            name="opportunity",
            field=fields.ForeignKeyField(
                "pursuit.Opportunity",
                source_field="opportunity_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="ImportedRow",
            index=Index(fields=["opportunity_id"], name="idx_imported_row_opportunity_id"),
        ),
        ops.AddField(
            model_name="Member",
            name="team",
            field=fields.ForeignKeyField(
                "pursuit.Team",
                source_field="team_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="Member",
            index=Index(fields=["team_id"], name="idx_member_team_id"),
        ),
        ops.AddField(
            model_name="Opportunity",
            name="lost_to",
            field=fields.ForeignKeyField(
                "pursuit.Competitor",
                source_field="lost_to_id",
                null=True,
                db_index=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="Opportunity",
            index=Index(fields=["lost_to_id"], name="idx_opportunity_lost_to_id"),
        ),
        ops.RunSQL(_same_order()),
        ops.RunSQL(_indexes()),
        ops.RunSQL(_append_only()),
    ]
