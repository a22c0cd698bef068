"""The application: its doors, what stands before them, and what is open while it serves."""

import logging
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from api.auth.credentials import TokenDoor
from api.auth.issuer import Issuer
from api.auth.oidc import Tokens
from api.config.settings import Settings
from api.config.telemetry import RequestLog, configure_logging
from api.http.documents import Documents
from api.http.execution import Execution
from api.http.graphiql import STATIC
from api.http.graphql import GraphQLView
from api.http.health import healthz, readyz
from api.http.persisted_queries import PersistedQueries
from api.http.problems import RequestProblem, masked_response
from api.http.rate_limit import Allowance
from api.http.services import Desk
from api.http.websocket_view import Sockets
from api.worker.webhook_sender import Sender
from api.worker.worker import Worker
from workflow.models.engine.database import Unavailable, one_process, opened
from workflow.models.engine.readiness import why_not_ready
from workflow.operations.core.vault import Vault
from workflow.queries.events.subscribe import Tail
from workflow.rules.gates.cel import warm_up

logger = logging.getLogger("pursuit")


def create_app(settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> Starlette:
    """Pursuit over HTTP, by these settings; by the clock's seconds the issuer of tokens is asked for new keys."""
    desk = new_desk(settings, clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        warm_up()
        with one_process(settings.database_url):
            async with opened(settings.database_url), working(settings, desk.tail, desk.vault):
                yield
                await desk.close()

    async def fault() -> str | None:
        return await why_not_ready(settings.database_url)

    return Starlette(
        routes=[
            Route("/graphql", GraphQLView(desk).serve, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", Sockets(desk).serve),
            Route("/healthz", healthz),
            Route("/readyz", readyz(fault)),
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
        ],
        middleware=[Middleware(RequestLog), *_other_origins(settings)],
        exception_handlers={HTTPException: refused, Exception: failed},
        lifespan=lifespan,
    )


@asynccontextmanager
async def working(settings: Settings, tail: Tail, vault: Vault) -> AsyncIterator[None]:
    """The worker runs beside what is served, where the settings want it."""
    if not settings.worker:
        yield
        return
    async with Worker(tail, Sender(vault, private=settings.webhook_allow_private)).working():
        yield


def _other_origins(settings: Settings) -> list[Middleware]:
    """Lets the pages of the origins that the settings name ask and read; without a name, nobody's but our own."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
        expose_headers=["Idempotency-Replayed", "Retry-After", "X-Request-Id"],
    )
    return [cors] if settings.cors_origins else []


def new_desk(settings: Settings, clock: Callable[[], float]) -> Desk:
    """What the ways to the schema share, by these settings."""
    execution = Execution(
        documents=Documents(introspection=settings.introspection),
        persisted=PersistedQueries(),
        allowance=Allowance(settings.rate_limit),
        unavailable_as=Unavailable,
        seconds=settings.deadline,
    )
    return Desk(settings, execution, Unavailable, _token_door(settings, clock), Vault(settings.vault_keys()))


def _token_door(settings: Settings, clock: Callable[[], float]) -> TokenDoor | None:
    if settings.oidc_issuer is None or settings.oidc_audience is None:
        return None
    tokens = Tokens(Issuer(settings.oidc_issuer, clock=clock), settings.oidc_audience)
    return TokenDoor(tokens, settings.oidc_role_claim)


def from_environment() -> Starlette:
    """The application of one worker process."""
    settings = Settings.read(os.environ)
    settings.require_secret_key()
    configure_logging(settings)
    return create_app(settings)


async def refused(request: Request, exception: Exception) -> Response:
    """No such path, or not by this method, in the shape of every other error."""
    status = exception.status_code if isinstance(exception, HTTPException) else 500
    message = "There is nothing here. The API is at /graphql." if status == 404 else "That is not possible here."
    headers = dict(exception.headers or {}) if isinstance(exception, HTTPException) else {}
    return RequestProblem(status, "BAD_USER_INPUT", message, headers=headers).response()


async def failed(request: Request, exception: Exception) -> Response:
    """Our own fault, masked; the log has it under the request's id."""
    request_id = getattr(request.state, "request_id", "unknown")
    logger.error("a request failed", exc_info=exception, extra={"request_id": request_id})
    return masked_response(request_id)
