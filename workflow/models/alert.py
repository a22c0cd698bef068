"""Alerts: what stands against a deal, from when it was first seen until its cause was gone."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of, word


class Alert(Model):
    """One warning of one deal; at most one of a code and subject is unresolved. `rank` is its severity as a number, for order."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity")
    code = word()
    subject = line()
    severity = word()
    rank = fields.IntField()
    severity_since = fields.DatetimeField()
    status = word()
    message = fields.TextField()
    remedy = line(null=True, size=64)
    first_seen_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    acknowledged_kind = word(null=True)
    acknowledged_name = line(null=True)
    acknowledged_member = maybe("Member")
    acknowledged_at = fields.DatetimeField(null=True)
    snoozed_kind = word(null=True)
    snoozed_name = line(null=True)
    snoozed_member = maybe("Member")
    snoozed_until = fields.DatetimeField(null=True)
    note = fields.TextField(null=True)
    resolved_at = fields.DatetimeField(null=True)
    escalated_to = maybe("Member")
    escalated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "alert"


class AlertDigest(Model):
    """That a member was sent the digest of a day."""

    id = key()
    organization = of("Organization")
    member = of("Member")
    day = fields.DateField()

    class Meta:
        table = "alert_digest"


class Chore(Model):
    """Work that one process at a time does now and then: who is at it until when, and when it was last done."""

    name = fields.CharField(max_length=32, primary_key=True)
    leased_until = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "chore"
