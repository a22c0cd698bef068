"""How an operation writes: in one transaction, and under an Idempotency-Key once, however often it is asked for."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from workflow.models.engine.database import transaction
from workflow.operations.core.context import Ctx
from workflow.operations.core.idempotency import run_once

T = TypeVar("T")


async def perform(
    ctx: Ctx,
    work: Callable[[], Awaitable[T]],
    *,
    subject_id: UUID | None = None,
    typed_by: Callable[..., Any] | None = None,
) -> T:
    """Do the work; `told_by` is the function whose annotation says what it comes to, where that is not the work itself."""
    if ctx.idempotency is None:
        return await transaction(work)
    return await run_once(ctx.idempotency, get_type_hints(typed_by or work)["return"], work, subject_id)
