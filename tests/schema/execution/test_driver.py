"""The driver: coroutines wait for each other and for batches, and none is left behind."""

import asyncio
from typing import Any

import pytest

from schema.execution.driver import Driver, Raised, all_of, gather_all, rows_of


class Numbers:
    """A batch that records how often it was read."""

    def __init__(self, phase: int = 1) -> None:
        self.phase = phase
        self.reads = 0

    async def read(self) -> None:
        self.reads += 1
        await asyncio.sleep(0)


async def wait_for(batch: Numbers) -> int:
    """Wait for a batch and return how often it has been read by then."""
    await rows_of(batch)
    return batch.reads


async def test_all_who_wait_for_a_batch_are_served_by_one_read() -> None:
    batch = Numbers()

    assert await Driver().run(gather_all([wait_for(batch) for _ in range(100)])) == [1] * 100


async def test_batches_are_read_in_the_order_of_their_phases() -> None:
    order: list[int] = []

    class Ordered(Numbers):
        async def read(self) -> None:
            order.append(self.phase)

    await Driver().run(gather_all([wait_for(Ordered(phase)) for phase in (3, 1, 2)]))

    assert order == [1, 2, 3]


async def test_an_error_is_the_result_of_its_own_coroutine() -> None:
    async def broken() -> int:
        raise ValueError("broken")

    async def both() -> list[Any]:
        return await all_of([broken(), wait_for(Numbers())])

    failed, sound = await Driver().run(both())

    assert isinstance(failed, Raised)
    assert (str(failed.error), sound) == ("broken", 1)
    with pytest.raises(ValueError, match="broken"):
        await Driver().run(gather_all([broken(), wait_for(Numbers())]))


async def test_an_error_of_the_event_loop_reaches_the_coroutine_that_waits() -> None:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_exception, OSError("gone"))

    async def careful() -> str:
        try:
            await future
        except OSError as problem:
            return f"caught {problem}"
        return "nothing"

    assert await Driver().run(careful()) == "caught gone"


async def test_nothing_to_wait_for_goes_on_at_once() -> None:
    assert await Driver().run(gather_all([])) == []


async def test_a_cancelled_run_closes_every_coroutine() -> None:
    closed: list[str] = []

    async def endless(name: str, wait: Any) -> None:
        try:
            await wait()
        finally:
            closed.append(name)

    driver = Driver()
    forever = asyncio.get_running_loop().create_future()

    async def on_loop() -> None:
        await forever

    async def on_batch() -> None:
        await rows_of(Numbers())

    task = asyncio.create_task(driver.run(gather_all([endless("batch", on_batch), endless("loop", on_loop)])))
    await asyncio.sleep(0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert sorted(closed) == ["batch", "loop"]
    assert not driver.stepping
