"""Segment: find the nuclei and cells of every field."""
