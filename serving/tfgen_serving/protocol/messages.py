"""The protocol's messages, from the descriptor set that `messages.proto` was compiled to when tfgen was installed.

A descriptor set works with whichever version of protobuf there is, and TensorFlow decides that; generated code does
not.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory, wrappers_pb2  # noqa: F401  (which the messages are made of)

__all__ = ["messages"]

_FILE = Path(__file__).with_name("messages.binpb")


def _load() -> SimpleNamespace:
    if not _FILE.is_file():
        raise ImportError(
            f"tfgen must be installed, which compiles messages.proto: pip install -e . Received: no {_FILE}"
        )
    pool = descriptor_pool.Default()
    (file,) = descriptor_pb2.FileDescriptorSet.FromString(_FILE.read_bytes()).file
    pool.AddSerializedFile(file.SerializeToString())
    package = pool.FindFileByName(file.name)
    kinds = {name: message_factory.GetMessageClass(kind) for name, kind in package.message_types_by_name.items()}
    return SimpleNamespace(**kinds, **package.enum_types_by_name)


messages: Any = _load()
"""A class for each message, and the descriptor of each enumeration, by name."""
