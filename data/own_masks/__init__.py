"""Masks that the user brings along in place of a segmenter's."""
