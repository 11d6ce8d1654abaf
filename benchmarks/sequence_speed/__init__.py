"""tfgen's VRNN: its training beside PyTorch's, its cost by length, and a step of a stream by ONNX Runtime and Keras."""
