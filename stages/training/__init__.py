"""The parts of training a classifier: settings, preparation, and the training of one fold."""
