"""Tables that users hand in: reading them, and IDs that nearly agree."""
