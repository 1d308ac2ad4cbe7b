"""How the learning rate goes over a training."""
