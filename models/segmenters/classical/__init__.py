"""The segmenter of thresholds and watersheds: needs no weights."""
