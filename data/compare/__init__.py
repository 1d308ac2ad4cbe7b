"""Comparing the cells that two segmenters found."""
