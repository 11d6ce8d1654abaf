"""TensorFlow and TFP functions to ONNX models and SavedModels. Knows nothing of tfgen's models."""

from tfgen_export.compare import Difference, compare, discrete_difference, few_unequal, is_discrete, largest_relative
from tfgen_export.convert import OPSET, convert
from tfgen_export.errors import ConversionError, ConversionMismatch, UnsupportedOperator, UnsupportedOperators
from tfgen_export.files import atomic_folder
from tfgen_export.save import save
from tfgen_export.saved_model import write_saved_model

__all__ = [
    "OPSET",
    "ConversionError",
    "ConversionMismatch",
    "Difference",
    "UnsupportedOperator",
    "UnsupportedOperators",
    "atomic_folder",
    "compare",
    "convert",
    "discrete_difference",
    "few_unequal",
    "is_discrete",
    "largest_relative",
    "save",
    "write_saved_model",
]
