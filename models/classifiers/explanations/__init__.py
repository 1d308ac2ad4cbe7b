"""What a classifier looks at: attention, activations of its channels, and what part of a tile these see."""
