"""Pages of the report for pre-cropped cells."""
