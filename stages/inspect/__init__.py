"""Inspect: write the report that shows every cell."""
