"""Runtimes that run a classifier on batches."""
