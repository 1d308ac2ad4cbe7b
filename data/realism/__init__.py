"""What fields and tiles look like in numbers."""
