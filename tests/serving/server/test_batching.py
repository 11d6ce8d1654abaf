"""Batches: each request gets its own rows' outputs, whoever else came, failed or went."""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfgen_serving import SignatureInfo, TensorInfo
from tfgen_serving.protocol.status import Code, StatusError
from tfgen_serving.server.batching import Batcher
from tfgen_serving.server.forms import Form
from tfgen_serving.server.limits import Batching


def form(free: int) -> Any:
    """The forms of an endpoint whose x has so many sizes that are free."""
    x, y = (
        TensorInfo(name=name, dtype="float64", shape=(None,) * (1 + size)) for name, size in (("x", free), ("y", 0))
    )
    return partial(Form.of, SignatureInfo(name="double", inputs=(x,), outputs=(y,)))


class Doubling:
    """x to 2 x, which tells the sizes that it was given, may be held up, and refuses negative numbers."""

    batches = 0

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.open = threading.Event()
        self.open.set()

    def __call__(self, inputs: Any) -> dict[str, Any]:
        self.sizes.append(len(inputs["x"]))
        assert self.open.wait(20)
        if (inputs["x"] < 0).any():
            raise ValueError("negative")
        return {"y": 2 * inputs["x"], "z": inputs["x"].reshape(len(inputs["x"]), -1)[:, :1] + np.arange(3)}


class Counting(ThreadPoolExecutor):
    """Counts what is given to its threads: the batches, whatever becomes of them."""

    batches = 0

    def submit(self, *arguments: Any, **named: Any) -> Any:
        self.batches += 1
        return super().submit(*arguments, **named)


def run(test: Callable[[Callable[..., Batcher], Doubling], Coroutine[Any, Any, None]], *, free: int = 1) -> Doubling:
    """Runs a test with a maker of batchers, within a loop and with threads of its own."""
    double = Doubling()

    async def body() -> None:
        with Counting(4) as executor:
            try:
                await asyncio.wait_for(
                    test(lambda **numbers: Batcher(double, Batching(**numbers), executor, form(free)), double), 20
                )
            finally:
                double.open.set()
            double.batches = executor.batches

    asyncio.run(body())
    return double


def rows(*values: float) -> dict[str, Any]:
    return {"x": np.array(values)}


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0.01)


@given(
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=20),
    most=st.integers(1, 16),
    threads=st.integers(1, 3),
    micros=st.sampled_from([0, 500]),
    pauses=st.lists(st.booleans(), min_size=20, max_size=20),
)
@settings(deadline=None, database=None, max_examples=60)
def test_outputs_are_those_of_single_requests(
    sizes: list[int], most: int, threads: int, micros: int, pauses: list[bool]
) -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(
            max_batch_size=most, num_batch_threads=threads, batch_timeout_micros=micros, max_enqueued_batches=1000
        )
        tasks = []
        for index, size in enumerate(sizes):
            tasks.append(asyncio.create_task(batcher.submit({"x": np.arange(size) + 100.0 * index})))
            if pauses[index % 20]:
                await asyncio.sleep(0)
        for index, outputs in enumerate(await asyncio.gather(*tasks)):
            x = np.arange(sizes[index]) + 100.0 * index
            np.testing.assert_array_equal(outputs["y"], 2 * x)
            np.testing.assert_array_equal(outputs["z"], x[:, None] + np.arange(3))

    double = run(test)
    assert max(double.sizes) <= most
    assert sum(double.sizes) == sum(sizes)


def test_what_comes_meanwhile_is_one_batch() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=8, num_batch_threads=1)
        double.open.clear()
        tasks = [asyncio.create_task(batcher.submit(rows(i, i))) for i in range(6)]
        await settle()
        double.open.set()
        await asyncio.gather(*tasks)

    assert run(test).sizes == [2, 8, 2]


def test_a_large_request_is_split() -> None:
    async def test(make: Any, double: Doubling) -> None:
        x = np.arange(25.0)
        outputs = await make(max_batch_size=10, max_enqueued_batches=1, num_batch_threads=2).submit({"x": x})
        np.testing.assert_array_equal(outputs["y"], 2 * x)

    assert sorted(run(test).sizes) == [5, 10, 10]


def test_a_full_queue() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=2, max_enqueued_batches=2, num_batch_threads=1)
        double.open.clear()
        tasks = [asyncio.create_task(batcher.submit(rows(i))) for i in range(5)]  # one runs, four wait
        await settle()
        with pytest.raises(StatusError, match="currently 4 requests of 4 rows wait") as caught:
            await batcher.submit(rows(9))
        assert caught.value.code is Code.RESOURCE_EXHAUSTED
        double.open.set()
        assert [outputs["y"][0] for outputs in await asyncio.gather(*tasks)] == [0, 2, 4, 6, 8]
        assert (await batcher.submit(rows(9)))["y"][0] == 18

    run(test)


def test_a_failure_is_nobody_else_s() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=8, num_batch_threads=1)
        double.open.clear()
        tasks = [asyncio.create_task(batcher.submit(rows(value))) for value in (0, 1, -1, 2)]
        await settle()
        double.open.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(outcomes.pop(2), ValueError)
        assert [outputs["y"][0] for outputs in outcomes] == [0, 2, 4]  # type: ignore[index]
        with pytest.raises(ValueError, match="negative"):
            await batcher.submit({"x": np.array([1.0] * 8 + [-1.0])})
        assert (await batcher.submit(rows(3)))["y"][0] == 6

    run(test)


def test_who_has_gone_is_dropped_and_makes_room() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=2, max_enqueued_batches=1, num_batch_threads=1)
        double.open.clear()
        first = asyncio.create_task(batcher.submit(rows(0)))
        waiting = [asyncio.create_task(batcher.submit(rows(i))) for i in (1, 2)]
        await settle()
        for task in waiting:
            task.cancel()
        await settle()
        last = asyncio.create_task(batcher.submit(rows(3, 3)))  # which had no room before
        await settle()
        first.cancel()  # it runs already: its batch is finished, and its outputs go nowhere
        double.open.set()
        assert (await last)["y"].tolist() == [6, 6]
        outcomes = await asyncio.gather(first, *waiting, return_exceptions=True)
        assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)

    assert run(test).sizes == [1, 2]


def test_a_batch_waits_to_be_filled_but_not_for_ever() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=4, batch_timeout_micros=300_000, num_batch_threads=2)
        start = time.perf_counter()
        first = asyncio.create_task(batcher.submit(rows(0)))
        await asyncio.sleep(0.15)
        second = asyncio.create_task(batcher.submit(rows(1)))
        await asyncio.gather(first, second)
        assert 0.29 < time.perf_counter() - start < 0.44  # the oldest one's time counts
        assert double.sizes == [2]
        start = time.perf_counter()
        await asyncio.gather(*(batcher.submit(rows(i)) for i in range(4)))
        assert time.perf_counter() - start < 0.2  # full at once

    assert run(test).sizes == [2, 4]


def test_time_spent_waiting_for_a_thread_counts() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=4, batch_timeout_micros=200_000, num_batch_threads=1)
        double.open.clear()
        first = asyncio.create_task(batcher.submit(rows(0, 0, 0, 0)))
        second = asyncio.create_task(batcher.submit(rows(1)))
        await asyncio.sleep(0.4)
        start = time.perf_counter()
        double.open.set()
        await asyncio.gather(first, second)
        assert time.perf_counter() - start < 0.15

    run(test)


def wide(value: float, *sizes: int) -> dict[str, Any]:
    return {"x": np.full([1, *sizes], value)}


def test_requests_of_unequal_sizes_run_apart_and_none_fails() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=8, num_batch_threads=1)
        double.open.clear()
        first = asyncio.create_task(batcher.submit(rows(0)))
        await settle()
        sizes = [(3,), (5,), (3,), (3,), (5,), (4,), (2, 4), (4, 2)]
        tasks = [asyncio.create_task(batcher.submit(wide(i, *size))) for i, size in enumerate(sizes)]
        await settle()
        double.open.set()
        for i, outputs in enumerate(await asyncio.gather(*tasks)):
            np.testing.assert_array_equal(outputs["y"], np.full([1, *sizes[i]], 2.0 * i))
        await first

    double = run(test, free=2)
    assert double.sizes == [1, 3, 2, 1, 1, 1], "each size in its turn, with all others of it"
    assert double.batches == len(double.sizes), "none was put together in vain"


def test_the_oldest_comes_first_whatever_its_size() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=2, num_batch_threads=1)
        double.open.clear()
        done: list[int] = []

        async def ask(index: int, size: int) -> None:
            await batcher.submit(wide(index, size))
            done.append(index)

        tasks = [asyncio.create_task(batcher.submit(rows(0)))]
        await settle()
        for index, size in enumerate([3, 3, 3, 5, 3, 3, 5]):
            tasks.append(asyncio.create_task(ask(index, size)))
            await asyncio.sleep(0.002)  # so that no two come at one time
        double.open.set()
        await asyncio.gather(*tasks)
        assert done == [0, 1, 2, 4, 3, 6, 5]

    assert run(test).sizes == [1, 2, 2, 2, 1]


def test_a_full_batch_waits_for_no_other_size() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=2, batch_timeout_micros=1_000_000, num_batch_threads=2)
        start = time.perf_counter()
        first = asyncio.create_task(batcher.submit(wide(0, 3)))
        await settle()
        await asyncio.gather(*(batcher.submit(wide(i, 5)) for i in range(2)))
        assert time.perf_counter() - start < 0.9
        await first
        assert time.perf_counter() - start > 0.99

    assert run(test).sizes == [2, 1]


def test_batches_of_every_size_fill_the_queue() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=4, max_enqueued_batches=2, num_batch_threads=1)
        double.open.clear()
        tasks = [asyncio.create_task(batcher.submit(rows(0)))]
        await settle()
        # Two batches of four, if they could be put together.
        tasks += [asyncio.create_task(batcher.submit(wide(i, 3))) for i in range(3)]
        tasks += [asyncio.create_task(batcher.submit(wide(i, 5))) for i in range(5)]
        await settle()
        for size in (3, 5, 7):
            with pytest.raises(StatusError, match="currently 8 requests of 8 rows wait"):
                await batcher.submit(wide(9, size))
        tasks.pop().cancel()
        await settle()
        tasks.append(asyncio.create_task(batcher.submit(wide(9, 7))))
        await settle()
        double.open.set()
        assert len(await asyncio.gather(*tasks)) == 9

    run(test)


def test_long_rows_are_fewer_at_once() -> None:
    async def test(make: Any, double: Doubling) -> None:
        batcher = make(max_batch_size=100, num_batch_threads=1)
        outputs = await batcher.submit({"x": np.arange(10.0)[:, None] * np.ones(2**22)})
        assert (outputs["y"][:, -1] == 2 * np.arange(10)).all()

    assert run(test).sizes == [4, 4, 2], "of sixteen million numbers at most"


def test_an_executor_that_is_shut_down() -> None:
    async def test() -> None:
        executor = ThreadPoolExecutor(1)
        executor.shutdown()
        with pytest.raises(RuntimeError, match="shutdown"):
            await Batcher(Doubling(), Batching(), executor, form(1)).submit(rows(1))

    asyncio.run(test())
