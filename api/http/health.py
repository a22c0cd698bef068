"""Endpoints for health checks: /healthz (liveness) and /readyz (readiness)."""

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from api.http.problems import RETRY_AFTER

logger = logging.getLogger("pursuit.health")


async def healthz(request: Request) -> JSONResponse:
    """Respond with 200 while the process runs."""
    return JSONResponse({"status": "ok"})


def readyz(check: Callable[[], Awaitable[str | None]]) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Build the endpoint that responds with 200, or with 503 and the reason that the check returns."""

    async def ready(request: Request) -> JSONResponse:
        reason = await check()
        if reason is None:
            return JSONResponse({"status": "ok"})
        logger.warning("not ready: %s", reason)
        return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503, headers=RETRY_AFTER)

    return ready
