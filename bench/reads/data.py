"""Data of the benchmark of reads: a migrated database, filled by SQL in one transaction."""

from dataclasses import dataclass
from string import Template
from uuid import UUID

import asyncpg

from tests.support.organizations import new_organization
from workflow.models.engine.database import open_database

MEMBERS = 40
TEAMS = 8
DEALS_PER_ACCOUNT = 5
FULL_EVERY = 10
"""Every tenth deal also has risks, activities, assessments, objectives, decision steps and a competitor."""
PROGRESSING_AND_FULL = 30
"""The remainder modulo 100 of the numbers of deals that are PROGRESSING and have everything."""
COMMON_WORD = "granite"
"""A word in the names of one deal in forty."""

ADJECTIVES = (
    "amber,basic,brisk,cedar,cobalt,coral,crimson,delta,drift,ember,falcon,fjord,global,granite,harbor,"
    "indigo,ivory,jasper,juniper,lagoon,linden,lunar,maple,meadow,nordic,onyx,opal,orchid,pacific,prime,"
    "quartz,rapid,royal,saffron,sierra,silver,solar,summit,timber,velvet"
)
PRODUCTS = (
    "analytics,archive,billing,cloud,compliance,dashboard,delivery,editor,forecast,gateway,hosting,inventory,"
    "ledger,mailer,monitor,network,payroll,planner,portal,reporting,routing,scheduler,storage,support"
)
COMPANY_KINDS = "Group,Holding,Industries,Labs,Logistics,Partners,Systems"
FIRST_NAMES = "Ada,Ben,Carla,Deniz,Elif,Farid,Grace,Hana,Ivo,Jana,Kofi,Lena,Marta,Nils,Olga,Pavel,Rosa"
LAST_NAMES = "Adler,Berg,Costa,Dahl,Ekman,Ferrer,Gruber,Hansen,Ito,Jansen,Kovac,Lindt,Moreau,Novak,Okafor"


def _id(kind: int, number: str) -> str:
    """Return SQL for the id of a row of one kind; as in the product, later rows have greater ids."""
    return f"('018f0000-{kind:04x}-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


def _pick(words: str, number: str) -> str:
    """Return SQL for the word of a comma-separated list that a number selects."""
    return f"('{{{words}}}'::text[])[1 + ({number}) % {words.count(',') + 1}]"


DEAL = _id(0, "n")
# The owner is n % MEMBERS. With the same remainder in names, an owner's deals would be in one place by name.
NAME_START = _pick(ADJECTIVES, f"n + n / {MEMBERS}")
STATEMENTS = (
    # The product's own checks of foreign keys would take most of the time of a large fill.
    """SELECT set_config('session_replication_role', 'replica', true)
    WHERE current_setting('is_superuser') = 'on'""",
    f"""INSERT INTO team (id, organization_id, name, created_at)
    SELECT {_id(1, "n")}, '$organization', 'Team ' || n, now() FROM generate_series(0, {TEAMS - 1}) n""",
    f"""INSERT INTO member (id, organization_id, name, email, role, visibility, active, team_id, created_at)
    SELECT {_id(2, "n")}, '$organization', 'Member ' || n, n || '@example.com', 'REP', 'ALL', true,
        {_id(1, f"n % {TEAMS}")}, now()
    FROM generate_series(0, {MEMBERS - 1}) n""",
    f"""INSERT INTO account (id, organization_id, name, name_folded, version, attributes,
        created_at, updated_at)
    SELECT {_id(3, "n")}, '$organization', name, lower(name), 1, '{{}}', now(), now()
    FROM generate_series(0, $size / {DEALS_PER_ACCOUNT}) n,
        LATERAL (SELECT initcap({_pick(ADJECTIVES, "n * 17")}) || ' ' || {_pick(COMPANY_KINDS, "n")}
            || ' ' || n AS name) AS named""",
    f"""INSERT INTO contact (id, organization_id, account_id, name, name_folded, email, title, version,
        attributes, created_at, updated_at)
    SELECT {_id(4, "n")}, '$organization', {_id(3, "n / 3")}, name, lower(name),
        'contact' || n || '@example.com', 'Head of ' || {_pick(PRODUCTS, "n")}, 1, '{{}}', now(), now()
    FROM generate_series(0, 3 * ($size / {DEALS_PER_ACCOUNT}) + 2) n,
        LATERAL (SELECT {_pick(FIRST_NAMES, "n")} || ' ' || {_pick(LAST_NAMES, "n / 7")} AS name) AS named""",
    """CREATE TEMPORARY TABLE deal ON COMMIT DROP AS
    SELECT *, state_order = 3 AS closed,
        created + interval '1 day' * (least(state_order, 3) * days_per_step) AS state_since
    FROM (
        SELECT *, CASE state WHEN 'LEAD' THEN 0 WHEN 'QUALIFIED' THEN 1 WHEN 'PROGRESSING' THEN 2 ELSE 3 END
            AS state_order
        FROM (
            SELECT n, 5 + n % 37 AS days_per_step,
                now() - interval '30 days' - interval '1 minute' * (n * 7919::bigint % 1500000) AS created,
                100 * (1 + n * 7919::bigint % 90000) AS value,
                CASE WHEN percentile < 15 THEN 'LEAD' WHEN percentile < 25 THEN 'QUALIFIED'
                    WHEN percentile < 35 THEN 'PROGRESSING' WHEN percentile < 65 THEN 'WON'
                    WHEN percentile < 90 THEN 'LOST' ELSE 'DISQUALIFIED' END AS state
            FROM generate_series(1, $size) n, LATERAL (SELECT n * 31::bigint % 100) AS spread (percentile)
        ) AS numbered) AS with_state""",
    f"""INSERT INTO opportunity (id, organization_id, account_id, owner_id, process_id, number, name,
        name_folded, type, source, state, state_since, value_minor, value_currency, base_minor, probability,
        probability_is_manual, forecast_category, expected_close_date, push_count, next_step_agreed,
        next_step_text, next_step_due, purchase_process, health, closed_on,
        closed_from, win_reason, loss_reason, disqualify_reason, risk_level,
        attributes, version, created_at, updated_at)
    SELECT {DEAL}, '$organization', {_id(3, f"n / {DEALS_PER_ACCOUNT}")}, {_id(2, f"n % {MEMBERS}")},
        '$process', n, name,
        lower(name), 'NEW_BUSINESS', 'Source ' || n % 7, state, state_since, value, 'EUR', value,
        CASE state WHEN 'LEAD' THEN 0.1 WHEN 'QUALIFIED' THEN 0.25 WHEN 'PROGRESSING' THEN 0.5
            WHEN 'WON' THEN 1 ELSE 0 END,
        false, CASE state WHEN 'QUALIFIED' THEN 'PIPELINE' WHEN 'PROGRESSING' THEN 'BEST_CASE'
            WHEN 'WON' THEN 'CLOSED' ELSE 'OMITTED' END,
        CASE WHEN closed THEN state_since::date ELSE CURRENT_DATE + (n * 7919::bigint % 365)::int END, n % 3,
        n % 2 = 0, 'Send the offer', CURRENT_DATE + (n % 30)::int, 'UNKNOWN',
        CASE WHEN closed THEN NULL ELSE n % 101 END, CASE WHEN closed THEN state_since::date END,
        CASE WHEN closed THEN 'PROGRESSING' END, CASE state WHEN 'WON' THEN 'PRICE_VALUE' END,
        CASE state WHEN 'LOST' THEN 'PRICE' END, CASE state WHEN 'DISQUALIFIED' THEN 'NO_PAIN' END,
        CASE WHEN n % {FULL_EVERY} = 0 THEN 'MEDIUM' END,
        '{{}}', 1, created, created + interval '1 hour' * (n % 700)
    FROM deal,
        LATERAL (SELECT initcap({NAME_START}) || ' ' || {_pick(PRODUCTS, "n / 11")}
            || ' ' || n AS name) AS named""",
    """UPDATE opportunity_counter SET last_number = $size WHERE organization_id = '$organization'""",
    f"""INSERT INTO stakeholder (id, organization_id, opportunity_id, contact_id, roles, influence, attitude,
        buying_style, is_primary, created_at)
    SELECT {_id(5, "3 * n + k")}, '$organization', {DEAL}, {_id(4, f"3 * (n / {DEALS_PER_ACCOUNT}) + k")},
        CASE k WHEN 0 THEN '["ECONOMIC_BUYER", "DECISION_MAKER"]' WHEN 1 THEN '["CHAMPION"]'
            ELSE '["EVALUATOR"]' END::jsonb,
        'SIGNIFICANT', 'SUPPORTIVE', 'BUSINESS', k = 0, created + interval '1 day' * k
    FROM deal, generate_series(0, 2) k""",
    # The triggers that do this row by row are off.
    """INSERT INTO search_document (organization_id, kind, subject_id, text)
    SELECT '$organization'::uuid, kind, id, chr(10) || lines || chr(10) FROM (
        SELECT 'ACCOUNT' AS kind, id, name_folded AS lines FROM account
        UNION ALL SELECT 'CONTACT', id, name_folded FROM contact
        UNION ALL SELECT 'OPPORTUNITY', o.id, concat_ws(chr(10), o.name_folded, a.name_folded, lower(m.name),
            people.names, translate(o.number::text, '0123456789', 'ABCDEFGHIJ'))
        FROM opportunity o JOIN account a ON a.id = o.account_id JOIN member m ON m.id = o.owner_id
        JOIN (SELECT opportunity_id, string_agg(name_folded, chr(10)) AS names
            FROM stakeholder JOIN contact c ON c.id = contact_id GROUP BY 1) AS people
        ON opportunity_id = o.id) AS document
    ON CONFLICT DO NOTHING""",
    f"""INSERT INTO milestone (id, organization_id, opportunity_id, template_key, name, side, weight, status,
        due, position, completed_at, evidence, created_at)
    SELECT {_id(6, "4 * n + k")}, '$organization', {DEAL}, document #>> ARRAY['milestones', k::text, 'key'],
        document #>> ARRAY['milestones', k::text, 'name'], document #>> ARRAY['milestones', k::text, 'side'],
        (document #>> ARRAY['milestones', k::text, 'weight'])::int,
        CASE WHEN k = 0 THEN 'DONE' ELSE 'PLANNED' END,
        CURRENT_DATE + k * 7 + (n % 20)::int - 5, k, CASE WHEN k = 0 THEN created END,
        CASE WHEN k = 0 THEN 'Confirmed by e-mail' END, created
    FROM deal, generate_series(0, 3) k,
        (SELECT document FROM sales_process WHERE id = '$process') AS process""",
    """INSERT INTO transition (id, organization_id, opportunity_id, process_id, sequence, trigger, from_state,
        to_state, at, seconds_in_previous_state, source, actor_kind, actor_name,
        requirements, forecast_category, probability)
    SELECT gen_random_uuid(), '$organization', $deal, '$process', step, trigger, from_state,
        to_state, created + interval '1 day' * (step * days_per_step), 86400 * days_per_step, 'API',
        'SYSTEM', 'Bench', '[]', 'PIPELINE', 0.25
    FROM deal, LATERAL (VALUES
        (1, 'QUALIFY', 'LEAD', 'QUALIFIED'),
        (2, 'PROGRESS', 'QUALIFIED', 'PROGRESSING'),
        (3, CASE state WHEN 'WON' THEN 'WIN' WHEN 'LOST' THEN 'LOSE' ELSE 'DISQUALIFY' END,
            'PROGRESSING', state))
        AS edge (step, trigger, from_state, to_state)
    WHERE step <= state_order""".replace("$deal", DEAL),
    f"""INSERT INTO risk (id, organization_id, opportunity_id, category, statement, perceived_by_id,
        likelihood, impact, status, owner_id, review_due, raised_at)
    SELECT {_id(7, "2 * n + k")}, '$organization', {DEAL}, CASE k WHEN 0 THEN 'FINANCIAL' ELSE 'TIME' END,
        'They fear that it takes longer than planned', {_id(5, "3 * n + k")}, 3, 3, 'CONFIRMED',
        {_id(2, f"n % {MEMBERS}")}, CURRENT_DATE + 10, created
    FROM deal, generate_series(0, 1) k WHERE n % {FULL_EVERY} = 0""",
    f"""INSERT INTO mitigation (id, organization_id, risk_id, kind, action, due, created_at)
    SELECT {_id(8, "2 * n + k")}, '$organization', {_id(7, "2 * n + k")}, 'REFERENCE',
        'Introduce them to a customer of the same size', CURRENT_DATE + 14, created
    FROM deal, generate_series(0, 1) k WHERE n % {FULL_EVERY} = 0""",
    f"""INSERT INTO assessment (id, organization_id, opportunity_id, criterion, grade, evidence, said_by_id,
        actor_kind, actor_name, assessed_at)
    SELECT {_id(9, "4 * n + k")}, '$organization', {DEAL}, ('{{pain,interest,fit,need}}'::text[])[1 + k],
        'VALIDATED', 'They said so in the first meeting', {_id(5, "3 * n")}, 'SYSTEM', 'Bench', created
    FROM deal, generate_series(0, 3) k WHERE n % {FULL_EVERY} = 0""",
    f"""INSERT INTO activity (id, organization_id, opportunity_id, kind, direction, two_way, at, summary,
        actor_kind, actor_name, created_at)
    SELECT {_id(10, "4 * n + k")}, '$organization', {DEAL}, 'CALL', 'OUTBOUND', true,
        now() - interval '1 day' * (3 + 5 * k), 'Talked about the offer', 'SYSTEM', 'Bench', now()
    FROM deal, generate_series(0, 3) k WHERE n % {FULL_EVERY} = 0""",
    f"""INSERT INTO competitor (id, organization_id, opportunity_id, kind, name, standing, created_at)
    SELECT {_id(11, "n")}, '$organization', {DEAL}, 'VENDOR', 'Rival ' || n % 9, 'ACTIVE', created
    FROM deal WHERE n % {FULL_EVERY} = 0""",
    f"""INSERT INTO objective (id, organization_id, opportunity_id, position, text, metric)
    SELECT {_id(12, "n")}, '$organization', {DEAL}, 0, 'Close the books in a week', 'days'
    FROM deal WHERE n % {FULL_EVERY} = 0""",
    f"""INSERT INTO decision_step (id, organization_id, opportunity_id, position, name, owner_id, due, done)
    SELECT {_id(13, "n")}, '$organization', {DEAL}, 0, 'The board signs', {_id(5, "3 * n")},
        CURRENT_DATE + 20, false
    FROM deal WHERE n % {FULL_EVERY} = 0""",
)  # fmt: skip


@dataclass(frozen=True)
class FilledDatabase:
    """A filled database: its URL, and the organization and the API key that read it."""

    url: str
    organization_id: UUID
    api_key: str
    size: int

    def full_deals(self, count: int) -> list[UUID]:
        """Return the ids of deals that are PROGRESSING and have everything, spread over the table."""
        numbers = range(PROGRESSING_AND_FULL, self.size + 1, 100)
        step = max(1, len(numbers) // count)
        return [deal_id(number) for number in numbers[::step][:count]]


def deal_id(number: int) -> UUID:
    """Return the id of the deal with this number."""
    return UUID(f"018f0000-0000-7000-8000-{number:012x}")


def member_id(number: int) -> UUID:
    """Return the id of the member with this number."""
    return UUID(f"018f0000-0002-7000-8000-{number:012x}")


async def fill(url: str, size: int) -> FilledDatabase:
    """Create an organization with this number of deals, each with 3 stakeholders and 4 milestones."""
    async with open_database(url, all_contexts=False):
        organization = await new_organization()
    connection = await asyncpg.connect(url)
    try:
        process = await connection.fetchval(
            "SELECT id FROM sales_process WHERE organization_id = $1", organization.id
        )
        async with connection.transaction():
            for statement in STATEMENTS:
                values = {"organization": organization.id, "process": process, "size": size}
                await connection.execute(Template(statement).substitute(values))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return FilledDatabase(url, organization.id, organization.api_key, size)
