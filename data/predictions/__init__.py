"""Predictions: their table, called classes and submissions."""
