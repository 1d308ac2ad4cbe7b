"""Classifiers: from a cell's tile to its subcellular patterns."""
