"""What a training records: progress, epochs, metrics and curves."""
