"""How an operation writes: in one transaction, and under an Idempotency-Key once, however often it is asked for."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from workflow.models.engine.database import transaction
from workflow.operations.core.context import Ctx
from workflow.operations.core.idempotency import once

T = TypeVar("T")


async def perform(
    ctx: Ctx, work: Callable[[], Awaitable[T]], *, about: UUID | None = None, told_by: Callable[..., Any] | None = None
) -> T:
    """Do the work; `told_by` is the function whose annotation says what it comes to, where that is not the work itself."""
    if ctx.receipt is None:
        return await transaction(work)
    return await once(ctx.receipt, get_type_hints(told_by or work)["return"], work, about)
