"""Features: show what the neurons of a classifier respond to."""
