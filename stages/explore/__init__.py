"""Explore: plot a label set and its images."""
