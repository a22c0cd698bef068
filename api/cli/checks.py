"""What `pursuit doctor` looks at: each check is a finding, and a remedy where it is a fault."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.cli.runtime import DATABASE_ERRORS
from api.config.setting_values import SettingsError
from api.config.settings import Settings, without_password
from workflow.models.engine.database import dialect, fetch, open_database
from workflow.models.engine.migrating import pending
from workflow.models.engine.readiness import readiness_problem, row_security_problem
from workflow.queries.events.webhooks import worker_lag

EARLIEST_PLAUSIBLE_NOW = datetime(2026, 1, 1, tzinfo=UTC)
MAX_SKEW_SECONDS = 2.0
MAX_LAG_SECONDS = 60.0
CLOCK_SQL = {
    "postgres": "SELECT extract(epoch FROM clock_timestamp())::float8 AS at",
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0 AS at",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; without a remedy it is sound."""

    name: str
    finding: str
    remedy: str | None = None


async def run_checks() -> list[Check]:
    """Settings first; the database only where they can be read, its inside only where it answers."""
    try:
        settings = Settings.read(os.environ)
    except SettingsError as problem:
        return [Check("settings", str(problem), "Set it to one of the allowed values, or unset it.")]
    found = [Check("settings", f"{name}={value}") for name, value in settings.redacted().items()]
    found += [*_check_secret_key(settings), _check_time_zones()]
    if settings.oidc_issuer:
        found.append(await _check_issuer(settings.oidc_issuer))
    return [*found, *await _check_database(settings)]


def _check_time_zones() -> Check:
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return Check("time zones", "this machine knows none", "Install the package tzdata.")
    return Check("time zones", "known")


async def _check_issuer(address: str) -> Check:
    from api.auth.issuer import Issuer, IssuerError  # here, for the other commands start faster without it

    issuer = Issuer(address)
    try:
        count = len(await issuer.fetch_keys())
    except IssuerError as fault:
        return Check("issuer", str(fault), fault.remedy)
    finally:
        await issuer.close()
    if not count:
        remedy = (
            "Let it sign with a key that has an id (kid): RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519."
        )
        return Check("issuer", f"{address} answers, and has no key that Pursuit can use", remedy)
    return Check("issuer", f"{address} answers, keys: {count}")


async def _check_database(settings: Settings) -> list[Check]:
    url, file = settings.database_url, settings.sqlite_file
    shown = without_password(url)
    if file and not file.exists():
        return [Check("database", f"{file} is not there yet", "Run `pursuit migrate`: it makes the file.")]
    if file and file.is_dir():
        return [Check("database", f"{file} is a folder", "Name a file in it with PURSUIT_DATABASE_URL.")]
    if file and not os.access(file, os.R_OK | os.W_OK):
        return [Check("database", f"{file} cannot be read and written", "Give this user the rights on the file.")]
    try:
        async with open_database(url):
            reason = await readiness_problem(url)
            clock = await _check_clock()
            pending_migrations = await pending(url)
            further_checks = [] if pending_migrations else [*await _check_row_security(), await _check_worker(settings)]
    except DATABASE_ERRORS as problem:
        return [Check("database", f"{shown} does not answer: {problem}", _database_remedy(settings))]
    answers = Check("database", f"{shown} answers a transaction" if pending_migrations or not reason else str(reason))
    return [answers, _check_migrations(pending_migrations), *further_checks, clock]


def _database_remedy(settings: Settings) -> str:
    if settings.sqlite_file:
        return "Check that PURSUIT_DATABASE_URL names a SQLite file, and no other kind of file."
    return (
        "Check that PostgreSQL runs, and that host, user, password and database in PURSUIT_DATABASE_URL are right; "
        "`createdb` makes a database that is not there yet."
    )


def _check_migrations(pending_migrations: list[str]) -> Check:
    if pending_migrations:
        return Check(
            "migrations",
            f"{len(pending_migrations)} pending: {', '.join(pending_migrations)}",
            "Run `pursuit migrate`.",
        )
    return Check("migrations", "current")


async def _check_row_security() -> list[Check]:
    """Whether PostgreSQL keeps organizations apart by itself; a SQLite file cannot."""
    if dialect() == "sqlite":
        return []
    name = "row security"
    return [Check(name, *fault) if (fault := await row_security_problem()) else Check(name, "on, for every table")]


async def _check_worker(settings: Settings) -> Check:
    """Whether the worker keeps up: what waits for it longer than a moment waits for nobody."""
    now = datetime.now(UTC)
    found = await worker_lag(now)
    waits = [(now - at).total_seconds() for at in (found.event_at, found.delivery_at) if at is not None]
    name, active = "worker", f"{found.endpoints} active webhook endpoint{'' if found.endpoints == 1 else 's'}"
    if max(waits, default=0) > MAX_LAG_SECONDS:
        remedy = "Run `pursuit worker` beside what serves, or let `pursuit serve` do it: PURSUIT_WORKER=on."
        return Check(name, f"{active}; the oldest event or delivery has waited for {max(waits):,.0f} s", remedy)
    return Check(name, f"{active}; nothing has waited for long")


def _check_secret_key(settings: Settings) -> list[Check]:
    try:
        settings.require_secret_key()
    except SettingsError as problem:
        return [Check("secret key", str(problem), "Set it before you serve.")]
    return []


async def _check_clock() -> Check:
    now = datetime.now(UTC)
    [row] = await fetch(CLOCK_SQL[dialect()])
    skew = abs(float(row["at"]) - now.timestamp())
    if now < EARLIEST_PLAUSIBLE_NOW:
        return Check("clock", f"{now.isoformat()} is before Pursuit was built", "Set this machine's clock.")
    if skew > MAX_SKEW_SECONDS:
        return Check("clock", f"{skew:.1f} s apart from the database's", "Synchronize both machines' clocks (NTP).")
    return Check("clock", f"{now.isoformat(timespec='seconds')}, {skew:.1f} s apart from the database's")
