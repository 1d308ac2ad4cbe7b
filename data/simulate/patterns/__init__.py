"""What a cell's stains and its protein look like."""
