"""The same number of threads for every worker.

Variables are set by the driver, before the worker's interpreter starts: thread pools are made on import. The worker
then binds itself to that many processors, which also limits pools that heed no variable (XLA's counts processors).
"""

import os

__all__ = ["bind", "threads", "variables"]

_COUNTS = (
    "OMP_NUM_THREADS",  # PyTorch
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",  # NumPy
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "NPROC",  # XLA's pools, under JAX
)


def variables(count: int) -> dict[str, str]:
    """The environment of a worker: this process's, with the number of threads in every library's words."""
    return {
        **os.environ,
        **dict.fromkeys(_COUNTS, str(count)),
        "JAX_PLATFORMS": "cpu",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }


def threads() -> int:
    """How many this worker has, for libraries that are told by a call."""
    return int(os.environ.get("OMP_NUM_THREADS", "2"))


def bind() -> None:
    """Leaves this process that many of the processors that it may use; the same ones in every worker."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: threads()])
