"""Predict: classify every cell."""
