"""Training of the segmenter lite."""
