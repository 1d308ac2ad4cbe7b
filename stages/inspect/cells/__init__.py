"""What a report says of cells, and on which pages pre-cropped ones are."""
