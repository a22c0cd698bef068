"""The ASGI application: its routes, middleware, error responses and lifespan."""

import gc
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
from starlette_compress import CompressMiddleware, remove_compress_type

from api.auth.credentials import TokenAuthenticator
from api.auth.issuer import Issuer
from api.auth.oidc import TokenVerifier
from api.config.settings import Settings
from api.config.telemetry import RequestLogMiddleware, configure_logging
from api.http.documents import DocumentCache
from api.http.execution import Executor
from api.http.graphiql import STATIC
from api.http.graphql import GraphQLView
from api.http.health import healthz, readyz
from api.http.persisted_queries import PersistedQueries
from api.http.problems import RequestProblem, internal_error_response
from api.http.rate_limit import RateLimit
from api.http.services import Services
from api.http.static_files import CachedStaticFiles
from api.http.websocket_view import WebSocketView
from api.worker.webhook_sender import WebhookSender
from api.worker.worker import Worker
from workflow.models.engine.database import is_stuck, open_database, single_process
from workflow.models.engine.readiness import readiness_problem
from workflow.operations.core.vault import Vault
from workflow.queries.events.subscribe import FeedDispatcher
from workflow.rules.gates.cel import load_cel

logger = logging.getLogger("pursuit")

MIN_COMPRESSED_BYTES = 1000
"""Smaller answers are sent as they are: compressing them saves no packet."""

# Each event of a stream would be compressed alone, at a cost in memory for each subscriber.
remove_compress_type("text/event-stream")


def create_app(settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> Starlette:
    """Build the application; `clock` returns the seconds by which the issuer's keys age."""
    services = build_services(settings, clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        load_cel()  # takes half a second: before the first request, not in it
        with single_process(settings.database_url):
            async with (
                open_database(settings.database_url, serving=True),
                worker_running(settings, services.feed, services.vault),
            ):
                yield
                await services.close()

    async def _readiness_problem() -> str | None:
        return await readiness_problem(settings.database_url)

    return Starlette(
        routes=[
            Route("/graphql", GraphQLView(services).serve, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", WebSocketView(services).serve),
            Route("/healthz", healthz(is_stuck)),
            Route("/readyz", readyz(_readiness_problem)),
            Mount("/static", CachedStaticFiles(STATIC)),
        ],
        middleware=[
            Middleware(RequestLogMiddleware),
            Middleware(CompressMiddleware, minimum_size=MIN_COMPRESSED_BYTES),
            *_cors_middleware(settings),
        ],
        exception_handlers={HTTPException: http_exception_response, Exception: unhandled_exception_response},
        lifespan=lifespan,
    )


@asynccontextmanager
async def worker_running(settings: Settings, feed: FeedDispatcher, vault: Vault) -> AsyncIterator[None]:
    """Run the worker in this process if the settings say so."""
    if not settings.worker:
        yield
        return
    async with Worker(feed, WebhookSender(vault, allow_private=settings.webhook_allow_private)).running():
        yield


def _cors_middleware(settings: Settings) -> list[Middleware]:
    """Allow pages of the configured origins to call the API; without any, only our own pages can."""
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
        expose_headers=["Idempotency-Replayed", "Retry-After", "X-Request-Id"],
    )
    return [cors] if settings.cors_origins else []


def build_services(settings: Settings, clock: Callable[[], float]) -> Services:
    """Build the components that all transports share."""
    execution = Executor(
        documents=DocumentCache(introspection=settings.introspection),
        persisted=PersistedQueries(),
        rate_limit=RateLimit(settings.rate_limit),
        deadline=settings.deadline,
    )
    return Services(settings, execution, _token_authenticator(settings, clock), Vault(settings.vault_keys()))


def _token_authenticator(settings: Settings, clock: Callable[[], float]) -> TokenAuthenticator | None:
    if settings.oidc_issuer is None or settings.oidc_audience is None:
        return None
    tokens = TokenVerifier(Issuer(settings.oidc_issuer, clock=clock), settings.oidc_audience)
    return TokenAuthenticator(tokens, settings.oidc_role_claim)


YOUNG_OBJECTS = 100_000
"""The number of new objects that starts a collection of garbage: those of a few requests."""


def spare_the_collector() -> None:
    """Leave what is loaded at the start out of the collection of garbage, and collect less often.

    Schema, rules and libraries are 200,000 objects that stay. Looking through them took a third of the
    time of a page.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 50)


def from_environment() -> Starlette:
    """Build the application of one server process from the environment."""
    settings = Settings.read(os.environ)
    settings.require_secret_key()
    configure_logging(settings)
    app = create_app(settings)
    spare_the_collector()
    return app


async def http_exception_response(request: Request, exception: Exception) -> Response:
    """Respond to an unknown path or method with a GraphQL error."""
    status = exception.status_code if isinstance(exception, HTTPException) else 500
    message = (
        "Not found. The API is at /graphql." if status == 404 else f"{request.method} is not allowed here."
    )
    headers = dict(exception.headers or {}) if isinstance(exception, HTTPException) else {}
    return RequestProblem(status, "BAD_USER_INPUT", message, headers=headers).response()


async def unhandled_exception_response(request: Request, exception: Exception) -> Response:
    """Log an unexpected exception and respond with the request id only."""
    request_id = getattr(request.state, "request_id", "unknown")
    logger.error("request failed", exc_info=exception, extra={"request_id": request_id})
    return internal_error_response(request_id)
