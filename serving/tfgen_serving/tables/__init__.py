"""Whole files: scores of .parquet, .csv, .npz and .npy files, and samples to them, in constant memory.

Importing it loads neither pyarrow nor ONNX Runtime: the first, of the extra `tables`, comes with the first file that
needs it, the second with the first batch.
"""

from tfgen_serving.tables.sampling import sample_file
from tfgen_serving.tables.scoring import Summary, score_file
from tfgen_serving.tables.writing import check_out

__all__ = ["Summary", "check_out", "sample_file", "score_file"]
