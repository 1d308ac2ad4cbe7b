"""Training of the classifier: schedule, metrics, checkpoints and the loop."""
