"""Logging: one line per request, as text on a terminal and as JSON otherwise, without secrets."""

import json
import logging
import re
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.config.settings import Settings

logger = logging.getLogger("pursuit.http")

REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")
SECRET_PATTERN = re.compile(
    r"whsec_[A-Za-z0-9+/=]+"
    r"|pur_[A-Za-z0-9]+_[A-Za-z0-9_-]+"
    r"|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
    r"|(?<=://)[^/\s:@]*:[^/\s@]*(?=@)"
)
"""A webhook secret, an API key, a token, and the user and password of an address."""
DEFAULT_STATUS = {"http": 500, "websocket": 1000}
"""Logged status if none was sent: an internal error, or a socket that the client closed."""
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Characters that end a line or control a terminal."""
LIBRARY_LOGGERS = ("transitions", "tortoise", "tortoise.db_client", "aiosqlite", "asyncio")
HTTP_CLIENT_LOGGERS = ("httpx", "httpcore")
"""Loggers that write complete addresses, which may contain the password of a webhook."""
LOG_FIELDS = ("request_id", "method", "path", "status", "milliseconds")


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON, without secrets."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        line["message"] = record.getMessage()
        line |= {name: getattr(record, name) for name in LOG_FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return SECRET_PATTERN.sub("***", json.dumps(line, default=str))


class TextFormatter(logging.Formatter):
    """Formats a record as text for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text, without secrets."""
        return SECRET_PATTERN.sub("***", super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the first line with the fields of the request, and with control characters escaped."""
        extras = "".join(f" {name}={getattr(record, name)}" for name in LOG_FIELDS if hasattr(record, name))
        return CONTROL_CHARACTERS.sub(
            lambda sign: repr(sign.group())[1:-1], super().formatMessage(record) + extras
        )


def configure_logging(settings: Settings) -> None:
    """Send all loggers to standard error in the configured format."""
    kind = settings.log_format or ("text" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter()
        if kind == "json"
        else TextFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    )
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in (*LIBRARY_LOGGERS, *HTTP_CLIENT_LOGGERS):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It logs each error of a field, the expected ones too; execution_error logs the unexpected ones.
    logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL)


class RequestLogMiddleware:
    """Adds a request id and security headers to every response, and logs every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve and log one request or socket."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        client_id = Headers(scope=scope).get("x-request-id", "")
        request_id = client_id if REQUEST_ID_PATTERN.fullmatch(client_id) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = DEFAULT_STATUS[scope["type"]]

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _set_security_headers(MutableHeaders(scope=message), request_id)
            elif message["type"] == "websocket.close":
                status = message.get("code", status)
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            _log_request(scope, request_id, status, started)


def _set_security_headers(headers: MutableHeaders, request_id: str) -> None:
    headers["X-Request-Id"] = request_id
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")


def _log_request(scope: Scope, request_id: str, status: int, started: float) -> None:
    milliseconds = round((time.perf_counter() - started) * 1000, 1)
    method = scope.get("method", "WEBSOCKET")
    fields = {"request_id": request_id, "method": method, "path": scope["path"], "status": status}
    level = logging.DEBUG if scope["path"] in {"/healthz", "/readyz"} else logging.INFO
    logger.log(level, "request", extra={**fields, "milliseconds": milliseconds})
