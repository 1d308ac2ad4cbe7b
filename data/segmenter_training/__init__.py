"""Training examples of a segmenter."""
