"""Train: train the classifier."""
