"""What runs a trained classifier on batches of tiles: torch or OpenVINO, in one precision or another."""
