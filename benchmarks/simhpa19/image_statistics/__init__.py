"""Statistics that set simulated images beside real ones."""
