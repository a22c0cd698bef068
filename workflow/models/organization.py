"""Organizations with their teams, members, API keys, exchange rates and targets."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import enum_name, foreign_key, optional_foreign_key, primary_key, short_text


class Organization(Model):
    """A company that uses the product; its data is never visible to another."""

    id = primary_key()
    name = short_text()
    base_currency = fields.CharField(max_length=3)
    time_zone = short_text(size=64)
    default_process_key = short_text(size=64)
    created_at = fields.DatetimeField()
    audit_number = fields.IntField(db_default=0)
    audit_hash = fields.CharField(max_length=64, db_default="0" * 64)

    class Meta:
        table = "organization"


class OpportunityCounter(Model):
    """The last assigned opportunity number; its row is locked last in a transaction."""

    organization: fields.OneToOneRelation[Organization] = fields.OneToOneField(
        "pursuit.Organization", related_name=False, primary_key=True, on_delete=fields.RESTRICT
    )
    last_number = fields.IntField()

    class Meta:
        table = "opportunity_counter"


class Team(Model):
    """A team in the tree of teams."""

    id = primary_key()
    organization = foreign_key("Organization")
    name = short_text()
    parent = optional_foreign_key("Team")
    manager = optional_foreign_key("Member")
    created_at = fields.DatetimeField()

    class Meta:
        table = "team"


class Member(Model):
    """A user of the organization; `email` is in lower case.

    `name_search` is the name as search compares it.
    """

    id = primary_key()
    organization = foreign_key("Organization")
    name = short_text()
    name_search = fields.TextField(null=True)
    email = short_text()
    role = enum_name()
    visibility = enum_name()
    active = fields.BooleanField()
    team = optional_foreign_key("Team")
    created_at = fields.DatetimeField()

    class Meta:
        table = "member"


class ApiKey(Model):
    """A credential `pur_<public_id>_<secret>`; only the hash of the secret is stored.

    Without `points_per_minute` it has the server's default budget.
    """

    id = primary_key()
    organization = foreign_key("Organization")
    name = short_text()
    role = enum_name()
    member = optional_foreign_key("Member")
    public_id = fields.CharField(max_length=32)
    secret_hash = fields.CharField(max_length=128)
    actor_kind = enum_name()
    actor_name = short_text()
    actor_member = optional_foreign_key("Member")
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)
    points_per_minute = fields.IntField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_key"


class ExchangeRate(Model):
    """The units of base currency for one unit of `currency`, valid from a day."""

    id = primary_key()
    organization = foreign_key("Organization")
    currency = fields.CharField(max_length=3)
    rate = fields.DecimalField(max_digits=30, decimal_places=12)
    valid_from = fields.DateField()

    class Meta:
        table = "exchange_rate"


class Target(Model):
    """The value that the organization, a team or a member should win in a period."""

    id = primary_key()
    organization = foreign_key("Organization")
    member = optional_foreign_key("Member")
    team = optional_foreign_key("Team")
    from_day = fields.DateField()
    to_day = fields.DateField()
    value_minor = fields.BigIntField()
    value_currency = fields.CharField(max_length=3)

    class Meta:
        table = "target"
