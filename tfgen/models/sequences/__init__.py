"""Models of sequences: p(x_1 … x_T), with masks for unequal lengths, sampling step by step, and streaming."""

import tfgen._training  # noqa: F401
from tfgen.models.sequences.model import SequenceModel
from tfgen.models.sequences.rnn_density import RNNDensity
from tfgen.models.sequences.storn import STORN
from tfgen.models.sequences.vrae import VRAE
from tfgen.models.sequences.vrnn import VRNN

__all__ = ["STORN", "VRAE", "VRNN", "RNNDensity", "SequenceModel"]
