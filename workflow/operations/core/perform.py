"""Execution of a write: in one transaction, and only once for each Idempotency-Key."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from workflow.models.engine.database import transaction
from workflow.operations.core.context import Ctx
from workflow.operations.core.idempotency import run_operation_once

T = TypeVar("T")


async def perform(
    ctx: Ctx,
    work: Callable[[], Awaitable[T]],
    *,
    subject_id: UUID | None = None,
    typed_by: Callable[..., Any] | None = None,
) -> T:
    """Run `work` in a transaction, or return the outcome that is stored under the request's Idempotency-Key.

    A stored outcome is decoded by the return annotation of `typed_by`, or of `work` itself.
    """
    if ctx.idempotency is None:
        return await transaction(work)
    return await run_operation_once(
        ctx.idempotency, get_type_hints(typed_by or work)["return"], work, subject_id
    )
