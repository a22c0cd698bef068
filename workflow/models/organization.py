"""The organization, its people, their keys, and its figures of reference."""

from tortoise import fields
from tortoise.models import Model

from workflow.models.columns import key, line, maybe, of, word


class Organization(Model):
    """A company that sells; nothing of it is ever seen by another."""

    id = key()
    name = line()
    base_currency = fields.CharField(max_length=3)
    time_zone = line(size=64)
    default_process_key = line(size=64)
    created_at = fields.DatetimeField()
    audit_number = fields.IntField(db_default=0)
    audit_hash = fields.CharField(max_length=64, db_default="0" * 64)

    class Meta:
        table = "organization"


class OpportunityCounter(Model):
    """The last opportunity number given out; its row is locked last in a transaction."""

    organization: fields.OneToOneRelation[Organization] = fields.OneToOneField(
        "pursuit.Organization", related_name=False, primary_key=True, on_delete=fields.RESTRICT
    )
    last_number = fields.IntField()

    class Meta:
        table = "opportunity_counter"


class Team(Model):
    """A team in the tree of teams."""

    id = key()
    organization = of("Organization")
    name = line()
    parent = maybe("Team")
    manager = maybe("Member")
    created_at = fields.DatetimeField()

    class Meta:
        table = "team"


class Member(Model):
    """A person of the organization; `email` is kept in lower case."""

    id = key()
    organization = of("Organization")
    name = line()
    email = line()
    role = word()
    visibility = word()
    active = fields.BooleanField()
    team = maybe("Team")
    created_at = fields.DatetimeField()

    class Meta:
        table = "member"


class ApiKey(Model):
    """A credential `pur_<public_id>_<secret>`; only the secret's hash is kept."""

    id = key()
    organization = of("Organization")
    name = line()
    role = word()
    member = maybe("Member")
    public_id = fields.CharField(max_length=32)
    secret_hash = fields.CharField(max_length=128)
    actor_kind = word()
    actor_name = line()
    actor_member = maybe("Member")
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_key"


class ExchangeRate(Model):
    """Base currency per one unit of `currency`, from a day on."""

    id = key()
    organization = of("Organization")
    currency = fields.CharField(max_length=3)
    rate = fields.DecimalField(max_digits=30, decimal_places=12)
    valid_from = fields.DateField()

    class Meta:
        table = "exchange_rate"


class Target(Model):
    """What the organization, a team or a member is to win in a period."""

    id = key()
    organization = of("Organization")
    member = maybe("Member")
    team = maybe("Team")
    from_day = fields.DateField()
    to_day = fields.DateField()
    value_minor = fields.BigIntField()
    value_currency = fields.CharField(max_length=3)

    class Meta:
        table = "target"
