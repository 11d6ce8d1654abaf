"""tfgen_serving: a bundle's likelihoods and samples from ONNX Runtime, without TensorFlow.

Importing it loads NumPy and nothing heavier; ONNX Runtime comes with the first endpoint that runs.
"""

from tfgen_serving.bundle import Bundle
from tfgen_serving.errors import BundleError, InputError, RunError
from tfgen_serving.manifest import EndpointInfo, Manifest, TensorInfo, hash_files
from tfgen_serving.scorer import Scorer

__all__ = [
    "Bundle",
    "BundleError",
    "EndpointInfo",
    "InputError",
    "Manifest",
    "RunError",
    "Scorer",
    "TensorInfo",
    "hash_files",
]
