"""Statistics of a label set."""
