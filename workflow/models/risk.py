"""The buyer's perceived risks, their mitigations, and risk reviews."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import enum_name, foreign_key, optional_foreign_key, primary_key, short_text


class Risk(Model):
    """A risk that the buyer perceives; likelihood and impact are from 1 to 5."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    category = enum_name()
    statement = fields.TextField()
    perceived_by = optional_foreign_key("Stakeholder")
    likelihood = fields.SmallIntField()
    impact = fields.SmallIntField()
    status = enum_name()
    owner = optional_foreign_key("Member")
    review_due = fields.DateField(null=True)
    raised_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    settle_reason = fields.TextField(null=True)

    class Meta:
        table = "risk"


class Mitigation(Model):
    """An action against a risk."""

    id = primary_key()
    organization = foreign_key("Organization")
    risk = foreign_key("Risk", cascade=True)
    kind = enum_name()
    action = fields.TextField()
    due = fields.DateField(null=True)
    done_at = fields.DatetimeField(null=True)
    evidence = fields.TextField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "mitigation"


class RiskReview(Model):
    """A recorded check of the buyer's risks; append-only."""

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity", cascade=True)
    reviewed_at = fields.DatetimeField()
    none_found = fields.BooleanField()
    note = fields.TextField(null=True)
    actor_kind = enum_name()
    actor_name = short_text()
    actor_member = optional_foreign_key("Member")

    class Meta:
        table = "risk_review"
