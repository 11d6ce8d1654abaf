"""The embedded server under load and faults."""
