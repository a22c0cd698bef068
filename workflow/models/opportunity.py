"""Opportunities, their collaborators and assessments."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import (
    enum_name,
    foreign_key,
    json_text,
    json_value,
    optional_foreign_key,
    primary_key,
    short_text,
)


class Opportunity(Model):
    """A deal; `base_minor`, `health` and `risk_level` are stored for the filters and orders of lists."""

    id = primary_key()
    organization = foreign_key("Organization")
    number = fields.IntField()
    name = short_text()
    name_folded = short_text(size=1024)
    name_search = fields.TextField(null=True)
    type = enum_name()
    description = fields.TextField(null=True)
    source = short_text(null=True)
    external_system = short_text(null=True)
    external_id = short_text(null=True)
    account = foreign_key("Account")
    owner = foreign_key("Member")
    process = foreign_key("SalesProcess")
    state = enum_name()
    state_since = fields.DatetimeField()
    value_minor = fields.BigIntField(null=True)
    value_currency = fields.CharField(max_length=3, null=True)
    base_minor = fields.BigIntField(null=True)
    probability = fields.FloatField()
    probability_is_manual = fields.BooleanField()
    forecast_category = enum_name()
    expected_close_date = fields.DateField(null=True)
    latest_close_date = fields.DateField(null=True)
    push_count = fields.IntField()
    next_step_text = fields.TextField(null=True)
    next_step_due = fields.DateField(null=True)
    next_step_agreed = fields.BooleanField()
    pain_since = fields.DateField(null=True)
    purchase_process = enum_name()
    decision_date = fields.DateField(null=True)
    compelling_event = fields.TextField(null=True)
    motivation_to_change = fields.TextField(null=True)
    first_time_buyer = fields.BooleanField(null=True)
    prior_attempt_failed = fields.BooleanField(null=True)
    prior_attempt_note = fields.TextField(null=True)
    closed_on = fields.DateField(null=True)
    closed_from = enum_name(null=True)
    win_reason = enum_name(null=True)
    loss_reason = enum_name(null=True)
    disqualify_reason = enum_name(null=True)
    lost_to = optional_foreign_key("Competitor")
    close_note = fields.TextField(null=True)
    health = fields.IntField(null=True)
    health_factors = json_text()
    closed_insight = json_text()
    risk_level = enum_name(null=True)
    attributes: dict[str, object] = json_value()
    version = fields.IntField()
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField(null=True)
    disqualify_proposed = fields.BooleanField(db_default=False)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "opportunity"


class Collaborator(Model):
    """A member who works on a deal with its owner."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    member = foreign_key("Member")

    class Meta:
        table = "collaborator"


class Assessment(Model):
    """An assessment of a criterion; append-only, the latest counts."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity")
    criterion = short_text(size=64)
    grade = enum_name()
    evidence = fields.TextField(null=True)
    evidence_url = fields.TextField(null=True)
    said_by = optional_foreign_key("Stakeholder")
    actor_kind = enum_name()
    actor_name = short_text()
    actor_member = optional_foreign_key("Member")
    assessed_at = fields.DatetimeField()

    class Meta:
        table = "assessment"
