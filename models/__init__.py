"""Networks, losses, training and segmentation methods."""
