"""Repeating a request that another time may answer."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tfgen_serving.client.errors import Overloaded, Unavailable
from tfgen_serving.extras import extra

with extra("client", "the client"):
    import tenacity

__all__ = ["repeated"]

T = TypeVar("T")

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 5.0


async def repeated(
    send: Callable[[float], Awaitable[T]],
    *,
    timeout: float,
    retries: int,
    sleep: Callable[[float], Awaitable[None]],
) -> T:
    """The answer of a request, sent again after `Unavailable` and `Overloaded`, and after nothing else.

    That is safe whether or not the server saw the first: an answer is a function of its request. A deadline that
    passed is not tried again, since more of the same work is what a slow server needs least.

    Args:
        send: Sends it, given the seconds that are left.
        timeout: Seconds for all attempts and the waits between them.
        retries: Attempts after the first.
        sleep: Waits some seconds.

    Raises:
        ServerError: The last attempt's.
    """
    deadline = time.monotonic() + timeout

    async def attempt() -> T:
        return await send(max(deadline - time.monotonic(), 1e-3))

    # One for each request: its state would otherwise be shared by all that wait at once.
    policy = tenacity.AsyncRetrying(
        sleep=sleep,
        retry=tenacity.retry_if_exception_type((Overloaded, Unavailable)),
        wait=tenacity.wait_exponential(multiplier=_FIRST_WAIT, max=_LONGEST_WAIT)
        + tenacity.wait_random(0, _FIRST_WAIT),  # clients that failed together come back apart
        stop=tenacity.stop_after_attempt(1 + retries) | tenacity.stop_before_delay(timeout),
        reraise=True,
    )
    return await policy(attempt)
