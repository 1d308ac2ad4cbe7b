"""What runs a trained network: libraries, devices and precisions behind one interface."""
