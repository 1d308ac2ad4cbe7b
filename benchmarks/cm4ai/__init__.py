"""Two segmentations of fields of another cell line, side by side."""
