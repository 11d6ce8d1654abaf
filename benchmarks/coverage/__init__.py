"""Which of TFP's distributions and bijectors convert to ONNX: a catalogue, and the command that tries it."""
