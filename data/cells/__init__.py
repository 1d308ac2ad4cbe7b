"""Cells: their table, and those that were cropped elsewhere."""
