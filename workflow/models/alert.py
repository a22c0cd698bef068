"""Alerts, digests, and the leases of periodic jobs."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import enum_name, foreign_key, optional_foreign_key, primary_key, short_text


class Alert(Model):
    """An alert of a deal; at most one with the same code and subject is unresolved.

    `rank` is the severity as a number, used for order.
    """

    id = primary_key()
    organization = foreign_key("Organization")
    opportunity = foreign_key("Opportunity")
    code = enum_name()
    subject = short_text()
    severity = enum_name()
    rank = fields.IntField()
    severity_since = fields.DatetimeField()
    status = enum_name()
    message = fields.TextField()
    remedy = short_text(null=True, size=64)
    first_seen_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    acknowledged_kind = enum_name(null=True)
    acknowledged_name = short_text(null=True)
    acknowledged_member = optional_foreign_key("Member")
    acknowledged_at = fields.DatetimeField(null=True)
    snoozed_kind = enum_name(null=True)
    snoozed_name = short_text(null=True)
    snoozed_member = optional_foreign_key("Member")
    snoozed_until = fields.DatetimeField(null=True)
    note = fields.TextField(null=True)
    resolved_at = fields.DatetimeField(null=True)
    escalated_to = optional_foreign_key("Member")
    escalated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "alert"


class AlertDigest(Model):
    """The record that a member was sent the digest of a day."""

    id = primary_key()
    organization = foreign_key("Organization")
    member = foreign_key("Member")
    day = fields.DateField()

    class Meta:
        table = "alert_digest"


class JobLease(Model):
    """The lease of a periodic job, which one process at a time runs, and the time of its last run."""

    name = fields.CharField(max_length=32, primary_key=True)
    leased_until = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "job_lease"
