"""Tables of cells, and of cells by image, protein or gene."""
