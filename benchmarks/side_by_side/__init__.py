"""What the benchmarks of training and prediction share: tiles, the plain loop, and its measuring."""
