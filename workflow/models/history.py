"""What happened, append-only: transitions, the debts of overrides, and the feed of events."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of, word


class Transition(Model):
    """One arrow taken: the gate as it was evaluated, what the deal weighed then, and the close it made."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity")
    sequence = fields.IntField()
    trigger = word()
    from_state = word()
    to_state = word()
    at = fields.DatetimeField()
    actor_kind = word()
    actor_name = line()
    actor_member = maybe("Member")
    source = word()
    note = fields.TextField(null=True)
    requirements: list[object] = fields.JSONField()
    process = of("SalesProcess")
    seconds_in_previous_state = fields.BigIntField()
    value_minor = fields.BigIntField(null=True)
    value_currency = fields.CharField(max_length=3, null=True)
    expected_close_date = fields.DateField(null=True)
    probability = fields.FloatField()
    forecast_category = word()
    closed_on = fields.DateField(null=True)
    win_reason = word(null=True)
    loss_reason = word(null=True)
    disqualify_reason = word(null=True)
    lost_to = maybe("Competitor")

    class Meta:
        table = "transition"


class Standing(Model):
    """How a deal stood from one instant until the next change of what reports count; what stands now has no `until`."""

    pos = fields.BigIntField(primary_key=True, generated=True)
    organization = of("Organization")
    opportunity = of("Opportunity")
    since = fields.DatetimeField()
    until = fields.DatetimeField(null=True)
    state = word()
    owner = of("Member")
    value_minor = fields.BigIntField(null=True)
    value_currency = fields.CharField(max_length=3, null=True)
    base_minor = fields.BigIntField(null=True)
    expected_close_date = fields.DateField(null=True)
    probability = fields.FloatField()
    forecast_category = word()
    closed_on = fields.DateField(null=True)
    slip_reason = word(null=True)

    class Meta:
        table = "standing"


class Override(Model):
    """Requirements that a manager passed: a debt until each of them holds."""

    id = key()
    organization = of("Organization")
    opportunity = of("Opportunity")
    transition = of("Transition")
    requirement_keys: list[str] = fields.JSONField()
    reason = fields.TextField()
    actor_kind = word()
    actor_name = line()
    actor_member = maybe("Member")
    at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    settled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "override"


class Event(Model):
    """One fact; its place in the feed is (epoch, xid, pos)."""

    pos = fields.BigIntField(primary_key=True, generated=True)
    id = fields.UUIDField()
    organization = of("Organization")
    epoch = fields.IntField()
    xid = fields.BigIntField(db_default=0)
    aggregatetype = line(size=64)
    aggregateid = fields.UUIDField()
    type = line(size=64)
    payload: dict[str, object] = fields.JSONField()
    at = fields.DatetimeField()
    actor_kind = word()
    actor_name = line()
    actor_member = maybe("Member")
    request_id = line(null=True, size=64)
    audit_number = fields.IntField(null=True)
    audit_hash = fields.CharField(max_length=64, null=True)

    class Meta:
        table = "event"


class FeedEpoch(Model):
    """One row; a restore raises it, so that older cursors are told apart."""

    id = fields.IntField(primary_key=True, generated=False)
    epoch = fields.IntField()

    class Meta:
        table = "feed_epoch"
