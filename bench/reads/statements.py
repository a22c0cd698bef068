"""SQL of the hand-written contenders; L2 and Yoga send the same statements."""

BOARD_DEALS = """SELECT opportunity.id, number, opportunity.name, state, expected_close_date, value_minor,
        value_currency, member.name AS owner_name, account.name AS account_name
    FROM opportunity
    JOIN member ON member.id = opportunity.owner_id
    JOIN account ON account.id = opportunity.account_id
    WHERE opportunity.organization_id = $1 AND opportunity.deleted_at IS NULL
        AND opportunity.state IN ('LEAD', 'QUALIFIED', 'PROGRESSING')
    ORDER BY opportunity.expected_close_date, opportunity.id LIMIT 50"""
BOARD_STAKEHOLDERS = """SELECT opportunity_id, roles, contact.name AS contact_name
    FROM stakeholder JOIN contact ON contact.id = contact_id
    WHERE opportunity_id = ANY($1) ORDER BY stakeholder.created_at, stakeholder.id"""
BOARD_MILESTONES = """SELECT opportunity_id, name, status, due FROM milestone
    WHERE opportunity_id = ANY($1) ORDER BY position, id"""

LIST_COLUMNS = """id, number, name, type, source, state, state_since, probability, forecast_category,
    expected_close_date, push_count, version, created_at, updated_at"""
LIST_DEALS = f"""SELECT {LIST_COLUMNS} FROM opportunity
    WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY number LIMIT 100"""

BOARD_AS_JSON = f"""SELECT COALESCE(json_agg(json_build_object(
        'id', deal.id, 'number', number, 'name', deal.name, 'state', state,
        'expectedCloseDate', expected_close_date,
        'value', CASE WHEN value_minor IS NOT NULL THEN json_build_object(
            'amount', (value_minor / 100.0)::numeric(20, 2)::text, 'currency', value_currency) END,
        'owner', json_build_object('name', owner_name),
        'account', json_build_object('name', account_name),
        'buyer', json_build_object('stakeholders', COALESCE((
            SELECT json_agg(
                json_build_object('roles', roles, 'contact', json_build_object('name', contact.name))
                ORDER BY stakeholder.created_at, stakeholder.id)
            FROM stakeholder JOIN contact ON contact.id = contact_id
            WHERE opportunity_id = deal.id), '[]')),
        'milestones', COALESCE((
            SELECT json_agg(
                json_build_object('name', name, 'status', status, 'due', due) ORDER BY position, id)
            FROM milestone WHERE opportunity_id = deal.id), '[]'))
        ORDER BY expected_close_date, deal.id), '[]')::text
    FROM ({BOARD_DEALS}) AS deal"""

LIST_AS_JSON = f"""SELECT COALESCE(json_agg(json_build_object(
        'id', id, 'number', number, 'name', name, 'type', type, 'source', source, 'state', state,
        'stateSince', state_since, 'probability', probability, 'forecastCategory', forecast_category,
        'expectedCloseDate', expected_close_date, 'pushCount', push_count, 'version', version,
        'createdAt', created_at, 'updatedAt', updated_at) ORDER BY number), '[]')::text
    FROM ({LIST_DEALS}) AS deal"""

FULL_DEAL = """SELECT opportunity.id, number, opportunity.name, type, state, state_since, probability,
        forecast_category, expected_close_date, opportunity.created_at, opportunity.updated_at, value_minor,
        value_currency, next_step_text, next_step_due, purchase_process, health, health_factors,
        member.name AS owner_name, account.name AS account_name, document
    FROM opportunity
    JOIN member ON member.id = opportunity.owner_id
    JOIN account ON account.id = opportunity.account_id
    JOIN sales_process ON sales_process.id = process_id
    WHERE opportunity.organization_id = $1 AND opportunity.id = $2 AND opportunity.deleted_at IS NULL"""
FULL_DEAL_PARTS = {
    "stakeholders": """SELECT stakeholder.id, roles, influence, attitude, buying_style, contact.name,
            contact.email, contact.title
        FROM stakeholder JOIN contact ON contact.id = contact_id
        WHERE opportunity_id = $1 ORDER BY stakeholder.created_at, stakeholder.id""",
    "risks": """SELECT id, category, statement, likelihood, impact, status
        FROM risk WHERE opportunity_id = $1 ORDER BY raised_at, id""",
    "mitigations": """SELECT risk_id, mitigation.kind, action, mitigation.due, done_at
        FROM mitigation JOIN risk ON risk.id = risk_id
        WHERE opportunity_id = $1 ORDER BY mitigation.created_at, mitigation.id""",
    "milestones": """SELECT id, name, side, weight, status, due, completed_at, evidence
        FROM milestone WHERE opportunity_id = $1 ORDER BY position, id""",
    "history": """SELECT trigger, from_state, to_state, at, note, actor_kind, actor_name, requirements
        FROM transition WHERE opportunity_id = $1 ORDER BY sequence DESC LIMIT 20""",
    "assessments": """SELECT criterion, grade, evidence, assessed_at
        FROM assessment WHERE opportunity_id = $1 ORDER BY assessed_at, id""",
    "activities": """SELECT kind, direction, two_way, at, summary
        FROM activity WHERE opportunity_id = $1 ORDER BY at DESC LIMIT 20""",
    "competitors": """SELECT kind, name, standing
        FROM competitor WHERE opportunity_id = $1 ORDER BY created_at, id""",
    "objectives": """SELECT text, metric, baseline, goal, due
        FROM objective WHERE opportunity_id = $1 ORDER BY position""",
    "decision_steps": """SELECT name, owner_id, due, done
        FROM decision_step WHERE opportunity_id = $1 ORDER BY position""",
}
"""The rows from which transitions, insight and health are computed; L2 returns rows and evaluates nothing."""

ROLE_OF_KEY = """SELECT role FROM api_key
    WHERE public_id = $1 AND secret_hash = $2 AND revoked_at IS NULL"""
