"""The small segmenter that comes with hpacells, weights and all."""
