"""Compiles the serving protocol's .proto to a descriptor set, whenever the package is built or installed.

Generated Python code works with few versions of protobuf but its own; a descriptor set works with all.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):
    """Writes messages.binpb beside messages.proto."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs protoc before the package's files are collected."""
        import grpc_tools
        from grpc_tools import protoc

        root = Path(self.root) / "serving"
        source = root / "tfgen_serving" / "protocol" / "messages.proto"
        well_known = Path(grpc_tools.__file__).parent / "_proto"
        arguments = [
            f"-I{root}",
            f"-I{well_known}",
            f"--descriptor_set_out={source.with_suffix('.binpb')}",
            str(source),
        ]
        if protoc.main(["protoc", *arguments]) != 0:
            raise RuntimeError(f"protoc failed on {source}")
