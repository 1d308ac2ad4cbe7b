"""The range test of learning rates."""
