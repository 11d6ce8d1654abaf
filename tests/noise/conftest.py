"""The noise layout, written a second time in Python's integers and NumPy's float64."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


def philox(counter: list[int], key: list[int]) -> list[int]:
    c, k = list(counter), list(key)
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(second >> 32) ^ c[1] ^ k[0], second % 2**32, (first >> 32) ^ c[3] ^ k[1], first % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


class Layout:
    """Version 1 of the layout, for one seed row."""

    philox = staticmethod(philox)

    def words(self, row: list[int], count: int, *, stream: int = 0, index: int = 0) -> list[int]:
        key = [word % 2**32 for word in row]
        blocks = range(math.ceil(count / 4))
        return [word for block in blocks for word in philox([block, index, stream, 1], key)][:count]

    def uniform(self, row: list[int], count: int, **where: int) -> NDArray[np.float64]:
        return np.array([((word >> 9) + 0.5) / 2**23 for word in self.words(row, count, **where)])

    def normal(self, row: list[int], count: int, **where: int) -> NDArray[np.float64]:
        words = self.words(row, 4 * math.ceil(count / 4), **where)
        values: list[float] = []
        for radius_bits, angle_bits in zip(words[::2], words[1::2], strict=True):
            radius = math.sqrt(-2 * math.log((radius_bits + 0.5) / 2**32))
            angle = 2 * math.pi * angle_bits / 2**32
            values += [radius * math.cos(angle), radius * math.sin(angle)]
        return np.array(values[:count])


@pytest.fixture(scope="session")
def layout() -> Any:
    return Layout()
