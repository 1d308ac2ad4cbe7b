"""Distil: train one network on what an ensemble predicts."""
