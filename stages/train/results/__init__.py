"""What a training leaves: folders, out-of-fold predictions, summary and warnings."""
