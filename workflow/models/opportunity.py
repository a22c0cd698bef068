"""The opportunity itself and who works it."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of, unread, word


class Opportunity(Model):
    """A deal; `base_minor`, `health` and `risk_level` are stored so that lists filter and order by them."""

    id = key()
    organization = of("Organization")
    number = fields.IntField()
    name = line()
    name_folded = line(size=1024)
    type = word()
    description = fields.TextField(null=True)
    source = line(null=True)
    external_system = line(null=True)
    external_id = line(null=True)
    account = of("Account")
    owner = of("Member")
    process = of("SalesProcess")
    state = word()
    state_since = fields.DatetimeField()
    value_minor = fields.BigIntField(null=True)
    value_currency = fields.CharField(max_length=3, null=True)
    base_minor = fields.BigIntField(null=True)
    probability = fields.FloatField()
    probability_is_manual = fields.BooleanField()
    forecast_category = word()
    expected_close_date = fields.DateField(null=True)
    latest_close_date = fields.DateField(null=True)
    push_count = fields.IntField()
    next_step_text = fields.TextField(null=True)
    next_step_due = fields.DateField(null=True)
    next_step_agreed = fields.BooleanField()
    pain_since = fields.DateField(null=True)
    purchase_process = word()
    decision_date = fields.DateField(null=True)
    compelling_event = fields.TextField(null=True)
    motivation_to_change = fields.TextField(null=True)
    first_time_buyer = fields.BooleanField(null=True)
    prior_attempt_failed = fields.BooleanField(null=True)
    prior_attempt_note = fields.TextField(null=True)
    closed_on = fields.DateField(null=True)
    closed_from = word(null=True)
    win_reason = word(null=True)
    loss_reason = word(null=True)
    disqualify_reason = word(null=True)
    lost_to = maybe("Competitor")
    close_note = fields.TextField(null=True)
    health = fields.IntField(null=True)
    health_factors = unread()
    closed_insight = unread()
    risk_level = word(null=True)
    attributes: dict[str, object] = fields.JSONField()
    version = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField(null=True)
    disqualify_proposed = fields.BooleanField(db_default=False)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "opportunity"


class Collaborator(Model):
    """A member who works the deal with its owner."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    member = of("Member")

    class Meta:
        table = "collaborator"


class Assessment(Model):
    """One answer to one criterion; append-only, the latest counts."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity")
    criterion = line(size=64)
    grade = word()
    evidence = fields.TextField(null=True)
    evidence_url = fields.TextField(null=True)
    said_by = maybe("Stakeholder")
    actor_kind = word()
    actor_name = line()
    actor_member = maybe("Member")
    assessed_at = fields.DatetimeField()

    class Meta:
        table = "assessment"
