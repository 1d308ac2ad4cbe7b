"""Cells and images of single fields in the formats of other programs."""
