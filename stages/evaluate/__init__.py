"""Evaluate: compare predictions with labels."""
