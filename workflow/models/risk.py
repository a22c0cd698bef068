"""The buyer's perceived risks, what is done about them, and when they were last reviewed."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of, word


class Risk(Model):
    """Something the buyer fears; likelihood and impact are 1 to 5."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    category = word()
    statement = fields.TextField()
    perceived_by = maybe("Stakeholder")
    likelihood = fields.SmallIntField()
    impact = fields.SmallIntField()
    status = word()
    owner = maybe("Member")
    review_due = fields.DateField(null=True)
    raised_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    settle_reason = fields.TextField(null=True)

    class Meta:
        table = "risk"


class Mitigation(Model):
    """What is done to make a risk smaller."""

    id = key()
    organization = of("Organization")
    risk = of("Risk", cascade=True)
    kind = word()
    action = fields.TextField()
    due = fields.DateField(null=True)
    done_at = fields.DatetimeField(null=True)
    evidence = fields.TextField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "mitigation"


class RiskReview(Model):
    """Somebody went through the buyer's risks; append-only."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity", cascade=True)
    reviewed_at = fields.DatetimeField()
    none_found = fields.BooleanField()
    note = fields.TextField(null=True)
    actor_kind = word()
    actor_name = line()
    actor_member = maybe("Member")

    class Meta:
        table = "risk_review"
