"""Labels: from the locations of genes to the labels of images."""
