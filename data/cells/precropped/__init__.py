"""Cells that were cut out elsewhere: their files, their order and their masks."""
