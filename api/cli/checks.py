"""What `pursuit doctor` looks at: each check is a finding, and a remedy where it is a fault."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.cli.runtime import DATABASE_ERRORS
from api.config.setting_values import SettingsError
from api.config.settings import Settings, without_password
from workflow.models.engine.database import dialect, fetch, opened
from workflow.models.engine.migrating import pending
from workflow.models.engine.readiness import why_not_ready, why_rows_are_not_secure
from workflow.queries.events.webhooks import lag

BUILT = datetime(2026, 1, 1, tzinfo=UTC)
MOST_SKEW_SECONDS = 2.0
MOST_LAG_SECONDS = 60.0
CLOCKS = {
    "postgres": "SELECT extract(epoch FROM clock_timestamp())::float8 AS at",
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0 AS at",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; without a remedy it is sound."""

    name: str
    finding: str
    remedy: str | None = None


async def checks() -> list[Check]:
    """Settings first; the database only where they can be read, its inside only where it answers."""
    try:
        settings = Settings.read(os.environ)
    except SettingsError as problem:
        return [Check("settings", str(problem), "Set it to one of the allowed values, or unset it.")]
    found = [Check("settings", f"{name}={value}") for name, value in settings.shown().items()]
    found += [*_secret_key(settings), _time_zones()]
    if settings.oidc_issuer:
        found.append(await _issuer(settings.oidc_issuer))
    return [*found, *await _database_checks(settings)]


def _time_zones() -> Check:
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return Check("time zones", "this machine knows none", "Install the package tzdata.")
    return Check("time zones", "known")


async def _issuer(address: str) -> Check:
    from api.auth.issuer import Issuer, IssuerFault  # here, for the other commands start faster without it

    issuer = Issuer(address)
    try:
        count = len(await issuer.keys())
    except IssuerFault as fault:
        return Check("issuer", str(fault), fault.remedy)
    finally:
        await issuer.close()
    if not count:
        remedy = (
            "Let it sign with a key that has an id (kid): RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519."
        )
        return Check("issuer", f"{address} answers, and has no key that Pursuit can use", remedy)
    return Check("issuer", f"{address} answers, keys: {count}")


async def _database_checks(settings: Settings) -> list[Check]:
    url, file = settings.database_url, settings.sqlite_file
    shown = without_password(url)
    if file and not file.exists():
        return [Check("database", f"{file} is not there yet", "Run `pursuit migrate`: it makes the file.")]
    if file and file.is_dir():
        return [Check("database", f"{file} is a folder", "Name a file in it with PURSUIT_DATABASE_URL.")]
    if file and not os.access(file, os.R_OK | os.W_OK):
        return [Check("database", f"{file} cannot be read and written", "Give this user the rights on the file.")]
    try:
        async with opened(url):
            reason = await why_not_ready(url)
            clock = await _clock()
            behind = await pending(url)
            apart = [] if behind else [*await _row_security(), await _webhooks(settings)]
    except DATABASE_ERRORS as problem:
        return [Check("database", f"{shown} does not answer: {problem}", _remedy(settings))]
    answers = Check("database", f"{shown} answers a transaction" if behind or not reason else str(reason))
    return [answers, _migrations(behind), *apart, clock]


def _remedy(settings: Settings) -> str:
    if settings.sqlite_file:
        return "Check that PURSUIT_DATABASE_URL names a SQLite file, and no other kind of file."
    return (
        "Check that PostgreSQL runs, and that host, user, password and database in PURSUIT_DATABASE_URL are right; "
        "`createdb` makes a database that is not there yet."
    )


def _migrations(behind: list[str]) -> Check:
    if behind:
        return Check("migrations", f"{len(behind)} pending: {', '.join(behind)}", "Run `pursuit migrate`.")
    return Check("migrations", "current")


async def _row_security() -> list[Check]:
    """Whether PostgreSQL keeps organizations apart by itself; a SQLite file cannot."""
    if dialect() == "sqlite":
        return []
    name = "row security"
    return [Check(name, *fault) if (fault := await why_rows_are_not_secure()) else Check(name, "on, for every table")]


async def _webhooks(settings: Settings) -> Check:
    """Whether the worker keeps up: what waits for it longer than a moment waits for nobody."""
    now = datetime.now(UTC)
    found = await lag(now)
    waits = [(now - at).total_seconds() for at in (found.fact_at, found.delivery_at) if at is not None]
    name, active = "worker", f"{found.endpoints} active webhook endpoint{'' if found.endpoints == 1 else 's'}"
    if max(waits, default=0) > MOST_LAG_SECONDS:
        remedy = "Run `pursuit worker` beside what serves, or let `pursuit serve` do it: PURSUIT_WORKER=on."
        return Check(name, f"{active}; the oldest event or delivery has waited for {max(waits):,.0f} s", remedy)
    return Check(name, f"{active}; nothing has waited for long")


def _secret_key(settings: Settings) -> list[Check]:
    try:
        settings.require_secret_key()
    except SettingsError as problem:
        return [Check("secret key", str(problem), "Set it before you serve.")]
    return []


async def _clock() -> Check:
    now = datetime.now(UTC)
    [row] = await fetch(CLOCKS[dialect()])
    skew = abs(float(row["at"]) - now.timestamp())
    if now < BUILT:
        return Check("clock", f"{now.isoformat()} is before Pursuit was built", "Set this machine's clock.")
    if skew > MOST_SKEW_SECONDS:
        return Check("clock", f"{skew:.1f} s apart from the database's", "Synchronize both machines' clocks (NTP).")
    return Check("clock", f"{now.isoformat(timespec='seconds')}, {skew:.1f} s apart from the database's")
