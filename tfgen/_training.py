"""Imported first by every part that needs TensorFlow, so that a missing extra or a wrong backend has one message."""

from tfgen._requirements import check_training_requirements

check_training_requirements("this part of tfgen")
