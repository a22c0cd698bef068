"""Checks of `pursuit doctor`: each has a finding, and a remedy if it found a fault."""

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
"""Time of this version's development: an earlier clock is wrong."""
MAX_SKEW_SECONDS = 2.0
MAX_LAG_SECONDS = 60.0
CLOCK_SQL = {
    "postgres": "SELECT extract(epoch FROM clock_timestamp())::float8 AS at",
    "sqlite": "SELECT (julianday('now') - 2440587.5) * 86400.0 AS at",
}


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check; it is a fault if it has a remedy."""

    name: str
    finding: str
    remedy: str | None = None


async def run_checks() -> list[Check]:
    """Run all checks that are possible: without valid settings or a database, some are not."""
    try:
        settings = Settings.read(os.environ)
    except SettingsError as problem:
        return [Check("settings", str(problem), "Set it to an allowed value, or unset it.")]
    checks = [Check("settings", f"{name}={value}") for name, value in settings.redacted().items()]
    checks += [*_check_secret_key(settings), _check_time_zones()]
    if settings.oidc_issuer:
        checks.append(await _check_issuer(settings.oidc_issuer))
    return [*checks, *await _check_database(settings)]


def _check_time_zones() -> Check:
    try:
        ZoneInfo("Europe/Berlin")
    except ZoneInfoNotFoundError:
        return Check("time zones", "this machine has no time zone data", "Install the package tzdata.")
    return Check("time zones", "installed")


async def _check_issuer(address: str) -> Check:
    from api.auth.issuer import Issuer, IssuerError  # here because the other commands start faster without it

    issuer = Issuer(address)
    try:
        count = len(await issuer.fetch_keys())
    except IssuerError as fault:
        return Check("issuer", str(fault), fault.remedy)
    finally:
        await issuer.close()
    if not count:
        remedy = (
            "Configure it to sign with a key that has an id (kid): "
            "RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519."
        )
        return Check("issuer", f"{address} answers, but has no key that Pursuit can use", remedy)
    return Check("issuer", f"{address} answers, keys: {count}")


async def _check_database(settings: Settings) -> list[Check]:
    url = settings.database_url
    file = settings.sqlite_file
    shown = without_password(url)
    if file and not file.exists():
        return [Check("database", f"{file} does not exist", "Run `pursuit migrate` to create it.")]
    if file and file.is_dir():
        return [Check("database", f"{file} is a folder", "Set PURSUIT_DATABASE_URL to a file in it.")]
    if file and not os.access(file, os.R_OK | os.W_OK):
        remedy = "Allow this user to read and write the file."
        return [Check("database", f"{file} cannot be read and written", remedy)]
    try:
        async with open_database(url):
            reason = await readiness_problem(url)
            clock = await _check_clock()
            pending_migrations = await pending(url)
            further_checks = (
                [] if pending_migrations else [*await _check_row_security(), await _check_worker(settings)]
            )
    except DATABASE_ERRORS as problem:
        return [Check("database", f"{shown} does not answer: {problem}", _database_remedy(settings))]
    answers = Check(
        "database", f"{shown} answers a transaction" if pending_migrations or not reason else str(reason)
    )
    return [answers, _check_migrations(pending_migrations), *further_checks, clock]


def _database_remedy(settings: Settings) -> str:
    if settings.sqlite_file:
        return "Check that PURSUIT_DATABASE_URL is a SQLite file, not another kind of file."
    return (
        "Check that PostgreSQL runs, and that host, user, password and database in PURSUIT_DATABASE_URL "
        "are correct. "
        "If the database does not exist, create it with `createdb`."
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
    """Check that PostgreSQL separates the organizations; SQLite has no row-level security."""
    if dialect() == "sqlite":
        return []
    problem = await row_security_problem()
    return [Check("row security", *problem) if problem else Check("row security", "enabled on every table")]


async def _check_worker(settings: Settings) -> Check:
    """Check how long the oldest event or delivery has waited for a worker."""
    now = datetime.now(UTC)
    lag = await worker_lag(now)
    waits = [(now - at).total_seconds() for at in (lag.event_at, lag.delivery_at) if at is not None]
    endpoints = f"{lag.endpoints} active webhook endpoint{'' if lag.endpoints == 1 else 's'}"
    if max(waits, default=0) > MAX_LAG_SECONDS:
        remedy = "Run `pursuit worker` beside the server, or set PURSUIT_WORKER=on for `pursuit serve`."
        return Check(
            "worker", f"{endpoints}; the oldest event or delivery has waited {max(waits):,.0f} s", remedy
        )
    return Check("worker", f"{endpoints}; no event or delivery is late")


def _check_secret_key(settings: Settings) -> list[Check]:
    try:
        settings.require_secret_key()
    except SettingsError as problem:
        return [Check("secret key", str(problem), "Set it before you start the server.")]
    return []


async def _check_clock() -> Check:
    now = datetime.now(UTC)
    [row] = await fetch(CLOCK_SQL[dialect()])
    skew = abs(float(row["at"]) - now.timestamp())
    if now < EARLIEST_PLAUSIBLE_NOW:
        return Check(
            "clock", f"{now.isoformat()} is earlier than this version of Pursuit", "Set this machine's clock."
        )
    finding = f"differs from the database's clock by {skew:.1f} s"
    if skew > MAX_SKEW_SECONDS:
        return Check("clock", finding, "Synchronize the clocks of both machines (NTP).")
    return Check("clock", f"{now.isoformat(timespec='seconds')}, {finding}")
