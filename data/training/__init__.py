"""What a classifier is trained on: cells, their labels, and how often each comes."""
