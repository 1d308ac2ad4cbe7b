"""Cells: their table, and pre-cropped ones."""
