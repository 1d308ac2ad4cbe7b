"""Pages of the report for cells that were cropped elsewhere."""
