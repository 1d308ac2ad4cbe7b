"""What a label set looks like: counts of its labels and their combinations, and pictures of them."""
