"""The package hpacellseg itself as a segmenter, where it is installed."""
