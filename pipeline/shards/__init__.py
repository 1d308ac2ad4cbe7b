"""Shards of a work folder: where they lie, and whether they fit each other."""
