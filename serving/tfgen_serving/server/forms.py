"""What requests must have in common to run as one batch."""

from dataclasses import dataclass

from tfgen_serving.batches import free_size, rows_at_once
from tfgen_serving.tensors import SignatureInfo
from tfgen_serving.work import Arrays

__all__ = ["Form"]


@dataclass(frozen=True)
class Form:
    """The sizes of a row: requests of one form can be joined, and then take and give what each would alone.

    Sequences of unequal length are of two forms, and so are draws of them whose longest rows are unequal: run together
    they would be padded to the longest, and a short request would wait for all steps of a long one.

    Attributes:
        sizes: By input the sizes after the batch's.
        longest: What sizes that the endpoint leaves free come to at most.
        most: How many rows run at once.
    """

    sizes: tuple[tuple[str, tuple[int, ...]], ...]
    longest: int
    most: int

    @classmethod
    def of(cls, endpoint: SignatureInfo, inputs: Arrays, most: int) -> "Form":
        """The form of a request's inputs.

        Args:
            endpoint: What they are for.
            inputs: Its arrays.
            most: Rows at once; fewer where those that go in or come out are wide, by the rule for tables.

        Example:
            >>> import numpy as np
            >>> from tfgen_serving.tensors import TensorInfo
            >>> x = TensorInfo(name="x", dtype="float32", shape=(None, None, 2))
            >>> score = TensorInfo(name="score", dtype="float32", shape=(None,))
            >>> endpoint = SignatureInfo(name="score", inputs=(x,), outputs=(score,))
            >>> Form.of(endpoint, {"x": np.zeros([9, 20_000, 2])}, most=1024)
            Form(sizes=(('x', (20000, 2)),), longest=20000, most=419)
        """
        sizes = tuple(sorted((name, array.shape[1:]) for name, array in inputs.items()))
        longest = free_size(endpoint, inputs)
        return cls(sizes, longest, min(most, rows_at_once(endpoint, longest)))
