"""Two segmentations of one field side by side."""
