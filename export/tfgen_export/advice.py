"""What to use in place of operators that do not convert."""

__all__ = ["ASSIGNMENT", "BFLOAT16", "CALLBACK", "CONSTANT_SEED", "RESOURCE", "STATEFUL", "advice"]

STATEFUL = (
    "it draws from a generator that keeps state, which an ONNX model cannot: give TFP's samplers a `seed`, or call "
    "tf.random.stateless_*, with a seed that is an int32[2] input of the function"
)
CONSTANT_SEED = (
    "its seed is a constant of the graph, so that every call of the model would return the same draw: make the "
    "seed an int32[2] input of the function (noise that shall be fixed: draw it outside, and capture it)"
)
ASSIGNMENT = (
    "it changes a variable, and an ONNX model has none: take the state as an input, and return the new one as an output"
)
BFLOAT16 = (
    "ONNX Runtime has no bfloat16 operators on the CPU: compute in float32 (in Keras, by the dtype policy `float32`)"
)
CALLBACK = "it calls back into Python, which is not where the model runs: write that part in TensorFlow operators"
RESOURCE = (
    "the function captures a table, an iterator or another resource that is not a variable: look its values up "
    "outside, and pass or capture them as tensors"
)

_COMPLEX = "ONNX has no complex numbers: compute with real and imaginary parts as two tensors"
_STRINGS = "ONNX has hardly an operator on strings: compute on numbers, and translate names outside"
_DECOMPOSITION = (
    "eigenvalues and singular values have no translation: where the matrix does not depend on the inputs, decompose "
    "it outside the function; else parameterise it by its Cholesky factor, as tfd.MultivariateNormalTriL does"
)
_DRAW = (
    "draw by inversion where there is a quantile, `distribution.quantile(tf.random.stateless_uniform(shape, seed))`, "
    "or from what this family is made of"
)
_BUILT_FROM = "write it with operators that convert, or register a handler with tf2onnx.handler.tf_op"

_BY_OPERATOR = {
    "Svd": _DECOMPOSITION,
    "SelfAdjointEigV2": _DECOMPOSITION,
    "Eig": _DECOMPOSITION,
    "MatrixLogarithm": _DECOMPOSITION,
    "MatrixSquareRoot": _DECOMPOSITION,
    "StringFormat": _STRINGS,
    "AsString": _STRINGS,
}
_BY_PREFIX = {
    "StatelessRandom": _DRAW,
    "StatelessParameterized": _DRAW,
    "String": _STRINGS,
    "LookupTable": RESOURCE,
    "Complex": _COMPLEX,
    "FFT": _COMPLEX,
    "IFFT": _COMPLEX,
    "TensorMap": "ONNX has sequences but no maps: keep the values in one tensor, and index it",
    "Ragged": "pad the rows to one length, and mask what was added",
    "Sparse": "use dense tensors",
}


def advice(operator: str) -> str:
    """What to use in place of a TensorFlow operator, by its name.

    Example:
        >>> advice("Svd").split(":")[0]
        'eigenvalues and singular values have no translation'
    """
    if operator in _BY_OPERATOR:
        return _BY_OPERATOR[operator]
    return next((text for prefix, text in _BY_PREFIX.items() if operator.startswith(prefix)), _BUILT_FROM)
