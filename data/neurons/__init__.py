"""What the neurons of a network respond to: patches, correlation, mutual information, a plane."""
