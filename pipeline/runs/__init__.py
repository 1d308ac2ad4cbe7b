"""Executing steps: what is done, what is stale, and where it lies."""
