"""Whether the process lives, and whether it can serve."""

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse

from api.http.problems import RETRY_AFTER

logger = logging.getLogger("pursuit.health")


async def healthz(request: Request) -> JSONResponse:
    """The process lives."""
    return JSONResponse({"status": "ok"})


def readyz(check: Callable[[], Awaitable[str | None]]) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Ready where the fault is none: the database answers a real transaction and migrations are current."""

    async def ready(request: Request) -> JSONResponse:
        reason = await check()
        if reason is None:
            return JSONResponse({"status": "ok"})
        logger.warning("not ready: %s", reason)
        return JSONResponse({"status": "unavailable", "reason": reason}, status_code=503, headers=RETRY_AFTER)

    return ready
