"""Features of single cells in the manner of CellProfiler: shape, intensity, texture, distribution."""
