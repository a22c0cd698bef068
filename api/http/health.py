"""Endpoints for health checks: /healthz (liveness) and /readyz (readiness)."""

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from api.http.problems import RETRY_AFTER

logger = logging.getLogger("pursuit.health")


def healthz(is_stuck: Callable[[], bool]) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Build the endpoint that responds with 200 while the process runs, and with 503 if it is stuck."""

    async def alive(request: Request) -> JSONResponse:
        if not is_stuck():
            return JSONResponse({"status": "ok"})
        reason = "No connection to the database could be had for 30 seconds."
        return JSONResponse({"status": "stuck", "reason": reason}, status_code=503, headers=RETRY_AFTER)

    return alive


def readyz(check: Callable[[], Awaitable[str | None]]) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Build the endpoint that responds with 200, or with 503 and the reason that the check returns."""

    async def ready(request: Request) -> JSONResponse:
        reason = await check()
        if reason is None:
            return JSONResponse({"status": "ok"})
        logger.warning("not ready: %s", reason)
        return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503, headers=RETRY_AFTER)

    return ready
