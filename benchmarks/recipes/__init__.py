"""All training recipes side by side: an equal small budget, the same cells, one table."""
