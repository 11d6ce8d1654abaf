"""Translation without a word on the terminal."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensorflow.core.protobuf import device_properties_pb2
from tensorflow.python.grappler import cluster

__all__ = ["quiet"]

_LOCK = threading.Lock()


class _Collector(logging.Handler):
    """Keeps errors, and shows none."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def quiet() -> Iterator[list[logging.LogRecord]]:
    """Keeps tf2onnx's log and TensorFlow's notices about its optimiser off the terminal, and restores both.

    What it changes belongs to the process, so that only one thread at a time is in such a block.

    Yields:
        The errors that tf2onnx logs, as they come: they name nodes, which its exceptions do not.
    """
    logger, collector = logging.getLogger("tf2onnx"), _Collector()
    # TensorFlow's optimiser warns of every table that the process has, whoever made it.
    notices = logging.getLogger("tensorflow")
    children = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("tf2onnx.")]
    with _LOCK:
        before = (logger.handlers, logger.propagate, logger.level, logger.disabled)
        levels = [(child, child.level) for child in children] + [(notices, notices.level)]
        notices.setLevel(logging.ERROR)
        logger.handlers, logger.propagate, logger.disabled = [collector], False, False
        logger.setLevel(logging.ERROR)
        for child in children:
            child.setLevel(logging.NOTSET)
        local, cluster.Cluster = cluster.Cluster, _VirtualCluster
        try:
            yield collector.records
        finally:
            cluster.Cluster = local
            logger.handlers, logger.propagate, _, logger.disabled = before
            logger.setLevel(before[2])
            for child, level in levels:
                child.setLevel(level)


class _VirtualCluster(cluster.Cluster):
    """The optimiser's view of the machine as one CPU, instead of a session that it starts and announces."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        device = device_properties_pb2.NamedDevice(name="/job:localhost/replica:0/task:0/device:CPU:0")
        device.properties.type = "CPU"
        super().__init__(devices=[device])
