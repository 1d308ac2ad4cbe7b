"""What the neurons of a classifier respond to."""
