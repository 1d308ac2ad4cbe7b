"""Combine: write the submission."""
