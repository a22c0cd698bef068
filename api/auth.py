"""Who asks: the Authorization header as a viewer, and never a fall back to anonymous."""

from datetime import datetime

from starlette.requests import Request

from workflow.queries.credentials import viewer_of
from workflow.rules.permissions import Viewer


async def viewer_of_request(request: Request, now: datetime) -> Viewer | None:
    """The viewer of the request's key, or none where there is no key, a wrong one, or two."""
    headers = request.headers.getlist("authorization")
    if len(headers) != 1:
        return None
    scheme, _, key = headers[0].strip().partition(" ")
    key = key.strip()
    if scheme.lower() != "bearer" or not key or not key.isascii():
        return None
    return await viewer_of(key, now)
