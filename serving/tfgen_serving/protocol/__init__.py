"""TensorFlow Serving's protocol, whatever carries it: statuses, signatures, JSON bodies, messages."""
