"""An embedded server that speaks TensorFlow Serving's protocol, REST and gRPC."""
