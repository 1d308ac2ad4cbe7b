"""Single planes of a field: decoded, and brought to another size."""
