"""Find-rate: the range test of learning rates."""
