"""From which probability on a class counts as found: ways to choose it on validation cells, a file each."""
