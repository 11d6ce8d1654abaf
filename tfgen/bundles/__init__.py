"""Models out of Python: SavedModels, ONNX files, bundles, and the proof that all score alike."""

import tfgen._training  # noqa: F401
from tfgen.bundles.export import export_model
from tfgen.bundles.verify import EndpointReport, verify_bundle

__all__ = ["EndpointReport", "export_model", "verify_bundle"]
