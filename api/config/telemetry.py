"""What the process tells its operators: one log line a request, as text on a terminal and JSON elsewhere."""

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
    r"whsec_[A-Za-z0-9+/=]+|pur_[A-Za-z0-9]+_[A-Za-z0-9_-]+|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*|(?<=://)[^/\s:@]*:[^/\s@]*(?=@)"
)
"""A webhook's secret, an API key, a token, and the user and password of an address."""
DEFAULT_STATUS = {"http": 500, "websocket": 1000}
"""The status of an exchange that names none: a fault of ours, or a socket that its client has left."""
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What a terminal or a reader of lines would take for more than a character."""
HTTP_CLIENT_LOGGERS = ("httpx", "httpcore")
"""They would write each address whole, and a webhook's may hold a password."""
LOG_FIELDS = ("request_id", "method", "path", "status", "milliseconds")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON, without secrets."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, object] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        line["message"] = record.getMessage()
        line |= {name: getattr(record, name) for name in LOG_FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return SECRET_PATTERN.sub("***", json.dumps(line, default=str))


class TextFormatter(logging.Formatter):
    """Lines for a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text, without secrets."""
        return SECRET_PATTERN.sub("***", super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line itself, with what the request was; what a client wrote breaks no line."""
        extras = "".join(f" {name}={getattr(record, name)}" for name in LOG_FIELDS if hasattr(record, name))
        return CONTROL_CHARACTERS.sub(lambda sign: repr(sign.group())[1:-1], super().formatMessage(record) + extras)


def configure_logging(settings: Settings) -> None:
    """All loggers go through one handler on standard error."""
    kind = settings.log_format or ("text" if sys.stderr.isatty() else "json")
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter() if kind == "json" else TextFormatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    )
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    for name in (
        *("strawberry.execution", "transitions", "tortoise", "tortoise.db_client", "aiosqlite", "asyncio"),
        *HTTP_CLIENT_LOGGERS,
    ):
        logging.getLogger(name).setLevel(logging.CRITICAL if name.startswith("strawberry") else logging.WARNING)


class RequestLogMiddleware:
    """Gives every request an id, every answer its safety headers, and every exchange a line."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket and tell how it went."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        client_id = Headers(scope=scope).get("x-request-id", "")
        request_id = client_id if REQUEST_ID_PATTERN.fullmatch(client_id) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), DEFAULT_STATUS[scope["type"]]

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
