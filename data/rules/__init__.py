"""Rules that turn the probabilities of cells into the confidences of a submission."""
